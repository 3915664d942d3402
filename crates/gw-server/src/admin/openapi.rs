//! The admin API's OpenAPI 3.1 document.

use serde_json::{Value, json};

/// The document.
pub(crate) fn document() -> Value {
    json!({ "openapi": "3.1.0" })
}

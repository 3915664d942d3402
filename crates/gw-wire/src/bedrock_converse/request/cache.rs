//! Marks of prompt caching: a block of its own here, a member of the part before it in the intermediate form.
//! Serves the request reader and writer. It must not add marks.

use gw_model::chat::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Mark<'a> {
    #[serde(default, borrow)]
    ttl: Option<Cow<'a, str>>,
}

/// A written `cachePoint`.
#[derive(Debug, Serialize)]
pub(super) struct CachePointOut {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

/// The mark for a `cachePoint`.
pub(super) fn read(point: &RawValue) -> Option<Json> {
    let text = match ttl(point) {
        Some("1h") => r#"{"type":"ephemeral","ttl":"1h"}"#,
        Some(_) => r#"{"type":"ephemeral","ttl":"5m"}"#,
        None => r#"{"type":"ephemeral"}"#,
    };
    RawValue::from_string(text.to_owned()).ok().map(Json::from)
}

/// The `cachePoint` for a mark.
pub(super) fn write(mark: &RawValue) -> CachePointOut {
    CachePointOut { kind: "default", ttl: ttl(mark) }
}

/// One of the two lifetimes that there are.
fn ttl(mark: &RawValue) -> Option<&'static str> {
    match serde_json::from_str::<Mark<'_>>(mark.get()).ok()?.ttl.as_deref() {
        Some("1h") => Some("1h"),
        Some("5m") => Some("5m"),
        _ => None,
    }
}

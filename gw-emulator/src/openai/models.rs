//! `GET /v1/models` and `GET /v1/models/{id}`: a fixed short list; any other name exists too when it
//! is asked for by itself. It must not be read as the set of names that are accepted.

use serde_json::{Value, json};

/// Models that the list shows.
pub(crate) const MODEL_IDS: &[&str] = &["chat", "chat-large", "embed", "instruct"];

/// The list.
pub(crate) fn list() -> Value {
    let data: Vec<Value> = MODEL_IDS.iter().map(|id| one(id)).collect();
    json!({"object": "list", "data": data})
}

/// One model.
pub(crate) fn one(id: &str) -> Value {
    json!({"id": id, "object": "model", "created": 1_700_000_000, "owned_by": "emulator"})
}

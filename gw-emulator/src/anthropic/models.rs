//! `GET /v1/models` and `GET /v1/models/{id}` in Anthropic's shape. It must not be read as the set of
//! names that are accepted.

use serde_json::{Value, json};

/// Models that the list shows.
const MODEL_IDS: &[&str] = &["chat", "chat-large"];

/// The list.
pub(crate) fn list() -> Value {
    let data: Vec<Value> = MODEL_IDS.iter().map(|id| one(id)).collect();
    json!({"data": data, "has_more": false, "first_id": MODEL_IDS.first(), "last_id": MODEL_IDS.last()})
}

/// One model.
pub(crate) fn one(id: &str) -> Value {
    json!({"type": "model", "id": id, "display_name": id, "created_at": "2023-11-14T22:13:20Z"})
}

//! `GET /v1beta/models` and `GET /v1beta/models/{id}`: a fixed short list; any other name exists too when it
//! is asked for by itself. It must not be read as the set of names that are accepted.

use serde_json::{Value, json};

/// Models that the list shows, and what they are for.
const MODEL_IDS: [(&str, &str); 3] =
    [("chat", "generateContent"), ("chat-large", "generateContent"), ("embed", "embedContent")];

/// The list.
pub(crate) fn list() -> Value {
    let models: Vec<Value> = MODEL_IDS.iter().map(|(id, method)| model(id, method)).collect();
    json!({"models": models})
}

/// One model.
pub(crate) fn one(id: &str) -> Value {
    let known = MODEL_IDS.iter().find(|(known, _)| *known == id);
    model(id, known.map_or("generateContent", |(_, method)| method))
}

fn model(id: &str, method: &str) -> Value {
    json!({
        "name": format!("models/{id}"), "version": "001", "displayName": id, "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536, "supportedGenerationMethods": [method, "countTokens"]
    })
}

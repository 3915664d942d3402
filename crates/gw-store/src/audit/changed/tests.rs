//! What is left of two versions of a thing.

use super::{MAX_JSON_BYTES, bounded, changed};
use serde_json::{Value, json};

#[test]
fn only_what_differs_is_kept_also_within_objects() {
    let was = json!({"name": "a", "limits": {"rpm": 1, "tpm": 5}, "models": ["x"], "team": "t"});
    let is = json!({"name": "a", "limits": {"rpm": 2, "tpm": 5}, "models": ["x", "y"], "user": "u"});
    let (before, after) = changed(&was, &is);
    assert_eq!(before, json!({"limits": {"rpm": 1}, "models": ["x"], "team": "t"}));
    assert_eq!(after, json!({"limits": {"rpm": 2}, "models": ["x", "y"], "user": "u"}));
    assert_eq!(changed(&was, &was), (json!({}), json!({})));
}

#[test]
fn what_is_too_large_is_told_by_size_and_hash() {
    let large = json!({"text": "x".repeat(MAX_JSON_BYTES)});
    let told: Value = serde_json::from_str(&bounded(&large)).unwrap();
    assert_eq!(told["bytes"], large.to_string().len());
    assert_eq!(told["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(bounded(&json!({"a": 1})), r#"{"a":1}"#);
}

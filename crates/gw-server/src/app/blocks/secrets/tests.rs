//! Tests of [`super`]: nothing that is secret is shown, and none goes where it was not meant to.
use super::*;
use serde_json::json;

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[test]
fn secrets_are_taken_out_and_come_back_to_their_places() {
    let whole = map(json!({
        "kind": "openai", "base_url": "https://a.example/v1", "api_key": "sk-1", "proxy": "http://u:p@b.example",
        "headers": { "x-team": "t" },
        "credentials": { "east": { "weight": 2, "api_key": "sk-2" }, "west": { "weight": 1 } },
    }));
    let (public, hidden) = split(Kind::Provider, whole.clone());
    let text = Value::Object(public.clone()).to_string();
    for secret in ["sk-1", "sk-2", "u:p", "x-team"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_eq!(pointers(&hidden), ["/api_key", "/credentials/east/api_key", "/headers/x-team", "/proxy"]);
    let mut joined = public;
    join(&mut joined, &hidden);
    assert_eq!(joined, whole);
}

#[test]
fn a_secret_does_not_follow_to_another_place() {
    let before = map(json!({ "base_url": "https://a.example/v1", "api_key": "sk-1" }));
    let after = |change: Value| {
        let mut after = before.clone();
        after.extend(map(change));
        after
    };
    let away = json!({ "base_url": "https://b.example/v1" });
    let found = moved(&before, &after(away.clone()), &map(away));
    assert_eq!(found, Some(("base_url".to_owned(), "api_key".to_owned())));
    let again = json!({ "base_url": "https://b.example/v1", "api_key": "sk-2" });
    assert_eq!(moved(&before, &after(again.clone()), &map(again)), None);
    let through = json!({ "proxy": "http://c.example" });
    assert!(moved(&before, &after(through.clone()), &map(through)).is_some(), "nor through another proxy");
    let same = json!({ "base_url": "https://a.example/v1", "region": "eu" });
    assert_eq!(moved(&before, &after(same.clone()), &map(same)), None);
}

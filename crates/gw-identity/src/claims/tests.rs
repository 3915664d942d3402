//! Claims in every shape that providers give them.

use super::Claims;
use serde_json::json;

fn claims() -> Claims {
    let value = json!({
        "sub": "u1", "n": 7, "yes": true, "empty": " ",
        "https://example.com/org": "acme",
        "realm_access": { "roles": ["a", "b", 3, null, {}] },
        "a.b": { "c": "deep" },
        "scope": "read  write", "groups": "one two",
    });
    Claims::new(value.as_object().cloned().unwrap_or_default())
}

#[test]
fn finds_claims_by_name_and_by_path() {
    let claims = claims();
    assert_eq!(claims.text("sub").as_deref(), Some("u1"));
    assert_eq!(claims.text("n").as_deref(), Some("7"));
    assert_eq!(claims.text("yes").as_deref(), Some("true"));
    assert_eq!(claims.text("https://example.com/org").as_deref(), Some("acme"));
    assert_eq!(claims.text("a.b.c").as_deref(), Some("deep"));
    assert_eq!(claims.text("empty"), None);
    assert_eq!(claims.text("realm_access"), None);
    assert_eq!(claims.text("realm_access.none"), None);
    assert_eq!(claims.text("..."), None);
}

#[test]
fn lists_texts_and_scopes() {
    let claims = claims();
    assert_eq!(claims.texts("realm_access.roles"), ["a", "b", "3"]);
    assert_eq!(claims.texts("scope"), ["read", "write"]);
    assert_eq!(claims.texts("groups"), ["one two"]);
    assert!(claims.texts("missing").is_empty());
}

#[test]
fn what_others_say_besides_changes_nothing_that_was_said() {
    let of = |text: &str| Claims::new(serde_json::from_str(text).unwrap());
    let both = of(r#"{"sub":"a","email":"a@x"}"#).or(of(r#"{"sub":"b","groups":["g"]}"#));
    assert_eq!((both.text("sub").as_deref(), both.text("email").as_deref()), (Some("a"), Some("a@x")));
    assert_eq!(both.texts("groups"), ["g"]);
}

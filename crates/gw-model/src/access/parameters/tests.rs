//! Tests of [`super`].
use super::*;
use serde_json::json;

fn rules(value: Value) -> ParameterRules {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_name_is_the_same_in_every_spelling() {
    for name in
        ["max_tokens", "max_completion_tokens", "maxOutputTokens", "maxTokens", "Max_Tokens", "__max_tokens"]
    {
        assert_eq!(parameter_key(name), "maxtokens", "{name}");
    }
    assert_eq!(parameter_key("topP"), parameter_key("top_p"));
    assert_ne!(parameter_key("top_p"), parameter_key("top_k"));
    assert!(is_content(&parameter_key("system_instruction")) && !is_content(&parameter_key("seed")));
}

#[test]
fn what_is_denied_is_denied_whatever_is_allowed() {
    let both = rules(json!({"allowed": ["temperature", "seed"], "denied": ["seed"]}));
    assert!(both.allows(&parameter_key("Temperature")));
    assert!(!both.allows("seed") && !both.allows("topp"));
    assert!(rules(json!({"denied": ["maxOutputTokens"]})).allows("seed"));
    assert!(!rules(json!({"denied": ["maxOutputTokens"]})).allows(&parameter_key("max_tokens")));
    assert!(!rules(json!({"allowed": []})).allows("seed"));
}

#[test]
fn what_cannot_be_put_in_force_names_its_place() {
    for (wrong, field) in [
        (json!({"allowed": ["a b"]}), "allowed[0]"),
        (json!({"denied": ["seed", "messages"]}), "denied[1]"),
        (json!({"forced": {"model": "x"}}), "forced.model"),
        (json!({"forced": {"tools": []}}), "forced.tools"),
        (json!({"defaults": {"seed": null}}), "defaults.seed"),
        (json!({"defaults": {"max_tokens": 1, "maxTokens": 2}}), "defaults.max_tokens"),
        (json!({"forced": {"stop": "x".repeat(5000)}}), "forced.stop"),
        (json!({"denied": vec!["a"; 65]}), "denied"),
    ] {
        assert_eq!(rules(wrong.clone()).check().expect_err("wrong").0, field, "{wrong}");
    }
    let right = json!({"allowed": ["seed"], "denied": ["n"], "defaults": {"temperature": 0.2}, "forced": {"top_p": 1}});
    assert_eq!(rules(right.clone()).check(), Ok(()));
    assert_eq!(serde_json::to_value(rules(right.clone())).unwrap(), right);
}

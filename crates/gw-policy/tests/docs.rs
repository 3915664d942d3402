//! The examples of `docs/policy.md` mean what it says of them.

use gw_model::policy::{KeyFacts, RequestFacts, Subject};
use gw_policy::compile;
use serde_json::{Value, json};

#[test]
fn the_examples_of_the_reference_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policy.md");
    let text = std::fs::read_to_string(path).unwrap();
    let block = text.split("```cel\n").nth(1).unwrap().split("```").next().unwrap();
    let Value::Object(metadata) = json!({ "plan": "enterprise", "users": [{ "role": "admin", "age": 40 }] })
    else {
        panic!("no object");
    };
    let subject = Subject {
        request: RequestFacts { model: "chat-prod", input_tokens: 900, ..RequestFacts::default() },
        headers: &[("x-tier", "Silver")],
        metadata: Some(&metadata),
        key: KeyFacts { name: "app-a", ..KeyFacts::default() },
        tags: &["eu"],
        now: 1_793_629_805_000_000, // a Monday afternoon
        ..Subject::default()
    };
    let mut seen = 0;
    for line in block.lines() {
        let wanted = line.rsplit("// ").next().unwrap();
        let condition = compile(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let found = match condition.holds(&subject) {
            Ok(true) => "true",
            Ok(false) => "false",
            Err(_) => "error",
        };
        assert_eq!(found, wanted, "{line}");
        seen += 1;
    }
    assert!(seen > 5);
}

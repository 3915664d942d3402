//! Patches and filters, without a gateway around them.
use super::schema::{GROUPS, USERS};
use super::selection::Selection;
use super::{Fault, FaultKind, filter, patch, path, resource};
use serde_json::{Map, Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else { panic!("{value} is no object") };
    members
}

fn ada() -> Value {
    json!({"userName": "ada", "active": true, "emails": [
        {"value": "a@x.example", "type": "work", "primary": true}, {"value": "a@home.example", "type": "home"}]})
}

fn patched(operations: Value) -> Result<Value, Fault> {
    patch::apply(&USERS, object(ada()), &json!({ "Operations": operations })).map(Value::Object)
}

#[test]
fn values_of_several_are_chosen_added_and_removed() {
    let emails = |operations: Value| patched(operations).unwrap()["emails"].clone();
    let work = json!({"value": "a@x.example", "type": "work", "primary": true});
    let home = json!({"value": "a@home.example", "type": "home"});
    let cases = [
        (json!([{"op": "remove", "path": "emails[type eq \"home\"]"}]), json!([work])),
        (json!([{"op": "remove", "path": "emails"}]), Value::Null),
        (
            json!([{"op": "remove", "path": "emails[primary eq true].primary"}]),
            json!([{"value": "a@x.example", "type": "work"}, home]),
        ),
        (
            json!([{"op": "add", "path": "emails", "value": {"value": "a@x.example", "type": "WORK"}}]),
            json!([{"value": "a@x.example", "type": "WORK"}, home]),
        ),
        (
            json!([{"op": "add", "path": "emails", "value": [{"value": "b@x.example", "primary": "True"}]}]),
            json!([{"value": "a@x.example", "type": "work", "primary": false}, home,
                   {"value": "b@x.example", "primary": true}]),
        ),
        (
            json!([{"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}]),
            json!([{"value": "a@x.example", "type": "work", "primary": false},
                   {"value": "a@home.example", "type": "home", "primary": true}]),
        ),
        (
            json!([{"op": "add", "path": "emails[type eq \"other\" and display eq \"O\"].value", "value": "o@x.example"}]),
            json!([work, home, {"type": "other", "display": "O", "value": "o@x.example"}]),
        ),
        (
            json!([{"op": "replace", "path": "emails", "value": "only@x.example"}]),
            json!([{"value": "only@x.example"}]),
        ),
    ];
    for (operations, expected) in cases {
        assert_eq!(emails(operations.clone()), expected, "{operations}");
    }
}

#[test]
fn single_values_and_extensions_are_merged_and_emptied() {
    let now = patched(json!([
        {"op": "add", "path": "name", "value": {"givenName": "Ada", "familyName": "L"}},
        {"op": "replace", "path": "name", "value": {"familyName": "Lovelace"}},
        {"op": "add", "path": format!("{ENTERPRISE}:manager.value"), "value": "m1"},
        {"op": "add", "path": ENTERPRISE, "value": {"Department": "Engines", "unknown": 1}},
        {"op": "remove", "path": format!("{ENTERPRISE}:manager")},
    ]));
    let now = now.unwrap();
    assert_eq!(now["name"], json!({"givenName": "Ada", "familyName": "Lovelace"}));
    assert_eq!(now[ENTERPRISE], json!({"department": "Engines"}));
    let now = patched(json!([
        {"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "x"},
        {"op": "remove", "path": format!("{ENTERPRISE}:department")},
        {"op": "add", "path": "name.givenName", "value": "Ada"}, {"op": "remove", "path": "name.givenName"},
        {"op": "replace", "path": "title", "value": null},
    ]));
    assert_eq!(now.unwrap(), ada(), "what is empty is not there");
}

#[test]
fn patches_are_refused_with_their_kind() {
    let kind = |operations: Value| patched(operations).unwrap_err().kind;
    for path in ["groups", "meta.version", "id", "schemas"] {
        assert_eq!(kind(json!([{"op": "add", "path": path, "value": "x"}])), FaultKind::Mutability, "{path}");
    }
    for path in [
        "nothing",
        "name.nothing",
        "userName[value eq \"x\"]",
        "emails[value eq \"x\"",
        "emails[]",
        "emails[type eq \"x\"]x",
    ] {
        assert_eq!(
            kind(json!([{"op": "add", "path": path, "value": "x"}])),
            FaultKind::InvalidPath,
            "{path}"
        );
    }
    for (path, value) in
        [("active", json!("perhaps")), ("active", json!(7)), ("name", json!("x")), ("title", json!({}))]
    {
        let operations = json!([{"op": "replace", "path": path, "value": value}]);
        assert_eq!(kind(operations), FaultKind::InvalidValue, "{path}");
    }
    let many: Vec<Value> = (0..1_001).map(|_| json!({"op": "remove", "path": "title"})).collect();
    assert_eq!(kind(json!(many)), FaultKind::TooMany);
    let two = json!({"userName": "x", "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]});
    assert_eq!(resource::read(&USERS, &two).unwrap_err().kind, FaultKind::InvalidValue);
}

#[test]
fn a_large_group_changes_fast_enough_by_one_member() {
    let members: Vec<Value> =
        (0..20_000).map(|n| json!({"value": format!("user_{n}"), "type": "User"})).collect();
    let group = object(json!({"displayName": "all", "members": members}));
    let operations = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": "user_7"}, {"value": "new"}]}]});
    let now = patch::apply(&GROUPS, group, &operations).unwrap();
    assert_eq!(now["members"].as_array().map(Vec::len), Some(20_002), "another type is another member");
}

#[test]
fn whatever_is_sent_as_a_filter_or_a_path_ends_in_an_answer() {
    let pieces = [
        "userName", " eq ", "\"a\"", "(", ")", "[", "]", "not", " and ", " or ", ".", ":", "emails", "é",
        "null", "{", "\\",
    ];
    let mut state = 7_usize;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) % pieces.len()]);
        }
        if let Ok(filter) = filter::parse(&USERS, &text) {
            let _ = filter.matches(&object(ada()));
        }
        drop(path::target(&USERS, &text));
        drop(Selection::read(&USERS, Some(&text), None).of(object(ada())));
    }
}

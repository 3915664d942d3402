//! Metadata of calls: what is refused, and what records keep.

use super::fitting;
use gw_store::journal::MAX_METADATA_BYTES;
use serde_json::{Value, json};

fn kept(value: &Value) -> Value {
    let text = fitting(value.to_string()).unwrap();
    assert!(text.len() <= MAX_METADATA_BYTES, "{} bytes", text.len());
    serde_json::from_str(&text).unwrap()
}

#[test]
fn what_fits_is_kept_as_it_is() {
    let text = r#"{ "b" : 1.50, "a":"\u00e4" }"#;
    assert_eq!(fitting(text.to_owned()).as_deref(), Some(text));
    assert_eq!(fitting("{no json".to_owned()), None);
    assert_eq!(fitting(format!("[{}]", "1,".repeat(900))), None, "and it is too large");
}

#[test]
fn of_what_does_not_fit_whole_members_are_kept_and_the_others_counted() {
    let long = "x".repeat(MAX_METADATA_BYTES);
    assert_eq!(kept(&json!({ "long": long })), json!({ "gatewright_left_out": 1 }));
    assert_eq!(
        kept(&json!({ "a": { "deep": [1, 2] }, "long": long, "z\n": "kept" })),
        json!({ "a": { "deep": [1, 2] }, "z\n": "kept", "gatewright_left_out": 1 })
    );
    let many: serde_json::Map<String, Value> =
        (0..300).map(|number| (format!("member {number:03}"), number.into())).collect();
    let some = kept(&Value::Object(many));
    let left_out = some["gatewright_left_out"].as_u64().unwrap();
    assert_eq!(some.as_object().unwrap().len() as u64 - 1 + left_out, 300);
    assert!(left_out > 200 && some["member 000"] == 0, "{some}");
}

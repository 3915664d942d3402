//! The name within Google's bodies.

use super::call;
use crate::edit::{ForwardEdits, forward};
use gw_model::WireFormat;

fn named(format: WireFormat, body: &str, model: &str) -> String {
    let edits = ForwardEdits { model: Some(model), ..ForwardEdits::default() };
    String::from_utf8(forward(&call(format, body), &edits).concat()).unwrap()
}

#[test]
fn every_name_becomes_the_targets() {
    let batch =
        r#"{"requests":[{"model":"models/other","content":{}},{"content":{}},{"model":"x","content":{}}]}"#;
    assert_eq!(
        named(WireFormat::GeminiBatchEmbed, batch, "m"),
        r#"{"requests":[{"model":"models/m","content":{}},{"content":{}},{"model":"models/m","content":{}}]}"#
    );
    let single = r#"{ "model" : "tunedModels/x", "content": {}}"#;
    assert_eq!(named(WireFormat::GeminiEmbed, single, "m"), r#"{ "model" : "models/m", "content": {}}"#);
    let count = r#"{"generate_content_request":{"model":"a","contents":[{}]}}"#;
    assert_eq!(
        named(WireFormat::GeminiCountTokens, count, "tunedModels/t"),
        r#"{"generate_content_request":{"model":"tunedModels/t","contents":[{}]}}"#
    );
}

#[test]
fn what_is_right_stays_the_callers_own_bytes() {
    let body = r#"{"requests":[{"model":"models/m","content":{}}]}"#;
    let call = call(WireFormat::GeminiBatchEmbed, body);
    let edits = ForwardEdits { model: Some("m"), ..ForwardEdits::default() };
    assert_eq!(forward(&call, &edits)[0].as_ptr(), call.body.as_ptr());
}

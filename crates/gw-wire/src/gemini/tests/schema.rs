//! Schemas in both dialects.

use crate::gemini::schema::{accepted, from_dialect};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).unwrap()
}

#[test]
fn the_dialect_becomes_json_schema() {
    let dialect = json!({"type":"OBJECT","property_ordering":["type"],"required":["type"],
        "properties":{
            "type":{"type":"STRING","format":"enum","enum":["a"],"nullable":true},
            "list":{"type":"ARRAY","min_items":"1","maxItems":3,"items":{"type":"INTEGER","format":"int64"}},
            "any":{"anyOf":[{"type":"NUMBER"},{"type":"BOOLEAN"}],"nullable":true,"example":1}}});
    let schema: Value = serde_json::from_str(from_dialect(&raw(&dialect)).get()).unwrap();
    assert_eq!(
        schema,
        json!({"type":"object","required":["type"],"properties":{
            "type":{"type":["string","null"],"enum":["a",null]},
            "list":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"integer","format":"int64"}},
            "any":{"anyOf":[{"type":"number"},{"type":"boolean"},{"type":"null"}]}}})
    );
}

#[test]
fn what_the_api_refuses_is_left_out() {
    let plain = json!({"type":"object","properties":{"a":{"type":"string"}}});
    assert!(accepted(&raw(&plain)).is_none());
    let schema = json!({"$schema":"x","type":"object","properties":{
        "examples":{"const":"a"},"n":{"type":"number","exclusiveMinimum":0},
        "l":{"items":[{"examples":[1]}],"anyOf":[{"discriminator":{}}]}}});
    let cleaned: Value = serde_json::from_str(accepted(&raw(&schema)).unwrap().get()).unwrap();
    assert_eq!(
        cleaned,
        json!({"type":"object","properties":{
            "examples":{"enum":["a"]},"n":{"type":"number"},"l":{"items":[{}],"anyOf":[{}]}}})
    );
}

//! Tests of schemas.

use super::Schema;

#[test]
fn answers_fit_or_do_not() {
    let schema = Schema::new(
        r##"{"type":"object","required":["name","tags"],"additionalProperties":false,"properties":{
        "name":{"type":"string","minLength":2,"pattern":"^[A-Z]"},"age":{"type":"integer","minimum":0},
        "tags":{"type":"array","items":{"$ref":"#/$defs/tag"},"uniqueItems":true},"kind":{"enum":["a","b"]}},
        "$defs":{"tag":{"anyOf":[{"type":"string"},{"type":"null"}]}}}"##,
    )
    .unwrap();
    for text in [
        r#"{"name":"Jo","tags":[]}"#,
        "```json\n{\"name\":\"Jo\",\"tags\":[\"x\",null],\"age\":3,\"kind\":\"b\"}\n```",
    ] {
        assert_eq!(schema.check(text), None, "{text}");
    }
    for text in [
        "no JSON",
        "[]",
        r#"{"name":"Jo"}"#,
        r#"{"name":"jo","tags":[]}"#,
        r#"{"name":"Jo","tags":[1]}"#,
        r#"{"name":"Jo","tags":["x","x"]}"#,
        r#"{"name":"Jo","tags":[],"age":1.5}"#,
        r#"{"name":"Jo","tags":[],"z":1}"#,
        r#"{"name":"Jo","tags":[],"kind":"c"}"#,
    ] {
        assert!(schema.check(text).is_some(), "{text}");
    }
}

#[test]
fn what_is_not_checked_is_refused_and_loops_end() {
    for text in ["", "[]", r#"{"tpye":"object"}"#, r##"{"$ref":"#/nowhere"}"##, r#"{"pattern":"("}"#] {
        assert!(Schema::new(text).is_err(), "{text}");
    }
    let endless = Schema::new(r##"{"$ref":"#"}"##).unwrap();
    assert!(endless.check("1").is_some());
}

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

#[test]
fn faults_are_told_with_their_places() {
    let schema = Schema::new(
        r##"{"type":"object","required":["name","tags"],"additionalProperties":false,"properties":{"name":{"type":"string"},
        "tags":{"type":"array","items":{"$ref":"#/$defs/tag"}}},"$defs":{"tag":{"type":"string","maxLength":3}}}"##,
    )
    .unwrap();
    assert_eq!(schema.faults(r#"{"name":"Jo","tags":["a"]}"#), Vec::<String>::new());
    let told = schema.faults(r#"{"tags":["abcd",5],"more":1}"#);
    let want = [
        "$: the member \"name\" is missing",
        "$.tags[0]: does not fit \"maxLength\": 3",
        "$.tags[1]: does not fit \"type\": \"string\"",
        "$: does not fit \"additionalProperties\": false",
    ];
    assert_eq!(told.len(), want.len(), "{told:?}");
    assert!(want.iter().all(|want| told.iter().any(|told| told == want)), "{told:?}");
    assert!(schema.faults("{").first().is_some_and(|told| told.starts_with("it is not JSON")));
}

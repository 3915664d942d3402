//! The scanner against `serde_json`, splices, strings, and the member scanner against every cut.

use super::cursor::DEPTH_CEILING;
use super::member::MemberScanner;
use super::splice::{Edit, MERGE_BELOW_BYTES, apply};
use super::*;
use bytes::Bytes;
use gw_model::Span;
use proptest::prelude::*;

fn kind_of(text: &str) -> JsonErrorKind {
    Object::parse(text.as_bytes(), 8).unwrap_err().kind
}

#[test]
fn finds_members_with_spans_that_point_at_the_text() {
    let text = r#" { "model" : "gpt-4", "a":[1,{"x":null}], "t":1.50e+3,"b":true , "e\u0061":""} "#;
    let object = Object::parse(text.as_bytes(), 8).unwrap();
    let written: Vec<(&str, &str)> =
        object.members.iter().map(|m| (m.key.as_ref(), object.value(m).raw())).collect();
    assert_eq!(
        written,
        vec![
            ("model", "\"gpt-4\""),
            ("a", "[1,{\"x\":null}]"),
            ("t", "1.50e+3"),
            ("b", "true"),
            ("ea", "\"\"")
        ]
    );
    assert_eq!(object.get("t").unwrap().as_u64(), Some(1500));
    assert_eq!(object.get("a").unwrap().elements().count(), 2);
    assert!(object.get("missing").is_none());
}

#[test]
fn names_what_is_wrong() {
    assert_eq!(kind_of(r#"{"a":1,"a":2}"#), JsonErrorKind::Duplicate("a".to_owned()));
    assert_eq!(kind_of(r#"{"model":1,"mod\u0065l":2}"#), JsonErrorKind::Duplicate("model".to_owned()));
    assert_eq!(kind_of(r#"{"a":[[[[[[[[1]]]]]]]]}"#), JsonErrorKind::TooDeep(8));
    assert_eq!(kind_of("[1]"), JsonErrorKind::NotAnObject(Kind::Array));
    assert_eq!(kind_of("{} x"), JsonErrorKind::TrailingBytes);
    assert_eq!(kind_of("{\"a\":\"\n\"}"), JsonErrorKind::ControlCharacter(b'\n'));
    assert_eq!(kind_of(r#"{"a":01}"#), JsonErrorKind::BadNumber);
    assert_eq!(kind_of(r#"{"a":"\x"}"#), JsonErrorKind::BadEscape);
    assert_eq!(kind_of(r#"{"a":tru}"#), JsonErrorKind::UnexpectedByte(b'}'));
    assert_eq!(kind_of(r#"{"a":1,}"#), JsonErrorKind::UnexpectedByte(b'}'));
    assert_eq!(kind_of(r#"{"a":"#), JsonErrorKind::UnexpectedEnd);
    assert_eq!(kind_of(""), JsonErrorKind::UnexpectedEnd);
    let bad = Object::parse(b"{\"a\":\"\xff\"}", 8).unwrap_err();
    assert_eq!((bad.kind, bad.offset), (JsonErrorKind::BadUtf8, 6));
}

#[test]
fn many_members_are_compared_without_quadratic_work_and_bounded() {
    let members: Vec<String> = (0..scan::MAX_MEMBERS).map(|i| format!("\"k{i}\":{i}")).collect();
    let fits = format!("{{{}}}", members.join(","));
    assert_eq!(Object::parse(fits.as_bytes(), 8).unwrap().members.len(), scan::MAX_MEMBERS);
    let twice = format!("{{{},\"k7\":0}}", members[..100].join(","));
    assert_eq!(kind_of(&twice), JsonErrorKind::Duplicate("k7".to_owned()));
    let too_many = format!("{{{},\"x\":0}}", members.join(","));
    assert_eq!(kind_of(&too_many), JsonErrorKind::TooManyMembers(scan::MAX_MEMBERS));
}

#[test]
fn no_depth_bound_lets_the_stack_overflow() {
    let deep = format!("{{\"a\":{}", "[".repeat(1 << 20));
    let error = Object::parse(deep.as_bytes(), usize::MAX).unwrap_err();
    assert_eq!(error.kind, JsonErrorKind::TooDeep(DEPTH_CEILING));
}

#[test]
fn a_string_ends_where_serde_says_wherever_that_is() {
    // Names are looked at in words, texts in blocks: every place in either is a special byte's once.
    for length in 0..150 {
        for special in ["\"", "\\\"", "\n", "\u{1f}", "\u{7f}", "é", "\u{80}", ""] {
            let text = format!("{{\"a\":\"{}{special}\"}}", "x".repeat(length));
            assert_eq!(
                Object::parse(text.as_bytes(), 8).is_ok(),
                serde_json::from_str::<serde_json::Value>(&text).is_ok(),
                "{text}"
            );
            let text = format!("{{\"{}{special}\" : \"{}\"}}", "x".repeat(length), "é".repeat(length));
            assert_eq!(
                Object::parse(text.as_bytes(), 8).is_ok(),
                serde_json::from_str::<serde_json::Value>(&text).is_ok(),
                "{text}"
            );
        }
    }
}

#[test]
fn unescapes_like_serde() {
    for raw in [r"plain", r"a\nb\t\r\b\f\/\\\x22", r"\u00e9\ud83d\ude00", r"\u4e2d x"] {
        let raw = raw.replace(r"\x22", "\\\"");
        let want: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
        assert_eq!(unescape(&raw), want);
    }
    assert_eq!(unescape(r"\ud800x"), "\u{fffd}x");
    assert_eq!(unescape(r"\ud800\u0041"), "\u{fffd}A");
}

#[test]
fn edits_are_spliced_in_order() {
    let body = Bytes::from_static(b"{\"model\":\"a\",\"x\":1}");
    let span = Span { start: 9, end: 12 };
    let mut edits = vec![
        Edit::replace(span, Bytes::from_static(b"\"longer\"")),
        Edit::insert(1, Bytes::from_static(b"\"n\":2,")),
        Edit::replace(Span { start: 10, end: 11 }, Bytes::from_static(b"overlaps")),
        Edit::replace(Span { start: 90, end: 99 }, Bytes::from_static(b"outside")),
    ];
    assert_eq!(apply(&body, &mut edits), vec![&b"{\"n\":2,\"model\":\"longer\",\"x\":1}"[..]]);
    let same = apply(&body, &mut []);
    assert_eq!(same[0].as_ptr(), body.as_ptr());
}

#[test]
fn large_bodies_are_not_copied() {
    let body = Bytes::from(vec![b'x'; MERGE_BELOW_BYTES]);
    let mut edits = vec![Edit::replace(Span { start: 10, end: 20 }, Bytes::from_static(b"yy"))];
    let pieces = apply(&body, &mut edits);
    assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), vec![10, 2, MERGE_BELOW_BYTES - 20]);
    assert_eq!(pieces[2].as_ptr() as usize, body.as_ptr() as usize + 20);
}

#[test]
fn the_member_scanner_does_not_care_how_the_text_is_cut() {
    let text = br#" {"id":"a\"usage\":1","choices":[{"usage":9,"m":"}{"}],"us\u0061ge": {"t":[1,2],"s":"x\\"} ,"model":"m"}"#;
    for size in 1..text.len() {
        let mut scanner = MemberScanner::new(&["usage", "model", "service_tier"]);
        for piece in text.chunks(size) {
            scanner.feed(piece);
        }
        assert_eq!(scanner.value("usage").unwrap(), br#"{"t":[1,2],"s":"x\\"}"#, "pieces of {size}");
        assert_eq!(scanner.value("model").unwrap(), b"\"m\"");
        assert_eq!(scanner.value("service_tier"), None);
    }
}

#[test]
fn the_member_scanner_gives_up_on_values_that_are_too_large() {
    let mut scanner = MemberScanner::new(&["usage"]);
    scanner.feed(b"{\"usage\":\"");
    for _ in 0..70 {
        scanner.feed(&[b'x'; 1024]);
    }
    scanner.feed(b"\",\"b\":1}");
    assert_eq!(scanner.value("usage"), None);
}

#[test]
fn the_writer_sets_commas() {
    let mut w = Writer::default();
    w.begin_object();
    w.string_member("a", "x\"\n\u{1}é");
    w.key("b");
    w.begin_array();
    w.number(1);
    w.begin_object();
    w.end_object();
    w.null();
    w.end_array();
    w.bool_member("c", true);
    w.raw_member("d", "1.50");
    w.end_object();
    let text = w.into_bytes();
    assert_eq!(text, "{\"a\":\"x\\\"\\n\\u0001é\",\"b\":[1,{},null],\"c\":true,\"d\":1.50}".as_bytes());
}

/// Bytes that are often JSON and often nearly so.
fn near_json() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\"a\""),
        Just("\"b\\n\""),
        Just("\"\\ud83d\\ude00\""),
        Just("\""),
        Just("\\"),
        Just("-0.5e3"),
        Just("1"),
        Just("01"),
        Just("."),
        Just("true"),
        Just("false"),
        Just("null"),
        Just(" "),
        Just("\n"),
        Just("é"),
        Just("\u{1}"),
        Just(
            "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""
        ),
    ];
    proptest::collection::vec(token, 0..24)
        .prop_map(|tokens| format!("{{\"k\":{}}}", tokens.concat()).into_bytes())
}

/// A valid value, then damaged in one byte.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e9f64..1e9).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::hash_map("[a-z]{0,40}", inner, 0..6)
                .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
        ]
    })
}

/// Our verdict must be serde's. Lone surrogates are let through, as their text is only forwarded.
fn agrees(bytes: &[u8]) -> Result<(), TestCaseError> {
    let ours = Object::parse(bytes, 100);
    let theirs = serde_json::from_slice::<&serde_json::value::RawValue>(bytes);
    match ours {
        Ok(object) => {
            prop_assert!(theirs.is_ok(), "accepted {:?}", String::from_utf8_lossy(bytes));
            for member in &object.members {
                let raw = object.value(member).raw();
                prop_assert!(serde_json::from_str::<&serde_json::value::RawValue>(raw).is_ok());
            }
        }
        Err(JsonError { kind: JsonErrorKind::Duplicate(_) | JsonErrorKind::NotAnObject(_), .. }) => {}
        Err(error) => prop_assert!(theirs.is_err(), "{error} in {:?}", String::from_utf8_lossy(bytes)),
    }
    Ok(())
}

proptest! {
    #[test]
    fn accepts_what_serde_accepts(bytes in near_json()) {
        agrees(&bytes)?;
    }

    #[test]
    fn accepts_and_rejects_damaged_values_as_serde_does(value in value(), at in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = serde_json::to_vec(&serde_json::json!({ "k": value })).unwrap();
        agrees(&bytes)?;
        let at = at % bytes.len();
        bytes[at] = byte;
        agrees(&bytes)?;
    }

    #[test]
    fn strings_survive_escaping(text in any::<String>()) {
        let mut raw = Vec::new();
        escape_into(&mut raw, &text);
        let raw = String::from_utf8(raw).unwrap();
        prop_assert_eq!(unescape(&raw), text.as_str());
        prop_assert_eq!(serde_json::from_str::<String>(&format!("\"{raw}\"")).unwrap(), text);
    }
}

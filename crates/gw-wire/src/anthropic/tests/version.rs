//! What the version of 2026-10-21 takes no more.

use crate::anthropic::version::check;

const OLD: &[u8] = b"2023-06-01";
const NEW: &[u8] = b"2026-10-21";

#[test]
fn refused_under_the_new_version_only() {
    let with = |message: &str| {
        format!(r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":"x"}},{message}]}}"#)
    };
    let cases = [
        (r#"{"temperature":1.0,"messages":[]}"#.to_owned(), "temperature"),
        (r#"{"top_p":null,"messages":[]}"#.to_owned(), "top_p"),
        (r#"{"messages":[],"top_k":5}"#.to_owned(), "top_k"),
        (
            with(
                r#"{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"document","source":{}}]}"#,
            ),
            "messages.1.content.1",
        ),
        (
            with(r#"{"role":"user","content":[{"type":"text","text":"a","citations":[{"type":"x"}]}]}"#),
            "messages.1.content.0.citations",
        ),
    ];
    for (body, place) in cases {
        let refusal = check(NEW, body.as_bytes()).unwrap_err();
        assert_eq!(refusal.param.as_deref(), Some(place), "{body}");
        assert_eq!(check(b"2027-01-01", body.as_bytes()).unwrap_err().param.as_deref(), Some(place));
        check(OLD, body.as_bytes()).unwrap();
        check(b"", body.as_bytes()).unwrap();
        check(b"vertex-2026-10-21", body.as_bytes()).unwrap();
    }
}

#[test]
fn what_stays_allowed() {
    for body in [
        r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"temperature","citations":[]}]}]}"#,
        r#"{"messages":[{"role":"assistant","content":[{"type":"text","text":"a","citations":[{"x":1}]}]}]}"#,
        r#"{"messages":[{"role":"user","content":[{"type":"document","source":{},"citations":{"enabled":true}}]}]}"#,
        r#"{"messages":"no list"}"#,
        "[]",
        "",
    ] {
        check(NEW, body.as_bytes()).unwrap();
    }
}

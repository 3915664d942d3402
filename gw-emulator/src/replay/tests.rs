//! Tests of loading exchanges from hand-written files; must not need recorded ones.
use std::io::Write as _;

use super::*;

fn write(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("temporary file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

const SAMPLE: &str = r#"{"origin": {"response_body": "recorded"}, "provider": "openai", "wire_format": "chat",
  "request": {"method": "POST", "path": "/v1/chat/completions", "query": "", "headers": {"accept": ["*/*"]},
    "body": {"model": "m"}},
  "response": {"status": 200, "headers": {"content-type": "text/event-stream", "content-length": "9"},
    "body_b64": "ZGF0YTogMQoK"}, "tags": ["chat", "stream"]}"#;

#[test]
fn a_file_is_read_in_full() {
    let exchange = Exchange::load(write(SAMPLE).path()).expect("loaded");
    assert_eq!((exchange.body.as_ref(), exchange.is_stream()), (&b"data: 1\n\n"[..], true));
    assert_eq!((exchange.status.as_u16(), exchange.is_verbatim), (200, true));
    assert!(exchange.headers.get("content-length").is_none());
    assert_eq!(exchange.request_body["model"], "m");
}

#[test]
fn what_is_wrong_is_named() {
    let missing = Exchange::load("/nonexistent/exchange.json").expect_err("no file");
    assert!(matches!(missing, ReplayError::Read { .. }), "{missing}");
    let text = Exchange::load(write("nonsense").path()).expect_err("not JSON");
    assert!(matches!(text, ReplayError::Json { .. }), "{text}");
    let member = Exchange::load(write(&SAMPLE.replace("200", "\"ok\"")).path()).expect_err("wrong status");
    assert!(member.to_string().contains("response.status"), "{member}");
}

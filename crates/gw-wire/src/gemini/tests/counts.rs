//! Counting tokens.

use crate::codec::Options;
use crate::gemini::count_tokens;
use serde_json::{Value, json};

#[test]
fn contents_alone_or_a_whole_request() {
    let whole = json!({"model":"models/m","contents":[{"parts":[{"text":"x"}]}],
        "systemInstruction":{"parts":[{"text":"s"}]},"safetySettings":[]});
    let inside = json!({"generateContentRequest":whole});
    let read = |body: &Value| count_tokens::read("m", body.to_string().as_bytes()).unwrap();
    assert_eq!(format!("{:?}", read(&whole)), format!("{:?}", read(&inside)));
    let written = count_tokens::write(&read(&inside), &Options::default()).unwrap();
    let body: Value = serde_json::from_slice(&written.body).unwrap();
    assert_eq!(body["generateContentRequest"]["model"], "models/m");
    assert_eq!(body["generateContentRequest"]["safetySettings"], json!([]));
    assert_eq!(written.dropped, Vec::<String>::new());
    assert!(count_tokens::read("m", b"{\"generateContentRequest\":1}").is_err());
}

#[test]
fn a_count_and_back() {
    assert_eq!(count_tokens::read_answer(&count_tokens::write_answer(61)).unwrap(), 61);
    assert_eq!(count_tokens::read_answer(b"{\"totalTokens\":\"7\"}").unwrap(), 7);
    assert!(count_tokens::read_answer(b"{}").is_err());
}

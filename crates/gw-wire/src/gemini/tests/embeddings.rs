//! Embeddings between this format and OpenAI's.

use crate::codec::Options;
use crate::gemini::embeddings::{
    Call, answer_from_openai, answer_to_openai, request_from_openai, request_to_openai,
};
use gw_model::ErrorCode;
use serde_json::{Value, json};

fn value(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn requests_from_openai() {
    let body = json!({"model":"gemini-embedding-001","input":["a","b"],"dimensions":8,"user":"u",
        "encoding_format":"base64","store":true});
    let asked = request_from_openai(body.to_string().as_bytes(), &Options::default(), Call::Batch).unwrap();
    assert!(asked.is_base64 && asked.inputs == 2);
    assert_eq!(asked.written.dropped, ["user", "store"]);
    let one = |text: &str| {
        json!({"model":"models/gemini-embedding-001","content":{"parts":[{"text":text}]},
            "outputDimensionality":8})
    };
    assert_eq!(value(&asked.written.body), json!({"requests":[one("a"), one("b")]}));
    let asked = request_from_openai(br#"{"model":"m","input":"a"}"#, &Options::default(), Call::Predict);
    assert_eq!(value(&asked.unwrap().written.body), json!({"instances":[{"content":"a"}]}));
    for (body, code) in [
        (&br#"{"model":"m","input":[1,2]}"#[..], ErrorCode::UnsupportedParameter),
        (br#"{"model":"m","input":[]}"#, ErrorCode::InvalidRequest),
        (br#"{"model":"m"}"#, ErrorCode::InvalidRequest),
        (b"[]", ErrorCode::InvalidRequest),
    ] {
        let refusal = request_from_openai(body, &Options::default(), Call::Batch).unwrap_err();
        assert_eq!(refusal.code, code);
    }
}

#[test]
fn requests_to_openai() {
    let one = |text: &str, size: u64| {
        json!({"content":{"parts":[{"text":text},{"text":"!"}]},"taskType":"RETRIEVAL_QUERY",
            "outputDimensionality":size})
    };
    let ask = |body: Value, call: Call| {
        request_to_openai("text-embedding-3-small", body.to_string().as_bytes(), call, &Options::default())
    };
    let written = ask(json!({"requests":[one("a", 8), one("b", 8)]}), Call::Batch).unwrap();
    assert_eq!(
        value(&written.body),
        json!({"model":"text-embedding-3-small","input":["a\n!","b\n!"],"dimensions":8,
            "encoding_format":"float"})
    );
    assert_eq!(written.dropped, ["taskType"]);
    assert_eq!(value(&ask(one("a", 8), Call::Single).unwrap().body)["input"], json!(["a\n!"]));
    let image = json!({"content":{"parts":[{"inlineData":{}}]}});
    for (body, call) in [
        (json!({"requests":[one("a", 8), one("b", 9)]}), Call::Batch),
        (image, Call::Single),
        (json!({"requests":[]}), Call::Batch),
        (json!({}), Call::Single),
        (json!({}), Call::Batch),
    ] {
        assert!(ask(body, call).is_err());
    }
}

#[test]
fn answers_both_ways() {
    let theirs = json!({"embeddings":[{"values":[0.5,-1]},{"values":[2.25,1e-3]}],
        "usageMetadata":{"promptTokenCount":9}});
    let mut asked =
        request_from_openai(br#"{"model":"m","input":["a","b"]}"#, &Options::default(), Call::Batch).unwrap();
    let ours = answer_to_openai(theirs.to_string().as_bytes(), "m", &asked, 3).unwrap();
    assert_eq!(value(&ours)["data"][1], json!({"object":"embedding","index":1,"embedding":[2.25,1e-3]}));
    assert_eq!(value(&ours)["usage"], json!({"prompt_tokens":9,"total_tokens":9}));
    let back = value(&answer_from_openai(&ours, Call::Batch).unwrap());
    assert_eq!(back["embeddings"], theirs["embeddings"]);
    assert_eq!(back["usageMetadata"]["promptTokenCount"], 9);
    asked.is_base64 = true;
    let packed = answer_to_openai(theirs.to_string().as_bytes(), "m", &asked, 3).unwrap();
    assert_eq!(value(&packed)["data"][0]["embedding"], "AAAAPwAAgL8=");
    let single = value(&answer_from_openai(&packed, Call::Single).unwrap());
    assert_eq!(single["embedding"]["values"], json!([0.5, -1.0]));
    asked.inputs = 1;
    assert!(answer_to_openai(theirs.to_string().as_bytes(), "m", &asked, 3).is_err());
    let predicted = json!({"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":5}}}]});
    let ours = answer_to_openai(predicted.to_string().as_bytes(), "m", &asked, 3).unwrap();
    assert_eq!(value(&ours)["usage"]["prompt_tokens"], 5);
    for body in
        ["", "{}", r#"{"data":[]}"#, r#"{"data":[{"embedding":"AA=="}]}"#, r#"{"data":[{"embedding":1}]}"#]
    {
        assert!(answer_from_openai(body.as_bytes(), Call::Single).is_err(), "{body}");
    }
}

//! Facts of embeddings, rankings and counts.

use super::{at, facts};
use crate::facts::read_with_model;
use bytes::Bytes;
use gw_model::{CallFacts, ErrorCode, Refusal, WireFormat};

fn of_path(format: WireFormat, body: &str) -> Result<CallFacts, Refusal> {
    read_with_model(format, &Bytes::copy_from_slice(body.as_bytes()), 128, "path-model")
}

#[test]
fn inputs_of_every_shape_are_weighed() {
    let cohere =
        facts(WireFormat::CohereEmbed, r#"{"model":"m","texts":["hello there","you"],"truncate":"END"}"#);
    let cohere = cohere.unwrap();
    assert!((3..=6).contains(&cohere.input_tokens), "{}", cohere.input_tokens);
    assert_eq!((cohere.max_output_tokens, cohere.model.as_str()), (Some(0), "m"));
    let image = facts(WireFormat::CohereEmbed, r#"{"model":"m","images":["data:image/png;base64,AA"]}"#);
    assert_eq!(image.unwrap().input_tokens, crate::estimate::IMAGE_TOKENS);
    let single = r#"{"content":{"parts":[{"text":"hello there"},{"inline_data":{"data":"AAAA"}}]},"taskType":"X_Y_Z"}"#;
    let single = of_path(WireFormat::GeminiEmbed, single).unwrap().input_tokens;
    assert!((crate::estimate::IMAGE_TOKENS..crate::estimate::IMAGE_TOKENS + 9).contains(&single), "{single}");
    let batch = r#"{"requests":[{"model":"models/a-very-long-name","content":{"parts":[{"text":"hello"}]}},
        {"content":{"parts":[{"text":"there"}]}}]}"#;
    let batch = of_path(WireFormat::GeminiBatchEmbed, batch).unwrap();
    assert!((2..=5).contains(&batch.input_tokens), "{}", batch.input_tokens);
    assert_eq!(batch.model, "path-model");
}

#[test]
fn voyages_members_show_its_dialect() {
    let dialect = |body: &str| facts(WireFormat::OpenAiEmbeddings, body).unwrap().dialect;
    assert_eq!(dialect(r#"{"model":"m","input":"x","dimensions":3,"input_type":"query"}"#), None);
    assert_eq!(dialect(r#"{"model":"m","input":"x","output_dimension":null}"#), None);
    for member in [r#""output_dimension":3"#, r#""output_dtype":"int8""#, r#""truncation":false"#] {
        let body = format!(r#"{{"model":"m","input":"x",{member}}}"#);
        assert_eq!(dialect(&body), Some(WireFormat::VoyageEmbed), "{body}");
    }
    let ranked = |member: &str| {
        let body = format!(r#"{{"model":"m","query":"q","documents":["x"],"{member}":2}}"#);
        facts(WireFormat::PlainRerank, &body).unwrap().dialect
    };
    assert_eq!(ranked("top_k"), Some(WireFormat::VoyageRerank));
    assert_eq!(ranked("top_n"), None);
}

#[test]
fn searches_grow_with_documents_and_their_length() {
    let searches = |documents: &[String]| {
        let body = serde_json::json!({"model":"m","query":"q","documents":documents}).to_string();
        facts(WireFormat::CohereRerank, &body).unwrap().searches
    };
    let short = |n: usize| vec!["a few words".to_owned(); n];
    assert_eq!([searches(&short(1)), searches(&short(100)), searches(&short(101))], [1, 1, 2]);
    // A hundred documents of some thousand tokens are several hundred pieces.
    let long = vec!["word ".repeat(1000); 100];
    assert!((2..=5).contains(&searches(&long)), "{}", searches(&long));
}

#[test]
fn a_count_is_read_as_its_conversation() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}"#;
    let plain = facts(WireFormat::AnthropicCountTokens, body).unwrap();
    assert_eq!((plain.max_output_tokens, plain.stream, plain.choices), (Some(0), false, 1));
    assert_eq!(at(body, plain.model_span), "\"m\"");
    assert!(plain.input_tokens > 0);
    let inner = r#"{"generateContentRequest":{"contents":[{"parts":[{"text":"hi"}]}],"cachedContent":"c"}}"#;
    let inner = of_path(WireFormat::GeminiCountTokens, inner).unwrap();
    assert_eq!(inner.stored, Some("cachedContent"), "also within: it is another's");
    let converse = r#"{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"hi"}]}]}}}"#;
    assert!(of_path(WireFormat::BedrockCountTokens, converse).unwrap().input_tokens > 0);
    let opaque = r#"{"input":{"invokeModel":{"body":"eyJhIjoxfQ=="}}}"#;
    assert!(of_path(WireFormat::BedrockCountTokens, opaque).unwrap().input_tokens > 0);
    let input =
        facts(WireFormat::OpenAiInputTokens, r#"{"model":"m","input":"hi","background":true}"#).unwrap();
    assert!(!input.background);
}

#[test]
fn what_is_missing_is_named() {
    let bad = |format, body: &str, param: &str| {
        let refused = of_path(format, body).unwrap_err();
        assert_eq!(
            (refused.code, refused.param.as_deref()),
            (ErrorCode::InvalidRequest, Some(param)),
            "{body}"
        );
    };
    bad(WireFormat::CohereEmbed, r#"{"model":"m"}"#, "texts");
    bad(WireFormat::GeminiEmbed, "{}", "content");
    bad(WireFormat::GeminiBatchEmbed, r#"{"requests":[]}"#, "requests");
    bad(WireFormat::GeminiBatchEmbed, r#"{"content":{},"Requests":[]}"#, "Requests");
    bad(WireFormat::CohereRerank, r#"{"documents":["x"]}"#, "query");
    bad(WireFormat::PlainRerank, r#"{"query":"q","documents":"x"}"#, "documents");
    bad(WireFormat::AnthropicCountTokens, r#"{"messages":[]}"#, "messages");
    bad(WireFormat::GeminiCountTokens, "{}", "contents");
    bad(WireFormat::BedrockCountTokens, r#"{"input":{"converse":{}}}"#, "messages");
    bad(WireFormat::OpenAiInputTokens, "{}", "input");
}

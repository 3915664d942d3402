//! Tests of what is an answer to its end.

use super::{has_finished, is_complete};
use gw_model::WireFormat as F;

#[test]
fn faults_and_what_says_nothing_are_no_answers() {
    for body in [
        "",
        "{}",
        "[]",
        r#"{"error":{"message":"x","code":500}}"#,
        r#"{"choices":[]}"#,
        r#"{"choices":[{"message":{"content":"x"},"finish_reason":null}]}"#,
        r#"{"choices":[{"finish_reason":"stop"},{"finish_reason":null}]}"#,
    ] {
        assert!(!is_complete(F::OpenAiChat, body.as_bytes()), "{body}");
    }
    for (format, body) in [
        (F::OpenAiChat, r#"{"error":null,"choices":[{"message":{},"finish_reason":"stop"}]}"#),
        (F::GeminiGenerate, r#"{"candidates":[{"finishReason":"STOP"}]}"#),
        (F::OpenAiResponses, r#"{"status":"completed","error":null,"output":[{}]}"#),
        (F::AnthropicMessages, r#"{"content":[],"stop_reason":"end_turn"}"#),
        (F::BedrockConverse, r#"{"output":{},"stopReason":"end_turn"}"#),
        (F::CohereChat, r#"{"message":{},"finish_reason":"COMPLETE"}"#),
        (F::OpenAiEmbeddings, r#"{"object":"list","data":[{"embedding":[1]}]}"#),
        (F::CohereEmbed, r#"{"id":"e","embeddings":{"float":[[1]]}}"#),
    ] {
        assert!(is_complete(format, body.as_bytes()), "{format:?}");
        assert!(!is_complete(format, b"{}"), "{format:?}");
    }
}

#[test]
fn a_stream_with_an_end_mark_alone_was_not_finished() {
    let open = br#"data: {"choices":[{"delta":{"content":"x"},"finish_reason":null}]}"#;
    assert!(!has_finished(F::OpenAiChat, open));
    assert!(has_finished(F::OpenAiChat, br#"data: {"choices":[{"finish_reason" : "stop"}]}"#));
    assert!(has_finished(F::AnthropicMessages, open));
}

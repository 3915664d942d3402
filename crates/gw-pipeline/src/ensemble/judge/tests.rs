//! Tests of [`super`].
use super::*;
use bytes::Bytes;
use gw_model::WireFormat;

fn asked(format: WireFormat, body: &str) -> Call {
    let body = Bytes::from(body.to_owned());
    let facts = gw_wire::facts::read_with_model(format, &body, 64, "fused").expect("facts");
    Call { format, body, facts, forward_headers: Vec::new(), raw: None }
}

const CHAT: &str = r#"{"model":"fused","stream":true,"stream_options":{"include_usage":true},"max_tokens":9,
    "messages":[{"role":"user","content":"Which is it?"}]}"#;

#[test]
fn a_judge_reads_the_conversation_and_all_answers() {
    let answers = ["first".to_owned(), "second".to_owned()];
    let judged = call(&asked(WireFormat::OpenAiChat, CHAT), &answers, Some("Decide."), 64).expect("a call");
    let text = String::from_utf8(judged.body.to_vec()).expect("text");
    for part in ["Which is it?", "Decide.", "<answer-1>", "first", "<answer-2>", "second"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(judged.facts.stream && judged.facts.include_usage, "it answers as the caller asked");
    assert_eq!(judged.facts.max_output_tokens, Some(9));
}

#[test]
fn every_format_of_conversations_has_a_judge() {
    let text = r#"[{"role":"user","content":"hi"}]"#;
    for (format, body) in [
        (WireFormat::AnthropicMessages, format!(r#"{{"model":"fused","max_tokens":9,"messages":{text}}}"#)),
        (WireFormat::OpenAiResponses, format!(r#"{{"model":"fused","input":{text}}}"#)),
        (WireFormat::CohereChat, format!(r#"{{"model":"fused","messages":{text}}}"#)),
        (WireFormat::GeminiGenerate, r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#.to_owned()),
        (
            WireFormat::BedrockConverse,
            r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#.to_owned(),
        ),
    ] {
        let judged = call(&asked(format, &body), &["seven".to_owned()], None, 64);
        let judged = judged.unwrap_or_else(|refusal| panic!("{format:?}: {}", refusal.message));
        let text = String::from_utf8(judged.body.to_vec()).expect("text");
        assert!(text.contains("seven") && text.contains("Several assistants"), "{format:?}: {text}");
        assert!(!judged.facts.stores, "{format:?}");
        let member = for_panel(&asked(format, &body), 64).expect("a call");
        assert_eq!(member.body, body, "{format:?}");
    }
}

#[test]
fn a_panel_answers_whole() {
    let member = for_panel(&asked(WireFormat::OpenAiChat, CHAT), 64).expect("a call");
    assert!(!member.facts.stream);
    let text = String::from_utf8(member.body.to_vec()).expect("text");
    assert!(!text.contains("stream") && text.contains("max_tokens"), "{text}");
}

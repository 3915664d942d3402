//! Requests, answers and streams of legacy completions, to the intermediate form and back.

use super::{request, response, stream};
use crate::codec::{Options, WireError, WriteContext};
use gw_model::chat::PartKind;
use gw_model::{ErrorCode, Event, FinishReason, Usage};
use serde_json::{Value, json};

#[test]
fn a_prompt_is_one_turn() {
    for prompt in [json!("Say \"hi\""), json!(["Say \"hi\""])] {
        let body =
            json!({"model": "m", "prompt": prompt, "max_tokens": 5, "n": 2, "logprobs": 3, "best_of": 2});
        let request = request::read(body.to_string().as_bytes()).unwrap();
        assert!(matches!(&request.messages[0].parts[0].kind, PartKind::Text(t) if t == "Say \"hi\""));
        assert_eq!((request.max_output_tokens, request.choices, request.extra.len()), (Some(5), Some(2), 1));
        let written = request::write(&request, &Options::default()).unwrap();
        let again: Value = serde_json::from_slice(&written.body).unwrap();
        assert_eq!(again["prompt"], "Say \"hi\"");
    }
}

#[test]
fn what_a_conversation_cannot_express_is_refused() {
    for (name, value) in [
        ("prompt", json!(["a", "b"])),
        ("prompt", json!([1, 2])),
        ("echo", json!(true)),
        ("suffix", json!("end")),
        ("best_of", json!(3)),
    ] {
        let mut body = json!({"model": "m", "prompt": "x"});
        body[name] = value;
        let refusal = request::read(body.to_string().as_bytes()).unwrap_err();
        assert_eq!((refusal.code, refusal.param.as_deref()), (ErrorCode::UnsupportedParameter, Some(name)));
    }
}

#[test]
fn answers_and_streams_carry_the_text() {
    let context = WriteContext { created: 3, include_usage: true, ..WriteContext::default() };
    let events = vec![
        Event::Start { id: "i".into(), model: "m".into(), created: None },
        Event::Text { choice: 0, block: 0, text: "one ".into() },
        Event::Text { choice: 0, block: 0, text: "two".into() },
        Event::Finish { choice: 0, reason: FinishReason::Length },
        Event::Usage(Usage { input_tokens: 2, output_tokens: 3, ..Usage::default() }),
        Event::End,
    ];
    let whole: Value = serde_json::from_slice(&response::write(&events, &context)).unwrap();
    assert_eq!(
        whole["choices"],
        json!([{"text": "one two", "index": 0, "logprobs": null, "finish_reason": "length"}])
    );
    assert_eq!(whole["object"], "text_completion");
    assert_eq!(response::read(whole.to_string().as_bytes()).unwrap().len(), 5);

    let (mut writer, mut out) = (stream::Writer::new(context.clone()), Vec::new());
    events.iter().for_each(|event| writer.event(event, &mut out).unwrap());
    let (mut reader, mut read) = (stream::Reader::new(), Vec::new());
    for part in out.split(|b| *b == b'\n').filter_map(|line| line.strip_prefix(b"data: ")) {
        reader.frame(part, &mut read).unwrap();
    }
    let again: Value = serde_json::from_slice(&response::write(&read, &context)).unwrap();
    assert_eq!(again, whole);
    assert!(matches!(stream::Reader::new().finish(&mut Vec::new()), Err(WireError::Cut)));
}

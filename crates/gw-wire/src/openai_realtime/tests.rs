//! Tests of [`super`].
use super::client::{Asks, may_steer};
use super::server::{Charged, Counts, ServerEvent};
use super::*;
use gw_model::{ErrorCode, Refusal};
use serde_json::{Value, json};

fn ask(value: &Value) -> client::ClientEvent {
    client::read(value.to_string().as_bytes()).unwrap()
}

#[test]
fn what_a_client_asks_for_is_found() {
    let event = ask(&json!({"type": "response.create", "event_id": "e1",
        "response": {"model": "other", "max_output_tokens": 12, "conversation": "none"}}));
    assert_eq!((event.asks, event.max_output_tokens), (Asks::Response, Some(12)));
    assert_eq!(event.event_id.as_deref(), Some("e1"));
    assert_eq!((event.models[0].name.as_str(), event.models[0].param), ("other", "response.model"));
    let text = r#"{"type":"session\u002eupdate","session":{"m\u006fdel":"x","audio":{"input":{"transcription":{"model":"w"}}}}}"#;
    let event = client::read(text.as_bytes()).unwrap();
    assert_eq!((event.asks, event.transcription_model.as_deref()), (Asks::Session, Some("w")));
    assert_eq!(&text[event.models[0].span.start..event.models[0].span.end], "\"x\"");
    let event = ask(&json!({"type": "session.update", "session": {"model": null,
        "input_audio_transcription": {"model": "whisper-1"}, "max_response_output_tokens": "inf"}}));
    assert_eq!((event.models.len(), event.max_output_tokens), (0, None));
    assert_eq!(event.transcription_model.as_deref(), Some("whisper-1"));
    assert_eq!(ask(&json!({"type": "input_audio_buffer.append", "audio": "AAAA"})).asks, Asks::Audio);
    assert_eq!(ask(&json!({"type": "conversation.item.create", "model": "x"})).models.len(), 0);
}

#[test]
fn what_could_be_read_in_two_ways_is_noticed() {
    let twice = r#"{"type":"input_audio_buffer.append","type":"session.update","session":{}}"#;
    assert!(client::read(twice.as_bytes()).is_err() && may_steer(twice.as_bytes()));
    let within = r#"{"type":"session.update","session":{"model":"a","model":"b"}}"#;
    assert!(client::read(within.as_bytes()).is_err() && may_steer(within.as_bytes()));
    let wide: Vec<u8> = r#"{"type":"session.update"}"#.bytes().flat_map(|b| [b, 0]).collect();
    assert!(client::read(&wide).is_err() && may_steer(&wide));
    for harmless in [&b"hello"[..], b"", b"\xff\xfe\x00 response.create", b"{\"type\":\"x\",}"] {
        assert!(client::read(harmless).is_err() && !may_steer(harmless), "{harmless:?}");
    }
}

#[test]
fn usage_is_read_by_kind() {
    let done = json!({"type": "response.done", "event_id": "e", "response": {"id": "r", "status": "completed",
        "output": [{"content": [{"transcript": "text"}]}],
        "usage": {"total_tokens": 253, "input_tokens": 132, "output_tokens": 121,
            "input_token_details": {"text_tokens": 119, "audio_tokens": 13, "cached_tokens": 64,
                "cached_tokens_details": {"text_tokens": 54, "audio_tokens": 10}},
            "output_token_details": {"text_tokens": 30, "audio_tokens": 91}}}});
    let wanted = Counts {
        input: 132,
        output: 121,
        cached: 64,
        audio_in: 13,
        cached_audio: 10,
        audio_out: 91,
        ..Counts::default()
    };
    let charged = Some(Charged::Tokens(wanted));
    assert_eq!(server::read(done.to_string().as_bytes()), ServerEvent::Done { charged });
    let none = json!({"type": "response.done", "response": {"status": "cancelled", "usage": null}});
    assert_eq!(server::read(none.to_string().as_bytes()), ServerEvent::Done { charged: None });
    let created = json!({"type": "response.created", "response": {"usage": null}});
    assert_eq!(server::read(created.to_string().as_bytes()), ServerEvent::Created);
}

#[test]
fn transcription_is_charged_by_tokens_or_by_time() {
    let of = |usage: Value| {
        let kind = "conversation.item.input_audio_transcription.completed";
        server::read(json!({"type": kind, "transcript": "hi", "usage": usage}).to_string().as_bytes())
    };
    for (seconds, ms) in [(json!(3), 3000), (json!(1.5), 1500), (json!(0.0001), 1), (json!("x"), u64::MAX)] {
        let charged = (ms != u64::MAX).then_some(Charged::Duration(ms));
        let usage = json!({"type": "duration", "seconds": seconds});
        assert_eq!(of(usage), ServerEvent::Transcribed { charged }, "{seconds}");
    }
    let tokens = json!({"type": "tokens", "total_tokens": 22, "input_tokens": 13, "output_tokens": 9,
        "input_token_details": {"text_tokens": 0, "audio_tokens": 13}});
    let counts = Counts { input: 13, output: 9, audio_in: 13, ..Counts::default() };
    assert_eq!(of(tokens), ServerEvent::Transcribed { charged: Some(Charged::Tokens(counts)) });
    let settings = json!({"type": "session.updated", "session": {"audio": {"input": {"transcription": {"model": "w"}}}}});
    let session = ServerEvent::Session { transcription_model: Some("w".to_owned()) };
    assert_eq!(server::read(settings.to_string().as_bytes()), session);
    let delta = json!({"type": "response.output_text.delta", "delta": "response.done\" session."});
    let said = ServerEvent::Said { bytes: 1, is_audio: false };
    assert_eq!(server::read(delta.to_string().as_bytes()), said);
    let audio = json!({"type": "response.output_audio.delta", "delta": "A".repeat(1000)});
    let ServerEvent::Said { bytes, is_audio: true } = server::read(audio.to_string().as_bytes()) else {
        panic!("sound is not noticed")
    };
    assert!((850..1050).contains(&bytes), "{bytes}");
    let error = json!({"type": "error", "error": {"code": "x"}});
    assert_eq!(server::read(error.to_string().as_bytes()), ServerEvent::Error);
    let other = json!({"type": "rate_limits.updated"});
    assert_eq!(server::read(other.to_string().as_bytes()), ServerEvent::Other);
}

#[test]
fn an_error_event_has_openais_shape() {
    let refusal = Refusal::new(ErrorCode::BudgetExceeded, "spent").param("response");
    let event: Value = serde_json::from_slice(&error_event(&refusal, "event_1", Some("mine"))).unwrap();
    assert_eq!(event["type"], "error");
    assert_eq!(event["event_id"], "event_1");
    let wanted = json!({"type": "insufficient_quota", "code": "budget_exceeded", "message": "spent",
        "param": "response", "event_id": "mine"});
    assert_eq!(event["error"], wanted);
}

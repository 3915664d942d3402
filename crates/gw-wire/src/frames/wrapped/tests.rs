//! Events come out as the model made them; what is damaged is an error, and Bedrock's own trouble an error event.

use crate::eventstream::{HeaderValue, encode};
use crate::frames::Framer;
use crate::sse::FrameVerdict;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

fn chunk(event: &str) -> Vec<u8> {
    let payload = format!("{{\"bytes\":\"{}\",\"p\":\"abc\"}}", STANDARD.encode(event));
    message(&[(":event-type", "chunk"), (":message-type", "event")], &payload)
}

fn message(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, HeaderValue::Text(value))).collect();
    encode(&headers, payload.as_bytes(), &mut out).unwrap();
    out
}

fn drained(stream: &[u8], step: usize) -> String {
    let mut framer = Framer::wrapped(1 << 20);
    let mut out = Vec::new();
    for piece in stream.chunks(step) {
        framer.drain(Bytes::copy_from_slice(piece), |_| FrameVerdict::Forward, &mut out).unwrap();
    }
    String::from_utf8(out.concat()).unwrap()
}

#[test]
fn every_event_comes_out_as_it_was_made_however_the_stream_is_cut() {
    let start = r#"{"type":"message_start","message":{"id":"msg_bdrk_1"}}"#;
    let stop = r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":1}}"#;
    let stream = [chunk(start), chunk("{\"no\":\n\"type\"}"), chunk(stop)].concat();
    let wanted = format!(
        "event: message_start\ndata: {start}\n\ndata: {{\"no\": \"type\"}}\n\nevent: message_stop\ndata: {stop}\n\n"
    );
    for step in [1, 7, 64, stream.len()] {
        assert_eq!(drained(&stream, step), wanted, "in steps of {step}");
    }
}

#[test]
fn an_exception_is_an_error_event() {
    let headers = [(":exception-type", "throttlingException"), (":message-type", "exception")];
    let text = drained(&message(&headers, r#"{"message":"slow \"down\""}"#), 1 << 20);
    let mut framer = crate::sse::Framer::new(1 << 20);
    framer.push(text.into());
    let frame = framer.next().unwrap().unwrap();
    assert_eq!(frame.event(), Some("error"));
    let data: serde_json::Value = serde_json::from_slice(frame.data()).unwrap();
    assert_eq!(data["error"]["type"], "rate_limit_error");
    assert_eq!(data["error"]["message"], "slow \"down\"");
}

#[test]
fn what_holds_no_event_is_an_error() {
    for payload in ["{}", "[]", "nothing", r#"{"bytes":1}"#, r#"{"bytes":"%%"}"#] {
        let mut framer = Framer::wrapped(1 << 20);
        framer.push(message(&[(":event-type", "chunk")], payload).into());
        assert!(framer.next().unwrap().is_err(), "{payload}");
    }
}

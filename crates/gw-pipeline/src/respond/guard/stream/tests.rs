//! Tests of frames through guardrails: what goes on is the same however frames come together.

use super::StreamGuard;
use crate::guard::{Chosen, Guarded};
use bytes::Bytes;
use gw_guard::Guardrail;
use gw_model::WireFormat;
use gw_model::guardrail::{CheckSpec, GuardAction, GuardrailSpec};
use gw_wire::frames::Framer;
use gw_wire::sse::SseEvent;
use serde_json::{Value, json};
use std::sync::Arc;

const SAID: &str = "Write to \"jane.doe@example.com\",\n or \u{e4}t 10.0.0.17 \\ tomorrow. It is late.";
const LEFT: &str =
    "Write to \"[REDACTED_EMAIL]\",\n or \u{e4}t [REDACTED_IP_ADDRESS] \\ tomorrow. It is late.";

fn guard(action: GuardAction, format: WireFormat) -> StreamGuard {
    let spec = GuardrailSpec {
        on_request: false,
        ..GuardrailSpec::everywhere("pii", CheckSpec::Pii { entities: Vec::new() }, action)
    };
    let rail = Arc::new(Guardrail::compile(Arc::new(spec)).unwrap());
    StreamGuard::new(Box::new(Guarded::new(Chosen::new(vec![rail], Vec::new()), Bytes::new())), format, true)
}

/// The text of a choice in frames of so many characters each.
fn pieces(text: &str, length: usize) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(length).map(|piece| piece.iter().collect()).collect()
}

fn frame(body: &Value) -> String {
    format!("data: {body}\n\n")
}

/// What goes on of frames that come so many at a time, and whether they were stopped.
fn passed(guard: &mut StreamGuard, frames: &[String], at_once: usize) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let mut framer = Framer::new(WireFormat::OpenAiChat, 1 << 20);
    let batches = frames.chunks(at_once).map(<[String]>::concat);
    for batch in batches.map(Some).chain([None]) {
        let mut looked = Ok(());
        framer.push(batch.clone().unwrap_or_default().into());
        while looked.is_ok()
            && let Some(frame) = framer.next()
        {
            looked = guard.push(frame.unwrap());
        }
        let looked = looked.and_then(|()| if batch.is_some() { guard.settle() } else { guard.finish() });
        while let Some(frame) = guard.next() {
            out.extend_from_slice(frame.raw());
        }
        if looked.is_err() {
            return (out, true);
        }
    }
    (out, false)
}

/// What frames say, by the place that a pointer names and the choice.
fn said(frames: &[u8], pointer: &str, choice: u64) -> String {
    let mut framer = Framer::new(WireFormat::OpenAiChat, 1 << 20);
    framer.push(frames.to_vec().into());
    let mut text = String::new();
    while let Some(frame) = framer.next() {
        let Ok(body) = serde_json::from_slice::<Value>(frame.unwrap().data()) else { continue };
        if body["choices"][0]["index"] == choice {
            text.push_str(body.pointer(pointer).and_then(Value::as_str).unwrap_or_default());
        }
    }
    text
}

fn chat(choice: u64, delta: Value, finish: Value) -> String {
    frame(&json!({"id": "c", "choices": [{"index": choice, "delta": delta, "finish_reason": finish}]}))
}

/// Two choices whose pieces take turns.
fn two_choices(length: usize) -> Vec<String> {
    let mut frames = Vec::new();
    for piece in pieces(SAID, length) {
        for choice in 0..2 {
            frames.push(chat(choice, json!({ "content": piece }), Value::Null));
        }
    }
    frames.extend((0..2).map(|choice| chat(choice, json!({}), json!("stop"))));
    frames.push("data: [DONE]\n\n".to_owned());
    frames
}

#[test]
fn what_goes_on_does_not_depend_on_what_came_together() {
    for length in [1, 2, 3, 5, 8, 100] {
        let frames = two_choices(length);
        for at_once in [1, 2, 3, 7, frames.len()] {
            let mut guard = guard(GuardAction::Redact, WireFormat::OpenAiChat);
            let (out, is_stopped) = passed(&mut guard, &frames, at_once);
            assert!(!is_stopped && out.ends_with(b"data: [DONE]\n\n"));
            for choice in 0..2 {
                assert_eq!(said(&out, "/choices/0/delta/content", choice), LEFT, "{length} {at_once}");
            }
        }
    }
}

#[test]
fn frames_that_nothing_changes_go_on_as_they_came() {
    let frames: Vec<String> = pieces("nothing of it is 1 secret at all", 3)
        .iter()
        .map(|piece| {
            format!(
                "data: {{\"choices\" : [{{\"delta\":{{\"content\":{}}} ,\"index\":0}}]}}\r\n\r\n",
                json!(piece)
            )
        })
        .collect();
    for at_once in [1, 4, frames.len()] {
        let mut guard = guard(GuardAction::Redact, WireFormat::OpenAiChat);
        let (out, _) = passed(&mut guard, &frames, at_once);
        assert_eq!(out, frames.concat().into_bytes());
    }
}

#[test]
fn what_is_stopped_goes_on_up_to_what_was_found() {
    let at = SAID.find("jane").unwrap();
    for length in [1, 3, 8, 100] {
        let frames = two_choices(length);
        for at_once in [1, 2, 5, frames.len()] {
            let mut guard = guard(GuardAction::Block, WireFormat::OpenAiChat);
            let (out, is_stopped) = passed(&mut guard, &frames, at_once);
            assert!(is_stopped);
            for choice in 0..2 {
                let left = said(&out, "/choices/0/delta/content", choice);
                assert!(left.len() <= at && SAID.starts_with(&left), "{left}");
            }
        }
    }
}

#[test]
fn arguments_of_tools_come_in_fragments() {
    let written = json!({ "to": SAID, "n": 1 }).to_string();
    for length in [1, 2, 5, 40] {
        let delta = |piece: &String| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]});
        let mut frames: Vec<String> =
            pieces(&written, length).iter().map(|piece| chat(0, delta(piece), Value::Null)).collect();
        frames.push(chat(0, json!({}), json!("tool_calls")));
        for at_once in [1, 3, frames.len()] {
            let mut guard = guard(GuardAction::Redact, WireFormat::OpenAiChat);
            let (out, _) = passed(&mut guard, &frames, at_once);
            let arguments = said(&out, "/choices/0/delta/tool_calls/0/function/arguments", 0);
            assert_eq!(
                serde_json::from_str::<Value>(&arguments).unwrap(),
                json!({"to": LEFT, "n": 1}),
                "{length} {at_once}"
            );
        }
    }
}

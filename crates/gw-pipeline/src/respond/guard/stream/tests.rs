//! Tests of frames through guardrails: what goes on is the same however frames come together.

use super::{FramePlace, StreamGuard};
use crate::guard::{Chosen, Guarded};
use bytes::Bytes;
use gw_guard::Guardrail;
use gw_model::WireFormat;
use gw_model::guardrail::{CheckSpec, GuardAction, GuardrailSpec};
use gw_wire::frames::Framer;
use gw_wire::sse::{FrameVerdict, FrameView, SseEvent};
use serde_json::{Value, json};
use std::ops::ControlFlow;
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

/// What servers and proxies put between the pieces of an answer ends no text of it.
#[test]
fn a_text_goes_on_behind_whatever_stands_between_its_pieces() {
    let between = [
        "\n",
        "\r\n",
        "data:\n\n",
        "data: \n\n",
        "event: ping\n\n",
        "event: metadata\ndata: {}\n\n",
        ": still here\n\n",
    ];
    let finishes = [Value::Null, json!(""), json!("stop")];
    for (between, finish) in
        between.iter().flat_map(|between| finishes.iter().map(move |finish| (between, finish)))
    {
        let mut frames = Vec::new();
        for piece in pieces(SAID, 3) {
            frames.push(chat(0, json!({ "content": piece }), finish.clone()));
            frames.push((*between).to_owned());
        }
        frames.push("data: [DONE]\n\n".to_owned());
        for at_once in [1, 3, frames.len()] {
            let mut redacting = guard(GuardAction::Redact, WireFormat::OpenAiChat);
            let (out, is_stopped) = passed(&mut redacting, &frames, at_once);
            assert!(!is_stopped);
            assert_eq!(said(&out, "/choices/0/delta/content", 0), LEFT, "{between:?} {finish} {at_once}");
            let mut blocking = guard(GuardAction::Block, WireFormat::OpenAiChat);
            assert!(passed(&mut blocking, &frames, at_once).1, "{between:?} {finish} {at_once}");
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

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % most as u64) as usize
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

const SAYS: &[&str] = &[
    "Write",
    " to ",
    "jane.doe",
    "@example",
    ".com",
    " it's",
    " 10.0.",
    "0.17",
    r"\n",
    r"\u0040",
    r"\",
    "é",
    " [EMAIL_1]",
    "plain words only ",
    r#"{\"a\":\""#,
    "",
];

/// A frame as streams may have them, odd ones among them.
fn any_frame(random: &mut Random) -> Vec<u8> {
    let end = random.of(&["\n\n", "\n\n", "\n\n", "\r\n\r\n", "\r\r"]);
    let piece = random.of(SAYS);
    let id = random.of(&["c", "c", "c", "d", "e f"]);
    let index = random.below(2);
    let finish = random.of(&["null", "null", "null", "null", r#""stop""#]);
    let data = match random.below(12) {
        0 => format!(r#"{{"id":"{id}","choices":[{{"delta":{{"content":"{piece}"}},"index":{index}}}]}}"#),
        1 => format!(r#"{{"id":"{id}","choices":[],"usage":{{"total_tokens":{index}}}}}"#),
        2 => format!(
            r#"{{"choices":[{{"index":{index},"delta":{{"content":"{piece}","content":"x"}},"logprobs":{{"content":[{{"token":"{piece}"}}]}}}}]}}"#
        ),
        3 => format!(
            r#"{{"choices":[{{"index":0,"delta":{{"content":"{piece}"}}}},{{"index":1,"delta":{{"content":"a"}}}}]}}"#
        ),
        4 => format!(
            r#"{{"choices":[{{"index":{index},"delta":{{}},"note":"jane.doe@example.com{piece}"}}]}}"#
        ),
        5 => format!(
            r#"{{"choices":[{{"index":{index},"delta":{{"tool_calls":[{{"index":0,"function":{{"arguments":"{piece}"}}}}]}}}}]}}"#
        ),
        _ => format!(
            r#"{{"id":"{id}","choices":[{{"index":{index},"delta":{{"content":"{piece}"}},"finish_reason":{finish}}}]}}"#
        ),
    };
    let line = end.get(..end.len() / 2).unwrap_or_default();
    let mut frame = match random.below(16) {
        0 => format!(": jane.doe@example.com{end}"),
        1 => format!("id: 7{line}data: {data}{end}"),
        2 => format!("event: a b{line}data: {data}{end}"),
        3 => format!("event: delta{line}data: {data}{end}"),
        4 => format!("data: {data}{line}data: {end}"),
        5 => format!("retry: 5{end}"),
        _ => format!("data: {data}{end}"),
    }
    .into_bytes();
    if random.below(40) == 0 {
        frame.splice(6..6, *b"\xff");
    }
    frame
}

/// What goes on of frames that are taken one by one, after each cut; and whether they were stopped.
fn one_by_one(guard: &mut StreamGuard, cuts: &[Vec<u8>]) -> (Vec<Vec<u8>>, bool) {
    let mut framer = Framer::new(WireFormat::OpenAiChat, 1 << 20);
    let mut outs = Vec::new();
    for (number, cut) in cuts.iter().enumerate() {
        framer.push(cut.clone().into());
        let (mut looked, mut out) = (Ok(()), Vec::new());
        while looked.is_ok()
            && let Some(frame) = framer.next()
        {
            looked = frame.unwrap().without_others().map_or(Ok(()), |frame| guard.push(frame));
        }
        let is_last = number + 1 == cuts.len();
        let looked = looked.and_then(|()| if is_last { guard.finish() } else { guard.settle() });
        while let Some(frame) = guard.next() {
            out.extend_from_slice(frame.raw());
        }
        outs.push(out);
        if looked.is_err() {
            return (outs, true);
        }
    }
    (outs, false)
}

/// The same of frames that are taken where they stand.
fn in_place(guard: &mut StreamGuard, cuts: &[Vec<u8>]) -> (Vec<Vec<u8>>, bool, usize) {
    let mut framer = gw_wire::sse::Framer::new(1 << 20);
    let (mut outs, mut came, mut whole) = (Vec::new(), Vec::new(), 0);
    for (number, cut) in cuts.iter().enumerate() {
        let mut looked = Ok(());
        guard.expect(cut.len());
        let judge = |frame: &FrameView<'_>| {
            guard.recognise(frame);
            let (place, taken) = guard.take(frame);
            looked = taken;
            let verdict = if place == FramePlace::Kept { FrameVerdict::Forward } else { FrameVerdict::Hide };
            if looked.is_ok() { ControlFlow::Continue(verdict) } else { ControlFlow::Break(verdict) }
        };
        framer.drain_while(cut.clone().into(), judge, &mut came).unwrap();
        let is_last = number + 1 == cuts.len();
        let looked = looked.and_then(|()| if is_last { guard.finish() } else { guard.settle() });
        let mut out = Vec::new();
        guard.release(&mut came, &mut out);
        assert!(came.is_empty());
        whole += usize::from(out.iter().any(|piece| piece.len() > 600));
        outs.push(out.concat());
        if looked.is_err() {
            return (outs, true, whole);
        }
    }
    (outs, false, whole)
}

#[test]
fn frames_in_their_place_go_on_as_those_one_by_one_do() {
    let (mut stopped, mut whole) = (0, 0);
    for seed in 0..1500 {
        let random = &mut Random(seed);
        let mut stream: Vec<u8> = (0..random.below(40)).flat_map(|_| any_frame(random)).collect();
        stream.extend_from_slice(b"data: [DONE]\n\n");
        let longest = random.of(&["7", "90", "700", "9000"]).parse().unwrap();
        let mut cuts = Vec::new();
        let mut rest = stream.as_slice();
        while !rest.is_empty() {
            let (cut, behind) = rest.split_at(rest.len().min(1 + random.below(longest)));
            cuts.push(cut.to_vec());
            rest = behind;
        }
        let actions = [GuardAction::Redact, GuardAction::Redact, GuardAction::Flag, GuardAction::Block];
        let action = actions[random.below(actions.len())];
        let (outs, is_stopped) = one_by_one(&mut guard(action, WireFormat::OpenAiChat), &cuts);
        let (same, is_same, pieces) = in_place(&mut guard(action, WireFormat::OpenAiChat), &cuts);
        assert_eq!(is_stopped, is_same, "{seed}");
        for (out, same) in outs.iter().zip(&same) {
            assert_eq!(String::from_utf8_lossy(out), String::from_utf8_lossy(same), "{seed} {action:?}");
        }
        assert_eq!(outs, same, "{seed} {action:?}");
        stopped += usize::from(is_stopped);
        whole += pieces;
    }
    // Both ends are reached, and pieces that go on whole.
    assert!(stopped > 50 && whole > 20, "{stopped} {whole}");
}

//! Streams for callers: every event that the official SDKs go by, in their order.

use super::{arguments, call, context, end, parsed, start, text, thinking};
use crate::openai_responses::stream::Writer;
use crate::openai_responses::{Echo, response};
use gw_model::{ErrorCode, Event, FinishReason, Refusal, Usage};
use serde_json::{Value, json};

fn finish(reason: FinishReason) -> Event {
    Event::Finish { choice: 0, reason }
}

fn written(events: &[Event], echo: Echo) -> Vec<(String, Value)> {
    let mut writer = Writer::with_echo(context(), echo);
    let mut out = Vec::new();
    events.iter().for_each(|event| writer.event(event, &mut out).unwrap());
    let events = parsed(&out);
    for (index, (_, data)) in events.iter().enumerate() {
        assert_eq!(data["sequence_number"], index);
    }
    events
}

fn names(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.strip_prefix("response.").unwrap_or(name)).collect()
}

fn conversation() -> Vec<Event> {
    vec![
        start(),
        thinking(0, "h"),
        thinking(0, "m"),
        Event::ThinkingSignature { choice: 0, block: 0, signature: "SIG".to_owned() },
        end(0),
        text(1, "hel"),
        text(1, "lo"),
        end(1),
        text(2, "!"),
        call(3, "c1", "f"),
        arguments(3, "{\"x\""),
        arguments(3, ":1}"),
        end(3),
        call(4, "c2", "g"),
        Event::Usage(Usage { input_tokens: 3, output_tokens: 4, ..Usage::default() }),
        finish(FinishReason::ToolCalls),
        Event::End,
    ]
}

#[test]
fn every_item_has_its_events_in_order() {
    let said = conversation();
    let events = written(&said, Echo::default());
    assert_eq!(
        names(&events),
        [
            "created",
            "in_progress",
            "output_item.added",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed",
        ]
    );
    assert_eq!(events[6].1["text"], "hm");
    assert_eq!(events[8].1["item"]["encrypted_content"], "SIG");
    assert_eq!(events[13].1["text"], "hello");
    assert_eq!(events[23].1["arguments"], "{\"x\":1}");
    assert_eq!(events[26].1["delta"], "{}");
    // One id, and one content, whichever event is asked.
    let last = &events.last().unwrap().1["response"];
    for (_, data) in events.iter().filter(|(name, _)| name == "response.output_item.done") {
        let index = usize::try_from(data["output_index"].as_u64().unwrap()).unwrap();
        assert_eq!(data["item"], last["output"][index]);
    }
    for (_, data) in events.iter().filter(|(_, data)| data["item_id"].is_string()) {
        let index = usize::try_from(data["output_index"].as_u64().unwrap()).unwrap();
        assert_eq!(data["item_id"], last["output"][index]["id"]);
    }
    assert_eq!(last["usage"]["total_tokens"], 7);
    let whole: Value = serde_json::from_slice(&response::write(&said, &context())).unwrap();
    assert_eq!(&whole, last);
}

#[test]
fn custom_and_namespaced_tools_are_the_callers() {
    let echo = Echo::read(
        br#"{"tools":[{"type":"custom","name":"patch"},{"type":"namespace","name":"crm","tools":[{"type":"function","name":"find"}]}]}"#,
    );
    let events = written(
        &[
            start(),
            call(0, "c1", "patch"),
            arguments(0, "{\"input\":"),
            arguments(0, "\"a\\n\"}"),
            end(0),
            call(1, "c2", "crm__find"),
            arguments(1, "{}"),
            Event::End,
        ],
        echo,
    );
    assert_eq!(
        names(&events)[2..6],
        [
            "output_item.added",
            "custom_tool_call_input.delta",
            "custom_tool_call_input.done",
            "output_item.done"
        ]
    );
    assert_eq!(events[2].1["item"]["type"], "custom_tool_call");
    assert_eq!((&events[3].1["delta"], &events[4].1["input"]), (&json!("a\n"), &json!("a\n")));
    let item = &events.last().unwrap().1["response"]["output"][1];
    assert_eq!((&item["name"], &item["namespace"]), (&json!("find"), &json!("crm")));
}

#[test]
fn parallel_calls_may_come_by_turns() {
    let events = written(
        &[
            start(),
            call(0, "a", "f"),
            call(1, "b", "g"),
            arguments(0, "{\"x\""),
            arguments(1, "{}"),
            arguments(0, ":1}"),
            finish(FinishReason::ToolCalls),
            Event::End,
        ],
        Echo::default(),
    );
    let output = &events.last().unwrap().1["response"]["output"];
    assert_eq!((&output[0]["arguments"], &output[1]["arguments"]), (&json!("{\"x\":1}"), &json!("{}")));
}

#[test]
fn a_call_ends_before_the_next_begins() {
    // Some formats have no word for the end of a call: whole arguments and the next call are it.
    let events = written(
        &[
            start(),
            call(0, "a", "f"),
            arguments(0, "{\"x\""),
            arguments(0, ":\"}\"}"),
            call(1, "b", "g"),
            arguments(1, "{}"),
            finish(FinishReason::ToolCalls),
            Event::End,
        ],
        Echo::default(),
    );
    let items: Vec<_> = events
        .iter()
        .filter(|(name, _)| name.contains("output_item"))
        .map(|(name, data)| (name.as_str(), data["output_index"].as_u64().unwrap()))
        .collect();
    let (added, done) = ("response.output_item.added", "response.output_item.done");
    assert_eq!(items, [(added, 0), (done, 0), (added, 1), (done, 1)]);
}

#[test]
fn refusals_and_limits_are_said() {
    let refusal = Event::Refusal { choice: 0, block: 0, text: "no".to_owned() };
    let events = written(&[start(), refusal, finish(FinishReason::Stop), Event::End], Echo::default());
    assert_eq!(
        names(&events)[3..7],
        ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]
    );
    let events =
        written(&[start(), text(0, "he"), finish(FinishReason::Length), Event::End], Echo::default());
    let (name, data) = events.last().unwrap();
    assert_eq!(name, "response.incomplete");
    assert_eq!(data["response"]["output"][0]["status"], "incomplete");
    assert_eq!(data["response"]["incomplete_details"], json!({"reason":"max_output_tokens"}));
}

#[test]
fn errors_come_as_both_events_and_end_the_stream() {
    let error = Event::Error { kind: "overloaded_error".to_owned(), message: "busy".to_owned() };
    let events = written(&[start(), text(0, "he"), error, text(0, "llo"), Event::End], Echo::default());
    let tail = &names(&events)[5..];
    assert_eq!(tail, ["error", "failed"]);
    assert_eq!(events[5].1["error"]["message"], "busy");
    assert_eq!(events[6].1["response"]["error"], json!({"code":"server_error","message":"busy"}));
    let mut writer = Writer::new(context());
    let mut out = Vec::new();
    writer.fail(&Refusal::new(ErrorCode::UpstreamError, "gone"), &mut out);
    assert!(writer.ended());
    assert_eq!(names(&parsed(&out)), ["created", "in_progress", "error", "failed"]);
}

#[test]
fn a_stream_without_end_has_none() {
    let events = written(&[text(0, "he"), finish(FinishReason::Stop)], Echo::default());
    assert!(!names(&events).contains(&"completed"));
    assert_eq!(events[0].1["response"]["id"], "resp_fallback");
}

//! Whole answers.

use super::{arguments, call, context, end, start, text, thinking};
use crate::codec::WireError;
use crate::openai_responses::Echo;
use crate::openai_responses::response::{read, write, write_with};
use bytes::Bytes;
use gw_model::{Event, FinishReason, ServiceTier, Usage};
use serde_json::{Value, json};

fn answer(members: &Value) -> Value {
    let mut answer = json!({"id":"resp_1","object":"response","created_at":7,"model":"m","status":"completed","output":[]});
    answer.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    answer
}

fn events(members: &Value) -> Vec<Event> {
    read(answer(members).to_string().as_bytes()).unwrap()
}

fn finish(reason: FinishReason) -> Event {
    Event::Finish { choice: 0, reason }
}

#[test]
fn items_become_blocks() {
    let found = events(&json!({
        "output":[
            {"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"SIG"},
            {"type":"reasoning","id":"rs2","summary":[],"content":[],"encrypted_content":"HIDDEN"},
            {"type":"message","role":"assistant","content":[
                {"type":"output_text","text":"hi","annotations":[]},{"type":"refusal","refusal":"no"}]},
            {"type":"web_search_call","id":"ws"},
            {"type":"function_call","id":"fc","call_id":"c1","name":"f","namespace":"n","arguments":"{\"a\":1}"},
            {"type":"custom_tool_call","id":"ct","call_id":"c2","name":"p","input":"x\ny"}],
        "service_tier":"flex",
        "usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},
            "output_tokens":5,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":15}
    }));
    let refusal = Event::Refusal { choice: 0, block: 3, text: "no".to_owned() };
    let usage = Usage {
        input_tokens: 10,
        output_tokens: 5,
        cached_tokens: 4,
        cache_write_tokens: 2,
        reasoning_tokens: 3,
        service_tier: Some(ServiceTier::Flex),
        ..Usage::default()
    };
    assert_eq!(
        found,
        [
            start(),
            thinking(0, "a"),
            thinking(0, "\n\nb"),
            Event::ThinkingSignature { choice: 0, block: 0, signature: "SIG".to_owned() },
            end(0),
            Event::RedactedThinking { choice: 0, block: 1, data: "HIDDEN".to_owned() },
            end(1),
            text(2, "hi"),
            refusal,
            end(2),
            end(3),
            Event::Opaque {
                choice: 0,
                block: 4,
                json: Bytes::from_static(br#"{"type":"web_search_call","id":"ws"}"#)
            },
            call(5, "c1", "f"),
            arguments(5, "{\"a\":1}"),
            end(5),
            call(6, "c2", "p"),
            arguments(6, "{\"input\":\"x\\ny"),
            arguments(6, "\"}"),
            end(6),
            Event::Usage(usage),
            finish(FinishReason::ToolCalls),
            Event::End,
        ]
    );
}

#[test]
fn endings_are_told_apart() {
    let last = |members: Value| {
        let events = events(&members);
        events.into_iter().rev().find(|event| *event != Event::End).unwrap()
    };
    assert_eq!(last(json!({})), finish(FinishReason::Stop));
    let incomplete = |reason: &str| json!({"status":"incomplete","incomplete_details":{"reason":reason}});
    assert_eq!(last(incomplete("max_output_tokens")), finish(FinishReason::Length));
    assert_eq!(last(incomplete("content_filter")), finish(FinishReason::ContentFilter));
    assert_eq!(last(incomplete("tired")), finish(FinishReason::Other("tired".to_owned())));
    let failed = json!({"status":"failed","error":{"code":"server_error","message":"oops"},"output":[]});
    let error = Event::Error { kind: "server_error".to_owned(), message: "oops".to_owned() };
    assert_eq!(events(&failed), [start(), error]);
    let waiting = answer(&json!({"status":"queued"})).to_string();
    assert!(matches!(read(waiting.as_bytes()), Err(WireError::Shape { .. })));
    assert!(matches!(read(br#"{"id":"x"}"#), Err(WireError::Shape { .. })));
    assert!(matches!(read(b"oops"), Err(WireError::Json { .. })));
}

#[test]
fn an_answer_is_written_whole() {
    let events = [
        start(),
        thinking(0, "hm"),
        Event::ThinkingSignature { choice: 0, block: 0, signature: "SIG".to_owned() },
        text(1, "hel"),
        text(1, "lo"),
        text(2, "!"),
        call(3, "", "f"),
        call(4, "c2", "patch"),
        arguments(4, "{\"input\":\"*** x\\n\"}"),
        call(5, "c3", "crm__find"),
        arguments(5, "{\"q\":1}"),
        Event::Usage(Usage { input_tokens: 3, output_tokens: 4, ..Usage::default() }),
        finish(FinishReason::ToolCalls),
        Event::End,
    ];
    let request = json!({
        "model":"m","temperature":0.5,"metadata":{"k":"v"},"store":null,
        "tools":[{"type":"custom","name":"patch"},{"type":"namespace","name":"crm","tools":[{"type":"function","name":"find"}]}]
    });
    let echo = Echo::read(format!("{request:#}").as_bytes());
    let body: Value = serde_json::from_slice(&write_with(&events, &context(), &echo)).unwrap();
    assert_eq!(body["status"], "completed");
    assert_eq!(
        (&body["temperature"], &body["metadata"], &body["tools"]),
        (&json!(0.5), &json!({"k":"v"}), &request["tools"])
    );
    assert_eq!(
        (&body["tool_choice"], &body["store"], &body["error"]),
        (&json!("auto"), &json!(false), &Value::Null)
    );
    assert_eq!(
        body["output"],
        json!([
            {"id":"rs_1_0","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"SIG"},
            {"id":"msg_1_1","type":"message","status":"completed","role":"assistant","content":[
                {"type":"output_text","text":"hello","annotations":[],"logprobs":[]},
                {"type":"output_text","text":"!","annotations":[],"logprobs":[]}]},
            {"id":"fc_1_2","type":"function_call","status":"completed","call_id":"call_1_2","name":"f","arguments":"{}"},
            {"id":"ctc_1_3","type":"custom_tool_call","status":"completed","call_id":"c2","name":"patch","input":"*** x\n"},
            {"id":"fc_1_4","type":"function_call","status":"completed","call_id":"c3","name":"find","namespace":"crm","arguments":"{\"q\":1}"}])
    );
    assert_eq!(body["usage"]["total_tokens"], 7);
}

#[test]
fn unfinished_and_failed_answers_say_so() {
    let body = |events: &[Event]| -> Value { serde_json::from_slice(&write(events, &context())).unwrap() };
    let cut = body(&[start(), text(0, "hel"), finish(FinishReason::Length), Event::End]);
    assert_eq!(
        (&cut["status"], &cut["incomplete_details"]["reason"]),
        (&json!("incomplete"), &json!("max_output_tokens"))
    );
    assert_eq!(cut["output"][0]["status"], "incomplete");
    let failed = body(&[Event::Error { kind: "overloaded_error".to_owned(), message: "busy".to_owned() }]);
    assert_eq!((&failed["status"], &failed["id"]), (&json!("failed"), &json!("resp_fallback")));
    assert_eq!(failed["error"], json!({"code":"server_error","message":"busy"}));
    // Blocks of other formats have no place, items of this one have.
    let foreign = Event::Opaque {
        choice: 0,
        block: 0,
        json: Bytes::from_static(br#"{"type":"compaction","content":"x"}"#),
    };
    let own = Event::Opaque {
        choice: 0,
        block: 1,
        json: Bytes::from_static(b"{\"type\":\"web_search_call\",\n\"id\":\"ws\"}"),
    };
    assert_eq!(body(&[foreign, own, Event::End])["output"], json!([{"type":"web_search_call","id":"ws"}]));
}

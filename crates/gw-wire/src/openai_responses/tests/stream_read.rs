//! Streams of upstreams.

use super::{arguments, call, end, start, text, thinking};
use crate::codec::WireError;
use crate::openai_responses::stream::Reader;
use gw_model::{Event, FinishReason};
use serde_json::{Value, json};

fn read(frames: &[Value]) -> Result<Vec<Event>, WireError> {
    let mut reader = Reader::new();
    let mut events = Vec::new();
    for frame in frames {
        reader.frame(frame.to_string().as_bytes(), &mut events)?;
    }
    reader.finish(&mut events)?;
    Ok(events)
}

fn created() -> Value {
    json!({"type":"response.created","response":{"id":"resp_1","model":"m","created_at":7,"output":[]}})
}

fn completed(output: &Value) -> Value {
    json!({"type":"response.completed","response":{"id":"resp_1","model":"m","output":output,"usage":null}})
}

fn finished(reason: FinishReason) -> [Event; 2] {
    [Event::Finish { choice: 0, reason }, Event::End]
}

fn delta(kind: &str, index: u64, delta: &str) -> Value {
    json!({"type":format!("response.{kind}.delta"),"item_id":format!("rotating-{delta}"),"output_index":index,"delta":delta})
}

fn added(index: u64, item: &Value) -> Value {
    json!({"type":"response.output_item.added","output_index":index,"item":item})
}

fn done(index: u64, item: &Value) -> Value {
    json!({"type":"response.output_item.done","output_index":index,"item":item})
}

#[test]
fn items_may_interleave_and_change_their_ids() {
    let fc = |name: &str, arguments: &str| json!({"type":"function_call","call_id":name,"name":name,"arguments":arguments});
    let events = read(&[
        created(),
        added(1, &fc("b", "")),
        added(0, &fc("a", "")),
        delta("function_call_arguments", 0, "{\"x\""),
        delta("function_call_arguments", 1, "{}"),
        delta("function_call_arguments", 0, ":1}"),
        json!({"type":"response.function_call_arguments.done","output_index":0,"arguments":"{\"x\":1}"}),
        done(0, &fc("a", "{\"x\":1}")),
        done(1, &fc("b", "{}")),
        completed(&json!([fc("a", "{\"x\":1}"), fc("b", "{}")])),
    ])
    .unwrap();
    let mut wanted = vec![start(), call(0, "b", "b"), call(1, "a", "a")];
    wanted.extend([arguments(1, "{\"x\""), arguments(0, "{}"), arguments(1, ":1}"), end(1), end(0)]);
    wanted.extend(finished(FinishReason::ToolCalls));
    assert_eq!(events, wanted);
}

#[test]
fn what_only_later_events_tell_is_not_lost() {
    let fc = json!({"type":"function_call","call_id":"a","name":"a","arguments":"{\"x\":1}"});
    let message = json!({"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]});
    // Arguments before the item, an item that only its end tells of, one that only the answer's end tells of.
    let events = read(&[
        created(),
        delta("function_call_arguments", 0, "{\"x\""),
        added(0, &json!({"type":"function_call","call_id":"a","name":"a","arguments":""})),
        delta("function_call_arguments", 0, ":1}"),
        done(0, &fc),
        done(1, &message),
        completed(&json!([fc, message, {"type":"message","content":[{"type":"refusal","refusal":"no"}]}])),
    ])
    .unwrap();
    let refusal = Event::Refusal { choice: 0, block: 2, text: "no".to_owned() };
    let mut wanted = vec![start(), call(0, "a", "a"), arguments(0, "{\"x\":1}"), end(0)];
    wanted.extend([text(1, "hi"), end(1), refusal, end(2)]);
    wanted.extend(finished(FinishReason::ToolCalls));
    assert_eq!(events, wanted);
}

#[test]
fn text_needs_no_announcement_and_no_ends() {
    let events = read(&[
        delta("output_text", 0, "a"),
        delta("output_text", 0, "b"),
        json!({"type":"response.output_text.done","output_index":0,"text":"ab"}),
        json!({"type":"response.web_search_call.searching","output_index":1}),
        json!({"type":"keepalive"}),
        completed(&json!([])),
    ])
    .unwrap();
    let nameless = Event::Start { id: String::new(), model: String::new(), created: None };
    let mut wanted = vec![nameless, text(0, "a"), text(0, "b"), end(0)];
    wanted.extend(finished(FinishReason::Stop));
    assert_eq!(events, wanted);
}

#[test]
fn reasoning_is_told_once() {
    let item = json!({"type":"reasoning","summary":[{"text":"s"},{"text":"t"}],"content":[{"text":"long"}],"encrypted_content":"SIG"});
    let summary = |index: u64, piece: &str| json!({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":index,"delta":piece});
    let events = read(&[
        created(),
        added(0, &json!({"type":"reasoning","summary":[],"encrypted_content":"EARLY"})),
        summary(0, "s"),
        summary(1, "t"),
        delta("reasoning_text", 0, "long"),
        done(0, &item),
        completed(&json!([item])),
    ])
    .unwrap();
    let signature = Event::ThinkingSignature { choice: 0, block: 0, signature: "SIG".to_owned() };
    let mut wanted = vec![start(), thinking(0, "s"), thinking(0, "\n\nt"), signature, end(0)];
    wanted.extend(finished(FinishReason::Stop));
    assert_eq!(events, wanted);
}

#[test]
fn custom_tools_stream_as_functions() {
    let item = |input: &str| json!({"type":"custom_tool_call","call_id":"c","name":"p","input":input});
    let events = read(&[
        created(),
        added(0, &item("")),
        delta("custom_tool_call_input", 0, "a\"b"),
        delta("custom_tool_call_input", 0, "\n"),
        done(0, &item("a\"b\n")),
        completed(&json!([])),
    ])
    .unwrap();
    let json: String = events
        .iter()
        .filter_map(|event| match event {
            Event::ToolArguments { json, .. } => Some(json.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(json, r#"{"input":"a\"b\n"}"#);
}

#[test]
fn errors_and_cuts_are_never_an_end() {
    let error =
        |kind: &str, message: &str| Event::Error { kind: kind.to_owned(), message: message.to_owned() };
    for (frame, wanted) in [
        (
            json!({"type":"error","code":"server_error","message":"oops","param":null}),
            error("server_error", "oops"),
        ),
        (json!({"type":"error","error":{"type":"t","code":"c","message":"oops"}}), error("c", "oops")),
        (json!({"error":{"message":"oops","type":"t"}}), error("t", "oops")),
        (
            json!({"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"}}}),
            error("rate_limit_exceeded", "slow"),
        ),
    ] {
        // What comes behind the end is not read.
        assert_eq!(read(&[created(), frame, json!({"nonsense":1})]).unwrap(), [start(), wanted]);
    }
    assert!(matches!(read(&[created()]), Err(WireError::Cut)));
    assert!(matches!(read(&[json!({"delta":"x"})]), Err(WireError::Shape { .. })));
    assert!(matches!(read(&[json!({"type":"response.completed"})]), Err(WireError::Shape { .. })));
    let mut reader = Reader::new();
    assert!(reader.frame(b"{\"type\":", &mut Vec::new()).is_err());
    assert!(reader.frame(b"[DONE]", &mut Vec::new()).is_ok());
    assert!(reader.finish(&mut Vec::new()).is_err());
}

#[test]
fn items_are_bounded() {
    let mut reader = Reader::new();
    let mut events = Vec::new();
    let overrun = (0..5000).find_map(|index| {
        reader.frame(delta("output_text", index, "x").to_string().as_bytes(), &mut events).err()
    });
    assert!(matches!(overrun, Some(WireError::TooLarge { .. })));
}

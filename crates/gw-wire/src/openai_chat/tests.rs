//! Requests, answers and streams of chat completions, to the intermediate form and back.

use super::{request, response, stream};
use crate::codec::{Options, WireError, WriteContext};
use crate::sse::Framer;
use bytes::Bytes;
use gw_model::chat::{MediaSource, PartKind, Reasoning, ResponseFormat, Role, Tool, ToolChoice};
use gw_model::{Event, FinishReason, Usage};
use serde_json::{Value, json};

fn read(value: &Value) -> gw_model::chat::ChatRequest {
    request::read(value.to_string().as_bytes()).unwrap()
}

fn rewrite(value: &Value) -> Value {
    let written = request::write(&read(value), &Options::default()).unwrap();
    serde_json::from_slice(&written.body).unwrap()
}

fn context() -> WriteContext {
    WriteContext {
        fallback_id: "fb".into(),
        fallback_model: "fm".into(),
        created: 7,
        include_usage: true,
        ..WriteContext::default()
    }
}

#[test]
fn a_request_comes_back_as_it_was() {
    let body = json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}
            ]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "42"},
            {"role": "assistant", "content": "It is 42."},
            {"role": "user", "name": "ann", "content": "Thanks"}
        ],
        "max_completion_tokens": 100,
        "temperature": 0.25,
        "stop": ["x", "y"],
        "seed": -3,
        "n": 2,
        "user": "u",
        "tools": [{"type": "function", "function": {"name": "f", "description": "d",
            "parameters": {"type": "object", "properties": {"b": {}, "a": {}}}, "strict": true}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": false,
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}},
        "reasoning_effort": "low",
        "stream": true,
        "stream_options": {"include_usage": true},
        "logit_bias": {"1": 2}
    });
    assert_eq!(rewrite(&body), body);
}

#[test]
fn reads_into_the_intermediate_form() {
    let request = read(&json!({
        "model": "m",
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
            {"role": "user", "content": "hi"},
            {"role": "assistant", "reasoning_content": "hm", "content": "x", "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}},
                {"id": "2", "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "one"},
            {"role": "tool", "tool_call_id": "2", "content": [{"type": "text", "text": "two"}]},
            {"role": "system", "content": "late"},
            {"role": "user", "content": [{"type": "image_url", "image_url": "https://x/y.png"}, {"type": "new_kind", "x": 1}]}
        ],
        "max_tokens": 5, "max_completion_tokens": 9, "tool_choice": "required",
        "tools": [{"type": "custom", "custom": {"name": "c"}}],
        "response_format": {"type": "json_object"}, "reasoning": {"max_tokens": 2000}, "stop": "one", "logprobs": true
    }));
    assert!(request.system[0].cache_control.is_some());
    assert_eq!(request.messages.len(), 5);
    let roles: Vec<Role> = request.messages.iter().map(|m| m.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User, Role::System, Role::User]);
    assert!(matches!(&request.messages[1].parts[0].kind, PartKind::Thinking { text, .. } if text == "hm"));
    assert_eq!(request.messages[2].parts.len(), 2);
    let last = &request.messages[4].parts;
    assert!(
        matches!(&last[0].kind, PartKind::Image { source: MediaSource::Url(u), .. } if u == "https://x/y.png")
    );
    assert!(matches!(&last[1].kind, PartKind::Opaque(_)));
    assert!(matches!(request.tools[0], Tool::Opaque(_)));
    assert_eq!(request.max_output_tokens, Some(9));
    assert_eq!(request.tool_choice, Some(ToolChoice::Required));
    assert!(matches!(request.response_format, Some(ResponseFormat::JsonObject)));
    assert_eq!(request.reasoning, Some(Reasoning::Budget(2000)));
    assert_eq!(request.stop, ["one"]);
    assert_eq!(request.extra.len(), 1);
}

#[test]
fn refuses_malformed_requests_with_the_place() {
    let user = json!({"role": "user", "content": "x"});
    let cases = [
        (json!({"model": "m"}), "messages"),
        (json!({"model": "m", "messages": {}}), "messages"),
        (json!({"model": "m", "messages": ["x"]}), "messages[0]"),
        (json!({"model": "m", "messages": [{"role": "bot", "content": "x"}]}), "messages[0]"),
        (json!({"model": "m", "messages": [{"role": "user"}]}), "messages[0]"),
        (json!({"model": "m", "messages": [{"role": "user", "content": 5}]}), "messages[0].content"),
        (
            json!({"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}),
            "messages[0].content[0]",
        ),
        (
            json!({"model": "m", "messages": [{"role": "assistant", "tool_calls": [{"id": "x"}]}]}),
            "messages[0].tool_calls[0]",
        ),
        (json!({"model": "m", "messages": [{"role": "tool", "content": "x"}]}), "messages[0]"),
        (json!({"model": "m", "messages": [user], "temperature": "hot"}), "temperature"),
        (json!({"model": "m", "messages": [user], "tools": [{"type": "function"}]}), "tools[0]"),
        (json!({"model": "m", "messages": [user], "tool_choice": "maybe"}), "tool_choice"),
        (json!({"model": "m", "messages": [user], "response_format": {"type": "xml"}}), "response_format"),
        (json!({"model": "m", "messages": [user], "n": 0}), "n"),
    ];
    for (body, param) in cases {
        let refusal = request::read(body.to_string().as_bytes()).expect_err(&body.to_string());
        assert_eq!(refusal.param.as_deref(), Some(param), "{}", refusal.message);
    }
    let twice = br#"{"model":"m","messages":[{"role":"user","role":"system","content":"x"}]}"#;
    assert!(request::read(twice).unwrap_err().message.contains("role"));
}

#[test]
fn options_set_model_bound_and_names() {
    let request = read(
        &json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": true, "max_tokens": 50}),
    );
    let options = Options {
        model: Some("up".into()),
        include_usage: true,
        clamp_max_output_tokens: Some(20),
        rename: vec![("max_completion_tokens".into(), "max_tokens".into())],
        ..Options::default()
    };
    let body: Value = serde_json::from_slice(&request::write(&request, &options).unwrap().body).unwrap();
    assert_eq!(
        body,
        json!({"model": "up", "messages": [{"role": "user", "content": "x"}], "max_tokens": 20, "stream": true,
            "stream_options": {"include_usage": true}})
    );
}

fn sample_events() -> Vec<Event> {
    vec![
        Event::Start { id: "msg_1".into(), model: "claude".into(), created: None },
        Event::Thinking { choice: 0, block: 0, text: "let me ".into() },
        Event::Thinking { choice: 0, block: 0, text: "think".into() },
        Event::ThinkingSignature { choice: 0, block: 0, signature: "sig".into() },
        Event::BlockEnd { choice: 0, block: 0 },
        Event::Text { choice: 0, block: 1, text: "Hello \"you\"\n".into() },
        Event::ToolStart { choice: 0, block: 2, id: "t1".into(), name: "f".into() },
        Event::ToolArguments { choice: 0, block: 2, json: "{\"a\"".into() },
        Event::ToolArguments { choice: 0, block: 2, json: ":1}".into() },
        Event::ToolStart { choice: 0, block: 3, id: "t2".into(), name: "g".into() },
        Event::BlockEnd { choice: 0, block: 3 },
        Event::Usage(Usage { input_tokens: 10, output_tokens: 5, cached_tokens: 4, ..Usage::default() }),
        Event::Finish { choice: 0, reason: FinishReason::ToolCalls },
        Event::End,
    ]
}

#[test]
fn writes_a_whole_answer() {
    let body: Value = serde_json::from_slice(&response::write(&sample_events(), &context())).unwrap();
    assert_eq!(
        body,
        json!({"id": "msg_1", "object": "chat.completion", "created": 7, "model": "claude",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello \"you\"\n", "refusal": null,
                "reasoning_content": "let me think",
                "reasoning_details": [{"type": "reasoning.text", "text": "let me think", "signature": "sig", "index": 0}],
                "tool_calls": [
                    {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
                    {"id": "t2", "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
                "logprobs": null, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
                "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0}}})
    );
}

fn write_stream(events: &[Event]) -> Vec<u8> {
    let mut writer = stream::Writer::new(context());
    let mut out = Vec::new();
    for event in events {
        writer.event(event, &mut out).unwrap();
    }
    out
}

fn read_stream(bytes: &[u8]) -> Result<Vec<Event>, WireError> {
    let mut framer = Framer::new(1 << 20);
    let (mut reader, mut events) = (stream::Reader::new(), Vec::new());
    framer.push(Bytes::copy_from_slice(bytes));
    while let Some(frame) = framer.next() {
        reader.frame(frame.unwrap().data(), &mut events)?;
    }
    reader.finish(&mut events)?;
    Ok(events)
}

/// An answer as one text: what a whole answer and a stream of the same events must agree in.
fn folded(events: &[Event]) -> Value {
    serde_json::from_slice(&response::write(events, &context())).unwrap()
}

#[test]
fn a_written_stream_reads_back_as_the_same_answer() {
    let events = sample_events();
    let bytes = write_stream(&events);
    assert!(bytes.ends_with(b"data: [DONE]\n\n"));
    assert_eq!(folded(&read_stream(&bytes).unwrap()), folded(&events));
    let whole = response::read(&response::write(&events, &context())).unwrap();
    assert_eq!(folded(&whole), folded(&events));
}

#[test]
fn a_stream_without_an_end_is_cut() {
    let events = sample_events();
    let unfinished = write_stream(&events[..8]);
    assert!(matches!(read_stream(&unfinished), Err(WireError::Cut)));
    let without_done = write_stream(&events[..events.len() - 1]);
    assert_eq!(read_stream(&without_done).unwrap().last(), Some(&Event::End));
}

#[test]
fn errors_inside_a_stream_end_it() {
    let bytes = write_stream(&[
        Event::Start { id: "i".into(), model: "m".into(), created: None },
        Event::Error { kind: "overloaded_error".into(), message: "Overloaded".into() },
        Event::Text { choice: 0, block: 0, text: "late".into() },
        Event::End,
    ]);
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(
        text.contains("\"code\":\"upstream_error\"") && !text.contains("late") && !text.contains("[DONE]")
    );
    let events = read_stream(&bytes).unwrap();
    let error = Event::Error { kind: "overloaded_error".into(), message: "Overloaded".into() };
    assert_eq!(events.last(), Some(&error));
}

#[test]
fn tool_calls_are_told_apart_however_they_are_numbered() {
    let chunk = |calls: Value| {
        format!("data: {}\n\n", json!({"id": "x", "choices": [{"index": 0, "delta": {"tool_calls": calls}}]}))
    };
    let call = |index: Option<u64>, id: &str| {
        let mut call = json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
        if let Some(index) = index {
            call["index"] = json!(index);
        }
        call
    };
    let count = |text: String| {
        let done = format!("{text}data: [DONE]\n\n");
        let events = read_stream(done.as_bytes()).unwrap();
        events.iter().filter(|e| matches!(e, Event::ToolStart { .. })).count()
    };
    assert_eq!(count(chunk(json!([call(Some(0), "a"), call(Some(1), "b")]))), 2);
    assert_eq!(count(chunk(json!([call(Some(0), "a")])) + &chunk(json!([call(Some(0), "b")]))), 2);
    assert_eq!(count(chunk(json!([call(None, "a"), call(None, "b")]))), 2);
    assert_eq!(count(chunk(json!([call(Some(0), "a")])) + &chunk(json!([call(Some(0), "")]))), 1);
    assert_eq!(count(chunk(json!([call(Some(0), "a")])) + &chunk(json!([call(Some(0), "a")]))), 1);
}

#[test]
fn several_choices_stay_apart() {
    let events = read_stream(
        b"data: {\"id\":\"x\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"B\"}},{\"index\":0,\"delta\":{\"content\":\"A\"}}]}\n\n\
          data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
          data: {\"id\":\"x\",\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n",
    )
    .unwrap();
    let body = folded(&events);
    assert_eq!(body["choices"][0]["message"]["content"], "A");
    assert_eq!(body["choices"][1]["message"]["content"], "B");
    assert_eq!(body["choices"][1]["finish_reason"], "length");
}

#[test]
fn results_of_tools_go_first_and_media_follow() {
    use gw_model::chat::{ChatRequest, Message, Part};
    let result = PartKind::ToolResult {
        id: "t".into(),
        parts: vec![
            Part::text("bad"),
            Part::new(PartKind::Image { source: MediaSource::Url("https://i".into()), detail: None }),
        ],
        is_error: true,
    };
    let request = ChatRequest {
        model: "m".into(),
        messages: vec![Message {
            role: Role::User,
            parts: vec![Part::text("look"), Part::new(result)],
            name: None,
        }],
        ..ChatRequest::default()
    };
    let body: Value =
        serde_json::from_slice(&request::write(&request, &Options::default()).unwrap().body).unwrap();
    assert_eq!(
        body["messages"],
        json!([{"role": "tool", "tool_call_id": "t", "content": "Error: bad"},
            {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "https://i"}}]}])
    );
}

/// What the chunks' deltas of calls become, each delta the value of `tool_calls[0]`.
fn calls_of(deltas: &[&str]) -> Vec<Event> {
    let mut reader = stream::Reader::new();
    let mut events = Vec::new();
    for delta in deltas {
        let chunk = format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{{"tool_calls":[{delta}]}}}}]}}"#);
        reader.frame(chunk.as_bytes(), &mut events).unwrap();
    }
    reader
        .frame(br#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#, &mut events)
        .unwrap();
    events.retain(|event| matches!(event, Event::ToolStart { .. } | Event::ToolArguments { .. }));
    events
}

fn call_start(block: u32, id: &str, name: &str) -> Event {
    Event::ToolStart { choice: 0, block, id: id.into(), name: name.into() }
}

fn call_arguments(block: u32, json: &str) -> Event {
    Event::ToolArguments { choice: 0, block, json: json.into() }
}

#[test]
fn a_call_may_come_in_pieces() {
    let expected = [call_start(0, "a", "f"), call_arguments(0, "{}")];
    for pieces in [
        // The id after the name, the name after the id, and the id again and empty.
        &[
            r#"{"index":0,"function":{"name":"f","arguments":""}}"#,
            r#"{"index":0,"id":"a","function":{"arguments":"{}"}}"#,
        ][..],
        &[
            r#"{"index":0,"id":"a","function":{"name":"","arguments":""}}"#,
            r#"{"index":0,"function":{"name":"f","arguments":"{}"}}"#,
        ],
        &[
            r#"{"index":0,"id":"a","function":{"name":"f"}}"#,
            r#"{"index":0,"id":"","function":{"name":"","arguments":"{}"}}"#,
        ],
    ] {
        assert_eq!(calls_of(pieces), expected, "{pieces:?}");
    }
}

#[test]
fn a_call_without_id_starts_with_its_arguments_or_at_the_end() {
    let calls = calls_of(&[
        r#"{"index":0,"function":{"name":"f","arguments":""}}"#,
        r#"{"index":1,"function":{"name":"g","arguments":"{"}}"#,
        r#"{"index":1,"id":"late","function":{"arguments":"}"}}"#,
        r#"{"index":2,"function":{"name":"h"}}"#,
    ]);
    let expected = [
        call_start(0, "", "f"),
        call_start(1, "", "g"),
        call_arguments(1, "{"),
        call_arguments(1, "}"),
        call_start(2, "", "h"),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn usage_may_stand_among_an_upstreams_own_members() {
    let mut events = Vec::new();
    let chunk = br#"{"id":"c","choices":[],"x_groq":{"id":"r","usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}}"#;
    stream::Reader::new().frame(chunk, &mut events).unwrap();
    assert!(events.contains(&Event::Usage(Usage { input_tokens: 7, output_tokens: 3, ..Usage::default() })));
}

//! Requests written from the intermediate form.

use super::{json, options};
use crate::codec::Options;
use crate::cohere_chat::request::write;
use gw_model::ErrorCode;
use gw_model::chat::{
    ChatRequest, Json, MediaSource, Message, Part, PartKind, Reasoning, ResponseFormat, Role, Tool,
    ToolChoice,
};
use serde_json::{Value, json, value::RawValue};
use std::sync::Arc;

fn raw(text: &str) -> Json {
    Arc::from(RawValue::from_string(text.to_owned()).unwrap())
}

fn asking(parts: Vec<Part>) -> ChatRequest {
    let messages = vec![Message { role: Role::User, parts, name: None }];
    ChatRequest { model: "command-a-03-2025".to_owned(), messages, ..ChatRequest::default() }
}

fn hello() -> ChatRequest {
    asking(vec![Part::text("hi")])
}

fn function(name: &str, schema: &str, strict: Option<bool>) -> Tool {
    Tool::Function {
        name: name.to_owned(),
        description: None,
        parameters: Some(raw(schema)),
        strict,
        cache_control: None,
    }
}

fn written(request: &ChatRequest) -> (Value, Vec<String>) {
    let written = write(request, &options()).unwrap();
    (json(&written.body), written.dropped)
}

#[test]
fn sampling_keeps_within_the_bounds() {
    let mut request = hello();
    request.max_output_tokens = Some(50);
    request.temperature = serde_json::Number::from_f64(0.5);
    request.top_p = serde_json::Number::from_f64(1.0);
    request.top_k = Some(900);
    request.seed = Some(-4);
    request.stop = vec!["x".to_owned()];
    request.stream = true;
    request.user = Some("u".to_owned());
    request.service_tier = Some("flex".to_owned());
    request.parallel_tool_calls = Some(false);
    request.extra = vec![
        ("frequency_penalty".to_owned(), raw("1.5")),
        ("presence_penalty".to_owned(), raw("-1")),
        ("safety_mode".to_owned(), raw("\"OFF\"")),
    ];
    let options =
        Options { model: Some("m".to_owned()), clamp_max_output_tokens: Some(20), ..Options::default() };
    let done = write(&request, &options).unwrap();
    assert_eq!(
        json(&done.body),
        json!({"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":20,"temperature":0.5,
               "p":0.99,"k":500,"stop_sequences":["x"],"frequency_penalty":1,"safety_mode":"OFF","stream":true})
    );
    let dropped = ["top_p", "top_k", "seed", "user", "service_tier", "frequency_penalty", "presence_penalty"];
    assert_eq!(done.dropped, dropped);
    request.stop = vec![String::from("x"); 6];
    assert_eq!(write(&request, &options).unwrap_err().param.as_deref(), Some("stop"));
}

#[test]
fn one_choice_only() {
    let request = ChatRequest { choices: Some(2), ..hello() };
    let refusal = write(&request, &options()).unwrap_err();
    assert_eq!((refusal.code, refusal.param.as_deref()), (ErrorCode::UnsupportedParameter, Some("n")));
}

#[test]
fn results_come_before_the_rest_of_their_turn() {
    let call =
        |id: &str| PartKind::ToolCall { id: id.to_owned(), name: "f".to_owned(), arguments: String::new() };
    let image = PartKind::Image {
        source: MediaSource::Base64 { media_type: "image/png".to_owned(), data: "QUJD".to_owned() },
        detail: Some("high".to_owned()),
    };
    let mut request = asking(vec![Part::text("go")]);
    request.system = vec![Part::text("A"), Part::text("B")];
    request.messages.push(Message {
        role: Role::Assistant,
        parts: vec![
            Part::new(PartKind::Thinking { text: "plan".to_owned(), signature: None }),
            Part::new(call("1")),
            Part::new(call("2")),
        ],
        name: None,
    });
    request.messages.push(Message {
        role: Role::User,
        parts: vec![
            Part::text("and then?"),
            Part::new(PartKind::ToolResult {
                id: "1".to_owned(),
                parts: vec![Part::text("no"), Part::new(image)],
                is_error: true,
            }),
            Part::new(PartKind::ToolResult { id: "2".to_owned(), parts: Vec::new(), is_error: false }),
        ],
        name: None,
    });
    let (body, dropped) = written(&request);
    let text = |text: &str| json!({"type":"text","text":text});
    let call = |id: &str| json!({"id":id,"type":"function","function":{"name":"f","arguments":"{}"}});
    assert_eq!(
        body["messages"],
        json!([
            {"role":"system","content":[text("A"), text("B")]},
            {"role":"user","content":"go"},
            {"role":"assistant","tool_plan":"plan","tool_calls":[call("1"), call("2")]},
            {"role":"tool","tool_call_id":"1","content":"Error: no"},
            {"role":"tool","tool_call_id":"2","content":""},
            {"role":"user","content":[text("and then?"),
                {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD","detail":"high"}}]}
        ])
    );
    assert_eq!(dropped, Vec::<String>::new());
}

#[test]
fn thinking_goes_back_where_it_can() {
    let turn = |parts| Message { role: Role::Assistant, parts, name: Some("bot".to_owned()) };
    let thinking = |signature: Option<&str>| {
        Part::new(PartKind::Thinking { text: "hm".to_owned(), signature: signature.map(str::to_owned) })
    };
    let mut request = hello();
    request.messages.push(turn(vec![thinking(None), Part::text("A")]));
    request.messages.push(turn(vec![thinking(Some("s"))]));
    request.messages.push(Message { role: Role::User, parts: vec![Part::text("go on")], name: None });
    let (body, dropped) = written(&request);
    assert_eq!(body["messages"][1], json!({"role":"assistant","content":"A"}));
    assert_eq!(body["messages"].as_array().unwrap().len(), 3);
    assert_eq!(dropped, ["messages.name", "reasoning_content"]);
    request.model = "command-a-reasoning-08-2025".to_owned();
    let (body, _) = written(&request);
    assert_eq!(
        body["messages"][1]["content"],
        json!([{"type":"thinking","thinking":"hm"},{"type":"text","text":"A"}])
    );
}

#[test]
fn wishes_to_reason_go_to_models_that_do() {
    let with = |model: &str, reasoning| {
        let (body, dropped) =
            written(&ChatRequest { model: model.to_owned(), reasoning: Some(reasoning), ..hello() });
        (body["thinking"].clone(), dropped)
    };
    let effort = |name: &str| Reasoning::Effort(name.to_owned());
    let thinker = "cohere/command-a-reasoning-08-2025";
    assert_eq!(with(thinker, Reasoning::Off).0, json!({"type":"disabled"}));
    assert_eq!(with(thinker, effort("none")).0, json!({"type":"disabled"}));
    assert_eq!(with(thinker, effort("low")).0, json!({"type":"enabled","token_budget":2048}));
    assert_eq!(with(thinker, effort("high")).0, json!({"type":"enabled"}));
    assert_eq!(with(thinker, Reasoning::Budget(77)).0, json!({"type":"enabled","token_budget":77}));
    assert_eq!(with("command-r-plus", Reasoning::Off), (Value::Null, Vec::new()));
    assert_eq!(
        with("command-r7b-12-2024", effort("low")),
        (Value::Null, vec!["reasoning_effort".to_owned()])
    );
}

#[test]
fn one_tool_is_forced_by_leaving_out_the_others() {
    let mut request = hello();
    request.tools = vec![
        function("f", r#"{"type":"object","required":["x"]}"#, Some(true)),
        function("g", r#"{"type":"object","required":["x"]}"#, Some(true)),
    ];
    request.tool_choice = Some(ToolChoice::Tool("g".to_owned()));
    let (body, dropped) = written(&request);
    assert_eq!(body["tools"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&body["tools"][0]["function"]["name"], &body["tool_choice"]),
        (&json!("g"), &json!("REQUIRED"))
    );
    assert_eq!((&body["strict_tools"], dropped.len()), (&json!(true), 0));
    request.tool_choice = Some(ToolChoice::Tool("h".to_owned()));
    assert_eq!(write(&request, &options()).unwrap_err().param.as_deref(), Some("tool_choice"));
    request.tool_choice = Some(ToolChoice::Auto);
    request.tools.push(function("h", r#"{"type":"object"}"#, Some(true)));
    let (body, dropped) = written(&request);
    assert_eq!((body.get("tool_choice"), body.get("strict_tools")), (None, None));
    assert_eq!(dropped, ["tools.function.strict"]);
    request.tools.push(Tool::Opaque(raw("{}")));
    assert_eq!(write(&request, &options()).unwrap_err().code, ErrorCode::UnsupportedParameter);
}

#[test]
fn formats_are_written() {
    let with = |format| {
        written(&ChatRequest { response_format: Some(format), ..hello() }).0["response_format"].clone()
    };
    assert_eq!(with(ResponseFormat::Text), json!({"type":"text"}));
    assert_eq!(with(ResponseFormat::JsonObject), json!({"type":"json_object"}));
    let schema = ResponseFormat::JsonSchema {
        name: "n".to_owned(),
        schema: raw(r#"{"type":"object"}"#),
        strict: Some(true),
        description: None,
    };
    assert_eq!(with(schema), json!({"type":"json_object","json_schema":{"type":"object"}}));
}

#[test]
fn documents_are_text_or_refused() {
    let document = |media_type: &str| {
        asking(vec![
            Part::text("Read"),
            Part::new(PartKind::Document {
                source: MediaSource::Base64 {
                    media_type: media_type.to_owned(),
                    data: "aGVsbG8=".to_owned(),
                },
                title: Some("a.txt".to_owned()),
            }),
        ])
    };
    let (body, _) = written(&document("text/plain; charset=utf-8"));
    assert_eq!(body["messages"][0]["content"][1], json!({"type":"text","text":"a.txt\n\nhello"}));
    let audio = asking(vec![Part::new(PartKind::Audio { data: String::new(), format: "wav".to_owned() })]);
    let stored = asking(vec![Part::new(PartKind::Image {
        source: MediaSource::File("file-1".to_owned()),
        detail: None,
    })]);
    for request in [document("application/pdf"), audio, stored] {
        let refusal = write(&request, &options()).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.param.as_deref()),
            (ErrorCode::UnsupportedParameter, Some("messages"))
        );
    }
}

#[test]
fn members_are_renamed_and_marks_named() {
    let mut request = hello();
    request.messages[0].parts[0].cache_control = Some(raw(r#"{"type":"ephemeral"}"#));
    request.max_output_tokens = Some(5);
    let rename = vec![("max_tokens".to_owned(), "limit".to_owned())];
    let done = write(&request, &Options { rename, ..Options::default() }).unwrap();
    assert_eq!(json(&done.body)["limit"], json!(5));
    assert_eq!(done.dropped, ["cache_control"]);
}

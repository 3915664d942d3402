//! Bedrock's Converse format over a socket: whole, as a binary event stream, tools, signatures and the
//! refusals of the real service.

use crate::client::{Answer, Message, post, send};
use gw_emulator::{Emulator, EmulatorConfig, Running};
use serde_json::{Value, json};

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

async fn ask(emulator: &Running, action: &str, body: &Value) -> Answer {
    send(emulator.address(), post(&format!("/model/vendor.model-v1%3A0/{action}"), body)).await
}

fn user(content: &Value) -> Value {
    json!({"role": "user", "content": content})
}

fn hello(text: &str) -> Value {
    json!({"messages": [user(&json!([{"text": text}]))]})
}

fn tools() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    json!({"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": schema}}}]})
}

fn kinds(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.header(":event-type")).collect()
}

#[tokio::test]
async fn text_whole_and_streamed() {
    let emulator = start().await;
    let whole = ask(&emulator, "converse", &hello("hello there")).await;
    assert!(whole.headers.contains_key("x-amzn-requestid"));
    let whole = whole.json();
    assert_eq!(whole["output"]["message"]["content"], json!([{"text": "You said: hello there"}]));
    assert_eq!(whole["stopReason"], "end_turn");
    let usage = json!({"inputTokens": 8, "outputTokens": 7, "totalTokens": 15, "serverToolUsage": {}});
    assert_eq!(whole["usage"], usage);
    let streamed = ask(&emulator, "converse-stream", &hello("hello there")).await;
    assert_eq!(streamed.headers["content-type"], "application/vnd.amazon.eventstream");
    let (messages, rest) = streamed.messages();
    assert_eq!((rest, messages.len()), (0, 11));
    assert_eq!(kinds(&messages)[..2], ["messageStart", "contentBlockDelta"]);
    assert_eq!(kinds(&messages)[8..], ["contentBlockStop", "messageStop", "metadata"]);
    assert!(messages.iter().all(|message| message.header(":message-type") == "event"));
    let text: String =
        messages.iter().filter_map(|m| m.json()["delta"]["text"].as_str().map(str::to_owned)).collect();
    assert_eq!((text.as_str(), &messages[10].json()["usage"]), ("You said: hello there", &usage));
    let stats = emulator.emulator().stats();
    assert_eq!(stats.by_model["vendor.model-v1:0"].output_tokens, 14);
    assert_eq!((stats.billed_input_tokens, stats.billed_output_tokens), (16, 14));
    let count = ask(&emulator, "count-tokens", &json!({"input": {"converse": hello("hello there")}})).await;
    assert_eq!(count.json(), json!({"inputTokens": 8}));
}

#[tokio::test]
async fn tools_make_a_round_trip() {
    let emulator = start().await;
    let mut body = hello("weather");
    body["toolConfig"] = tools();
    let first = ask(&emulator, "converse", &body).await.json();
    assert_eq!(first["stopReason"], "tool_use");
    let turn = first["output"]["message"].clone();
    let call = &turn["content"][0]["toolUse"];
    assert_eq!(call["input"], json!({"city": "sample city"}));
    let (messages, _) = ask(&emulator, "converse-stream", &body).await.messages();
    assert_eq!(kinds(&messages)[1], "contentBlockStart");
    let input: String = messages
        .iter()
        .filter_map(|m| m.json()["delta"]["toolUse"]["input"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(input, "{\"city\":\"sample city\"}");
    let result = json!({"toolResult": {"toolUseId": call["toolUseId"], "content": [{"text": "sunny"}]}});
    let dialogue = [hello("weather")["messages"][0].clone(), turn.clone(), user(&json!([result]))];
    body["messages"] = json!(dialogue);
    let second = ask(&emulator, "converse", &body).await.json();
    assert_eq!(second["output"]["message"]["content"][0]["text"], "The tool returned: sunny");
    body["messages"] = json!([dialogue[0], turn, dialogue[0]]);
    let unanswered = ask(&emulator, "converse", &body).await;
    assert!(unanswered.text().contains("Expected toolResult blocks"), "{}", unanswered.text());
}

#[tokio::test]
async fn thinking_and_forms() {
    let emulator = start().await;
    let mut body = hello("x");
    body["additionalModelRequestFields"] = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
    let whole = ask(&emulator, "converse", &body).await.json();
    let reasoning = &whole["output"]["message"]["content"][0]["reasoningContent"]["reasoningText"];
    assert!(reasoning["text"].is_string() && reasoning["signature"].is_string());
    let (messages, _) = ask(&emulator, "converse-stream", &body).await.messages();
    assert!(messages.iter().any(|m| m.json()["delta"]["reasoningContent"]["signature"].is_string()));
    let schema = tools()["tools"][0]["toolSpec"]["inputSchema"]["json"].to_string();
    let mut body = hello("x");
    body["outputConfig"] =
        json!({"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}});
    let form = ask(&emulator, "converse", &body).await.json();
    assert_eq!(form["output"]["message"]["content"][0]["text"], "{\"city\":\"sample city\"}");
}

#[tokio::test]
async fn wrong_requests_get_the_providers_errors() {
    let emulator = start().await;
    let assistant = json!({"role": "assistant", "content": [{"text": "x"}]});
    let result = json!([{"toolResult": {"toolUseId": "t", "content": []}}]);
    for body in [
        json!({}),
        json!({"messages": [assistant]}),
        json!({"messages": [user(&json!([{"text": "x"}])), user(&json!([{"text": "x"}]))]}),
        hello(" "),
        json!({"messages": [user(&result)]}),
        json!({"messages": [user(&json!([{"type": "text", "text": "x"}]))]}),
        json!({"messages": [user(&json!([{"image": {"format": "bmp"}}]))]}),
        json!({"messages": hello("x")["messages"], "inferenceConfig": {"temperature": 2}}),
        json!({"messages": hello("x")["messages"], "toolConfig": {"tools": []}}),
    ] {
        let answer = ask(&emulator, "converse", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.headers["x-amzn-errortype"].as_bytes().starts_with(b"ValidationException:"));
        assert!(answer.json()["message"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn signatures_and_bearer_tokens_pass() {
    let mut config = EmulatorConfig::default();
    config.required_key = Some("secret".to_owned());
    let emulator = Emulator::new(config).spawn_on_free_port().await.expect("started");
    let scope = "AKIDEXAMPLE/20260101/us-east-1/bedrock/aws4_request";
    let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=abc");
    let incomplete = format!("AWS4-HMAC-SHA256 Credential={scope}");
    for (value, status) in
        [(signed.as_str(), 200), ("Bearer secret", 200), ("Bearer x", 403), (&incomplete, 403)]
    {
        let mut request = post("/model/m/converse", &hello("x"));
        request.headers_mut().insert("authorization", value.parse().expect("header"));
        assert_eq!(send(emulator.address(), request).await.status, status, "{value}");
    }
}

//! Anthropic's format over a socket: whole, streamed, tools, thinking, images, counting, refusals.

use crate::client::{Answer, get, post, send};
use gw_emulator::{Emulator, Running};
use serde_json::{Value, json};

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

async fn ask(emulator: &Running, changes: &Value) -> Answer {
    let mut body =
        json!({"model": "claude", "max_tokens": 2048, "messages": [{"role": "user", "content": "hello"}]});
    for (name, value) in changes.as_object().expect("object") {
        body[name] = value.clone();
    }
    send(emulator.address(), post("/v1/messages", &body)).await
}

#[tokio::test]
async fn messages_answer_whole() {
    let emulator = start().await;
    let answer = ask(&emulator, &json!({"system": "be brief"})).await;
    let body = answer.json();
    assert_eq!(body["content"], json!([{"type": "text", "text": "You said: hello"}]));
    assert_eq!((&body["stop_reason"], &body["usage"]["output_tokens"]), (&json!("end_turn"), &json!(5)));
    assert!(answer.headers.contains_key("request-id"));
    let short = ask(&emulator, &json!({"max_tokens": 2})).await.json();
    assert_eq!(short["stop_reason"], "max_tokens");
    let stopped = ask(&emulator, &json!({"stop_sequences": ["hel"]})).await.json();
    assert_eq!(
        (&stopped["stop_reason"], &stopped["stop_sequence"]),
        (&json!("stop_sequence"), &json!("hel"))
    );
}

#[tokio::test]
async fn messages_stream_text_and_thinking() {
    let emulator = start().await;
    let thinking = json!({"stream": true, "thinking": {"type": "enabled", "budget_tokens": 1024}});
    let answer = ask(&emulator, &thinking).await;
    let events = answer.events();
    let joined = |kind: &str, member: &str| -> String {
        let deltas = events.iter().filter(|e| e["delta"]["type"] == kind);
        deltas.filter_map(|e| e["delta"][member].as_str()).collect()
    };
    assert_eq!(joined("text_delta", "text"), "You said: hello");
    assert!(
        !joined("thinking_delta", "thinking").is_empty()
            && !joined("signature_delta", "signature").is_empty()
    );
    assert_eq!((&events[0]["type"], &events[2]["type"]), (&json!("message_start"), &json!("ping")));
    let end = &events[events.len() - 2];
    assert_eq!(end["delta"]["stop_reason"], "end_turn");
    let billed = emulator.emulator().stats().billed_output_tokens;
    assert_eq!(end["usage"]["output_tokens"].as_u64(), Some(billed));
}

#[tokio::test]
async fn tools_make_a_round_trip() {
    let emulator = start().await;
    let tools = json!([{"name": "weather", "input_schema":
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]);
    let body = ask(&emulator, &json!({"tools": tools})).await.json();
    let call = body["content"][0].clone();
    assert_eq!((&call["type"], &call["input"]), (&json!("tool_use"), &json!({"city": "sample city"})));
    assert_eq!(body["stop_reason"], "tool_use");
    let events = ask(&emulator, &json!({"tools": tools, "stream": true})).await.events();
    let input: String = events.iter().filter_map(|e| e["delta"]["partial_json"].as_str()).collect();
    assert_eq!(input, "{\"city\":\"sample city\"}");
    let messages = json!([
        {"role": "user", "content": "weather?"}, {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": [{"type": "text", "text": "21 C"}]}]}
    ]);
    let body = ask(&emulator, &json!({"tools": tools, "messages": messages})).await.json();
    assert_eq!(body["content"][0]["text"], "The tool returned: 21 C");
}

#[tokio::test]
async fn images_tokens_and_models() {
    let emulator = start().await;
    let image =
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    let messages = json!([{"role": "user", "content": [image, {"type": "text", "text": "what?"}]}]);
    let body = ask(&emulator, &json!({"messages": messages})).await.json();
    assert_eq!(body["content"][0]["text"], "I see 1 image (image/png). You said: what?");
    let count = json!({"model": "m", "messages": messages});
    let counted = send(emulator.address(), post("/v1/messages/count_tokens", &count)).await.json();
    assert_eq!(counted["input_tokens"], body["usage"]["input_tokens"]);
    let mut models = get("/v1/models");
    models.headers_mut().insert("anthropic-version", "2023-06-01".parse().expect("header"));
    assert_eq!(send(emulator.address(), models).await.json()["has_more"], false);
}

#[tokio::test]
async fn refusals_have_the_providers_shape() {
    let emulator = start().await;
    let body = ask(&emulator, &json!({"max_tokens": null})).await;
    assert_eq!(body.status, 400);
    let error = body.json();
    assert_eq!((&error["type"], &error["error"]["type"]), (&json!("error"), &json!("invalid_request_error")));
    let mut bare = post("/v1/messages", &json!({}));
    bare.headers_mut().remove("anthropic-version");
    let answer = send(emulator.address(), bare).await;
    assert!(answer.status == 400 && answer.text().contains("anthropic-version"), "{}", answer.text());
    let limited = ask(&emulator, &json!({"model": "fault-429+retry-after-7"})).await;
    assert_eq!(
        (limited.status.as_u16(), &limited.headers["retry-after"]),
        (429, &"7".parse().expect("header"))
    );
    assert_eq!(limited.json()["error"]["type"], "rate_limit_error");
}

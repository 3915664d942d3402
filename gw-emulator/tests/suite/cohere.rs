//! Cohere's format over a socket: chat whole and streamed, tools, embeddings, ranking and the refusals of
//! the real service.

use crate::client::{Answer, post, send};
use gw_emulator::{Emulator, Running};
use serde_json::{Value, json};

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

async fn ask(emulator: &Running, path: &str, body: &Value) -> Answer {
    send(emulator.address(), post(path, body)).await
}

fn hello(text: &str, stream: bool) -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": text}], "stream": stream})
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}

fn with_tools(text: &str, stream: bool) -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let mut body = hello(text, stream);
    body["tools"] = json!([{"type": "function", "function": {"name": "get_weather", "parameters": schema}}]);
    body
}

#[tokio::test]
async fn text_whole_and_streamed() {
    let emulator = start().await;
    let whole = ask(&emulator, "/v2/chat", &hello("hello there", false)).await.json();
    assert_eq!(whole["message"]["content"], json!([{"type": "text", "text": "You said: hello there"}]));
    assert_eq!(whole["finish_reason"], "COMPLETE");
    let usage = json!({"billed_units": {"input_tokens": 8, "output_tokens": 7},
        "tokens": {"input_tokens": 8, "output_tokens": 7}, "cached_tokens": 0});
    assert_eq!(whole["usage"], usage);
    let streamed = ask(&emulator, "/v2/chat", &hello("hello there", true)).await;
    assert_eq!(streamed.data().last(), Some(&"[DONE]"));
    let events = streamed.events();
    assert_eq!(kinds(&events)[..3], ["message-start", "content-start", "content-delta"]);
    assert_eq!(kinds(&events)[9..], ["content-end", "message-end"]);
    let text: String =
        events.iter().filter_map(|e| e["delta"]["message"]["content"]["text"].as_str()).collect();
    assert_eq!((text.as_str(), &events[10]["delta"]["usage"]), ("You said: hello there", &usage));
    let stats = emulator.emulator().stats();
    assert_eq!(
        (stats.billed_input_tokens, stats.billed_output_tokens, stats.by_model["m"].requests),
        (16, 14, 2)
    );
}

#[tokio::test]
async fn tools_make_a_round_trip() {
    let emulator = start().await;
    let first = ask(&emulator, "/v2/chat", &with_tools("parallel", false)).await.json();
    assert_eq!(first["finish_reason"], "TOOL_CALL");
    let calls = first["message"]["tool_calls"].as_array().cloned().expect("calls");
    assert_eq!((calls.len(), &calls[0]["function"]["arguments"]), (2, &json!("{\"city\":\"sample city\"}")));
    let mut body = with_tools("parallel", false);
    let messages = body["messages"].as_array_mut().expect("messages");
    messages.push(first["message"].clone());
    let result = |call: &Value| {
        json!({"role": "tool", "tool_call_id": call["id"], "content":
        [{"type": "document", "document": {"data": "sunny"}}]})
    };
    messages.push(result(&calls[0]));
    assert_eq!(ask(&emulator, "/v2/chat", &body).await.status, 400, "one result is missing");
    body["messages"].as_array_mut().expect("messages").push(result(&calls[1]));
    let second = ask(&emulator, "/v2/chat", &body).await.json();
    assert_eq!(second["message"]["content"][0]["text"], "The tool returned: sunny; sunny");
    let mut planned = with_tools("weather", true);
    planned["model"] = json!("fault-preface");
    let events = ask(&emulator, "/v2/chat", &planned).await.events();
    let kinds = kinds(&events);
    for kind in ["tool-plan-delta", "tool-call-start", "tool-call-delta", "tool-call-end"] {
        assert!(kinds.contains(&kind), "{kind}");
    }
}

#[tokio::test]
async fn embeddings_and_ranking() {
    let emulator = start().await;
    let kinds = ["float", "base64", "int8", "uint8", "binary", "ubinary"];
    let body = json!({"model": "e", "texts": ["one", "two"], "input_type": "search_query",
        "embedding_types": kinds, "output_dimension": 16});
    let answer = ask(&emulator, "/v2/embed", &body).await.json();
    for kind in kinds {
        assert_eq!(answer["embeddings"][kind].as_array().map(Vec::len), Some(2), "{kind}");
    }
    assert_eq!(answer["embeddings"]["int8"][0].as_array().map(Vec::len), Some(16));
    assert_eq!(answer["embeddings"]["ubinary"][0].as_array().map(Vec::len), Some(2));
    assert_eq!(answer["meta"]["billed_units"]["input_tokens"], 2);
    assert_eq!(ask(&emulator, "/v2/embed", &json!({"model": "e", "texts": ["x"]})).await.status, 400);
    let documents = ["nothing here", "Paris is the capital of France", "the capital"];
    let body = json!({"model": "r", "query": "capital of France", "documents": documents, "top_n": 2});
    for path in ["/v2/rerank", "/v1/rerank"] {
        let answer = ask(&emulator, path, &body).await.json();
        let order: Vec<&Value> =
            answer["results"].as_array().expect("results").iter().map(|result| &result["index"]).collect();
        assert_eq!(order, [&json!(1), &json!(2)]);
        assert_eq!(answer["meta"]["billed_units"]["search_units"], 1);
    }
    let stats = emulator.emulator().stats();
    assert_eq!((stats.billed_input_tokens, stats.by_model["r"].requests), (2, 2));
}

#[tokio::test]
async fn wrong_requests_get_the_providers_errors() {
    let emulator = start().await;
    let user = json!([{"role": "user", "content": "x"}]);
    for body in [
        json!({"messages": user}),
        json!({"model": "m"}),
        json!({"model": "m", "messages": [{"role": "user"}]}),
        json!({"model": "m", "messages": [{"role": "odd", "content": "x"}]}),
        json!({"model": "m", "messages": [{"role": "tool", "tool_call_id": "t", "content": "x"}]}),
        json!({"model": "m", "messages": user, "tool_choice": "REQUIRED"}),
        json!({"model": "m", "messages": user, "temperature": 2}),
        json!({"model": "m", "messages": user, "response_format": {"type": "json_schema"}}),
    ] {
        let answer = ask(&emulator, "/v2/chat", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["message"].is_string() && answer.json()["id"].is_string(), "{body}");
    }
}

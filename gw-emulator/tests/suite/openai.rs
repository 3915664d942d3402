//! OpenAI's formats over a socket: whole, streamed, tools, embeddings, completions, Azure paths and the
//! refusals of the real service.

use crate::client::{Answer, chat, get, post, send, send_h2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gw_emulator::{Emulator, EmulatorConfig, Running};
use serde_json::{Value, json};

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

async fn ask(emulator: &Running, path: &str, body: &Value) -> Answer {
    send(emulator.address(), post(path, body)).await
}

fn merged(body: &Value, changes: &Value) -> Value {
    let mut body = body.clone();
    for (name, value) in changes.as_object().expect("object") {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn chat_answers_whole_with_and_without_version() {
    let emulator = start().await;
    for path in ["/v1/chat/completions", "/chat/completions", "/openai/v1/chat/completions"] {
        let answer = ask(&emulator, path, &chat("any-model", "hello there")).await;
        let body = answer.json();
        assert_eq!(answer.status, 200);
        assert_eq!(body["choices"][0]["message"]["content"], "You said: hello there");
        assert_eq!(body["choices"][0]["finish_reason"], "stop");
        assert_eq!((&body["object"], &body["model"]), (&json!("chat.completion"), &json!("any-model")));
        let usage = &body["usage"];
        assert_eq!(usage["completion_tokens"], 7);
        assert_eq!(usage["total_tokens"].as_u64(), Some(usage["prompt_tokens"].as_u64().unwrap_or(0) + 7));
        assert!(answer.headers.contains_key("x-request-id") && answer.headers.contains_key("content-length"));
    }
    let stats = emulator.emulator().stats();
    assert_eq!((stats.requests, stats.billed_output_tokens, stats.client_disconnects), (3, 21, 0));
    assert_eq!(stats.by_model["any-model"].requests, 3);
    assert_eq!(stats.by_model["any-model"].output_tokens, 21);
    assert_eq!(stats.billed_input_tokens, stats.by_model["any-model"].input_tokens);
}

#[tokio::test]
async fn streams_carry_usage_only_when_asked() {
    let emulator = start().await;
    let body = merged(&chat("m", "hello there"), &json!({"stream": true}));
    let plain = ask(&emulator, "/v1/chat/completions", &body).await;
    assert!(plain.headers["content-type"].as_bytes().starts_with(b"text/event-stream"));
    assert_eq!(plain.data().last(), Some(&"[DONE]"));
    let events = plain.events();
    let text: String = events.iter().filter_map(|e| e["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, "You said: hello there");
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(events.last().expect("events")["choices"][0]["finish_reason"], "stop");
    assert!(
        events.iter().all(|event| event.get("usage").is_none()
            && event["choices"].as_array().is_some_and(|c| !c.is_empty()))
    );

    let body = merged(&body, &json!({"stream_options": {"include_usage": true}}));
    let asked = ask(&emulator, "/v1/chat/completions", &body).await.events();
    let (last, others) = asked.split_last().expect("events");
    assert_eq!((&last["choices"], &last["usage"]["completion_tokens"]), (&json!([]), &json!(7)));
    assert!(
        others.iter().all(|event| event.as_object().is_some_and(|e| e.get("usage") == Some(&Value::Null)))
    );
    assert_eq!(emulator.emulator().stats().billed_output_tokens, 14);
}

#[tokio::test]
async fn bounds_stops_choices_and_logprobs_are_honoured() {
    let emulator = start().await;
    let ask = |changes: Value| {
        let body = merged(&chat("m", "hello there"), &changes);
        let emulator = &emulator;
        async move { self::ask(emulator, "/v1/chat/completions", &body).await.json() }
    };
    let short = ask(json!({"max_tokens": 2})).await;
    assert_eq!(short["choices"][0]["finish_reason"], "length");
    assert_eq!(
        (&short["choices"][0]["message"]["content"], &short["usage"]["completion_tokens"]),
        (&json!("You said"), &json!(2))
    );
    let stopped = ask(json!({"stop": "there"})).await;
    assert_eq!(stopped["choices"][0]["message"]["content"], "You said: hello ");
    let several = ask(json!({"n": 3, "logprobs": true})).await;
    assert_eq!(several["choices"].as_array().map(Vec::len), Some(3));
    assert_eq!(several["choices"][2]["message"]["content"], "You said: hello there (choice 2)");
    assert_eq!(several["choices"][0]["logprobs"]["content"].as_array().map(Vec::len), Some(7));
    let streamed = merged(&chat("m", "hi"), &json!({"n": 2, "stream": true}));
    let events = self::ask(&emulator, "/v1/chat/completions", &streamed).await.events();
    let ends: Vec<_> = events.iter().filter(|e| e["choices"][0]["finish_reason"] == "stop").collect();
    assert_eq!(ends.len(), 2);
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let form =
        json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}});
    assert_eq!(ask(form).await["choices"][0]["message"]["content"], "{\"city\":\"sample city\"}");
}

#[tokio::test]
async fn tools_make_a_round_trip() {
    let emulator = start().await;
    let tool = |name: &str| {
        json!({"type": "function", "function": {"name": name, "parameters":
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}})
    };
    let first =
        merged(&chat("m", "weather and time please"), &json!({"tools": [tool("time"), tool("weather")]}));
    let body = ask(&emulator, "/v1/chat/completions", &first).await.json();
    let message = &body["choices"][0]["message"];
    assert_eq!(
        (&message["content"], &body["choices"][0]["finish_reason"]),
        (&Value::Null, &json!("tool_calls"))
    );
    let names: Vec<_> =
        message["tool_calls"].as_array().expect("calls").iter().map(|c| &c["function"]["name"]).collect();
    assert_eq!(names, ["weather", "time"]);

    let streamed = merged(&first, &json!({"stream": true}));
    let events = ask(&emulator, "/v1/chat/completions", &streamed).await.events();
    let mut arguments = [String::new(), String::new()];
    for call in events.iter().filter_map(|event| event["choices"][0]["delta"]["tool_calls"].get(0)) {
        let index = usize::try_from(call["index"].as_u64().expect("index")).expect("small");
        arguments[index].push_str(call["function"]["arguments"].as_str().expect("arguments"));
    }
    assert_eq!(arguments, ["{\"city\":\"sample city\"}", "{\"city\":\"sample city\"}"]);
    assert_eq!(events.last().expect("events")["choices"][0]["finish_reason"], "tool_calls");

    let mut messages = first["messages"].as_array().expect("messages").clone();
    messages.push(message.clone());
    for (call, result) in message["tool_calls"].as_array().expect("calls").iter().zip(["21 C", "noon"]) {
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": result}));
    }
    let second = merged(&first, &json!({"messages": messages}));
    let body = ask(&emulator, "/v1/chat/completions", &second).await.json();
    assert_eq!(body["choices"][0]["message"]["content"], "The tool returned: 21 C; noon");

    messages.pop();
    let answer =
        ask(&emulator, "/v1/chat/completions", &merged(&first, &json!({"messages": messages}))).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn wrong_requests_get_the_providers_errors() {
    let emulator = start().await;
    for (changes, param, code) in [
        (json!({"model": null}), "model", "missing_required_parameter"),
        (json!({"messages": null}), "messages", "missing_required_parameter"),
        (json!({"messages": "x"}), "messages", "invalid_type"),
        (json!({"messages": []}), "messages", "empty_array"),
        (json!({"messages": [{"role": "x", "content": "y"}]}), "messages[0].role", "invalid_value"),
        (json!({"temperature": 3}), "temperature", "decimal_above_max_value"),
        (json!({"max_tokens": 0}), "max_tokens", "integer_below_min_value"),
        (json!({"max_tokens": "x"}), "max_tokens", "invalid_type"),
        (json!({"stream_options": {"include_usage": true}}), "stream_options", "invalid_value"),
        (json!({"tool_choice": "auto"}), "tool_choice", "invalid_value"),
    ] {
        let answer = ask(&emulator, "/v1/chat/completions", &merged(&chat("m", "x"), &changes)).await;
        let error = answer.json()["error"].clone();
        assert_eq!(answer.status, 400, "{changes}");
        assert_eq!((&error["param"], &error["code"]), (&json!(param), &json!(code)), "{changes}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    let unknown = ask(&emulator, "/v1/nothing", &json!({})).await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.json()["error"].is_object());
    assert_eq!(send(emulator.address(), get("/v1/chat/completions")).await.status, 405);
}

#[tokio::test]
async fn a_required_key_is_required() {
    let mut config = EmulatorConfig::default();
    config.required_key = Some("secret".to_owned());
    let emulator = Emulator::new(config).spawn_on_free_port().await.expect("started");
    let refused = ask(&emulator, "/v1/chat/completions", &chat("m", "x")).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["code"]), (401, &json!("invalid_api_key")));
    for (name, value) in [("authorization", "Bearer secret"), ("x-api-key", "secret"), ("api-key", "secret")]
    {
        let mut request = post("/v1/chat/completions", &chat("m", "x"));
        request.headers_mut().insert(name, value.parse().expect("header"));
        assert_eq!(send(emulator.address(), request).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn embeddings_come_as_floats_and_base64() {
    let emulator = start().await;
    let body = json!({"model": "embed", "input": ["one", "two"], "dimensions": 8});
    let floats = ask(&emulator, "/v1/embeddings", &body).await.json();
    let vector: Vec<f32> = serde_json::from_value(floats["data"][1]["embedding"].clone()).expect("floats");
    assert_eq!((vector.len(), &floats["usage"]["prompt_tokens"]), (8, &json!(2)));
    assert!((vector.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-4);
    let encoded =
        ask(&emulator, "/v1/embeddings", &merged(&body, &json!({"encoding_format": "base64"}))).await.json();
    let bytes = STANDARD.decode(encoded["data"][1]["embedding"].as_str().expect("text")).expect("base64");
    let decoded: Vec<f32> = bytes.chunks(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    assert!(decoded.iter().zip(&vector).all(|(a, b)| (a - b).abs() < 1e-6));
    let tokens = ask(&emulator, "/v1/embeddings", &json!({"model": "e", "input": [[1, 2, 3]]})).await.json();
    assert_eq!(
        (&tokens["usage"]["total_tokens"], tokens["data"][0]["embedding"].as_array().map(Vec::len)),
        (&json!(3), Some(1536))
    );
    assert_eq!(ask(&emulator, "/v1/embeddings", &json!({"model": "e", "input": ""})).await.status, 400);
}

#[tokio::test]
async fn legacy_completions_answer_and_stream() {
    let emulator = start().await;
    let body = json!({"model": "instruct", "prompt": ["one", "two"], "echo": true, "logprobs": 1});
    let whole = ask(&emulator, "/v1/completions", &body).await.json();
    assert_eq!(whole["choices"][1]["text"], "twoYou said: two");
    let body = json!({"model": "instruct", "prompt": "hi", "stream": true, "stream_options": {"include_usage": true}});
    let answer = ask(&emulator, "/v1/completions", &body).await;
    let events = answer.events();
    let text: String = events.iter().filter_map(|e| e["choices"][0]["text"].as_str()).collect();
    assert_eq!((text.as_str(), answer.data().last()), ("You said: hi", Some(&"[DONE]")));
    assert_eq!(events.last().expect("events")["usage"]["completion_tokens"], 4);
}

#[tokio::test]
async fn images_are_seen() {
    let emulator = start().await;
    let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let content = json!([{"type": "text", "text": "what?"}, image("data:image/png;base64,AAAA"), image("https://x.example/a.jpg")]);
    let body = json!({"model": "m", "messages": [{"role": "user", "content": content}]});
    let answer = ask(&emulator, "/v1/chat/completions", &body).await.json();
    let text = &answer["choices"][0]["message"]["content"];
    assert_eq!(text, "I see 2 images (image/png, image/jpeg). You said: what?");
    let body =
        json!({"model": "m", "messages": [{"role": "user", "content": [image("data:image/png;base64,?")]}]});
    assert_eq!(ask(&emulator, "/v1/chat/completions", &body).await.status, 400);
}

#[tokio::test]
async fn azure_paths_take_the_deployment_for_the_model() {
    let emulator = start().await;
    let path = "/openai/deployments/gpt-east/chat/completions";
    let mut body = chat("m", "hello");
    body.as_object_mut().expect("object").remove("model");
    assert_eq!(ask(&emulator, path, &body).await.status, 404, "api-version is required");
    let path = format!("{path}?api-version=2024-10-21");
    let answer = ask(&emulator, &path, &body).await.json();
    assert_eq!(answer["model"], "gpt-east");
    let events = ask(&emulator, &path, &merged(&body, &json!({"stream": true}))).await.events();
    assert_eq!(events[0]["choices"], json!([]));
    assert!(events[0]["prompt_filter_results"].is_array());
}

#[tokio::test]
async fn http2_and_models_and_root_work() {
    let emulator = start().await;
    let body = merged(&chat("m", "hello"), &json!({"stream": true}));
    let answer = send_h2(emulator.address(), post("/v1/chat/completions", &body)).await;
    assert_eq!((answer.status.as_u16(), answer.data().last()), (200, Some(&"[DONE]")));
    let list = send(emulator.address(), get("/v1/models")).await.json();
    assert_eq!(list["object"], "list");
    let one = send(emulator.address(), get("/models/some/name")).await.json();
    assert_eq!(one["id"], "some/name");
    let mut head = get("/");
    *head.method_mut() = http::Method::HEAD;
    assert_eq!(send(emulator.address(), head).await.status, 200);
}

#[tokio::test]
async fn the_same_answer_comes_without_a_socket() {
    let emulator = Emulator::default();
    let request = http::Request::post("/v1/chat/completions")
        .body(bytes::Bytes::from(chat("m", "hello").to_string()))
        .expect("request");
    let response = emulator.handle(request).await;
    assert_eq!(response.status(), 200);
    let body = http_body_util::BodyExt::collect(response.into_body()).await.expect("body").to_bytes();
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["choices"][0]["message"]["content"], "You said: hello");
}

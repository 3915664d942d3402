//! OpenAI's Responses format over a socket: whole, streamed, tools, structured output and the refusals of
//! the real service.

use crate::client::{Answer, get, post, send};
use gw_emulator::{Emulator, Running};
use serde_json::{Value, json};

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

async fn ask(emulator: &Running, body: &Value) -> Answer {
    send(emulator.address(), post("/v1/responses", body)).await
}

fn weather() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    json!([{"type": "function", "name": "get_weather", "parameters": schema}])
}

/// The kinds of a stream's events, checked to be numbered from 0 on and named as they say.
fn kinds(answer: &Answer) -> Vec<String> {
    let events = answer.events();
    let numbers = events.iter().map(|event| event["sequence_number"].as_u64());
    assert!(numbers.eq((0..events.len() as u64).map(Some)));
    let named: Vec<&str> = answer.text().lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    let kinds: Vec<String> =
        events.iter().map(|event| event["type"].as_str().unwrap_or("").to_owned()).collect();
    assert_eq!(named, kinds);
    kinds
}

#[tokio::test]
async fn text_whole_and_streamed() {
    let emulator = start().await;
    let mut body = json!({"model": "m", "input": "hello there", "metadata": {"a": "b"}, "temperature": 0.5});
    let whole = ask(&emulator, &body).await.json();
    assert_eq!((&whole["object"], &whole["status"]), (&json!("response"), &json!("completed")));
    assert_eq!(whole["output"][0]["content"][0]["text"], "You said: hello there");
    assert_eq!((&whole["metadata"]["a"], &whole["temperature"]), (&json!("b"), &json!(0.5)));
    assert_eq!((&whole["usage"]["output_tokens"], &whole["store"]), (&json!(7), &json!(true)));
    body["stream"] = json!(true);
    let streamed = ask(&emulator, &body).await;
    let (kinds, events) = (kinds(&streamed), streamed.events());
    assert_eq!(kinds[..4], ["created", "in_progress", "output_item.added", "content_part.added"].map(full));
    assert_eq!(kinds.iter().filter(|kind| **kind == full("output_text.delta")).count(), 7);
    let tail = ["output_text.done", "content_part.done", "output_item.done", "completed"].map(full);
    assert_eq!(kinds[kinds.len() - 4..], tail);
    let last = &events[events.len() - 1]["response"];
    assert_eq!(
        (&last["output"][0]["content"], &last["usage"]),
        (&whole["output"][0]["content"], &whole["usage"])
    );
    let stats = emulator.emulator().stats();
    assert_eq!((stats.billed_output_tokens, stats.by_model["m"].output_tokens), (14, 14));
    assert_eq!(Some(stats.billed_input_tokens / 2), whole["usage"]["input_tokens"].as_u64());
}

fn full(kind: &str) -> String {
    format!("response.{kind}")
}

#[tokio::test]
async fn tools_make_a_round_trip() {
    let emulator = start().await;
    let mut body =
        json!({"model": "m", "input": [{"role": "user", "content": "weather"}], "tools": weather()});
    let first = ask(&emulator, &body).await.json();
    let call = first["output"][0].clone();
    assert_eq!(
        (&call["type"], &call["arguments"]),
        (&json!("function_call"), &json!("{\"city\":\"sample city\"}"))
    );
    let result = json!({"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"});
    body["input"] = json!([{"role": "user", "content": "weather"}, call, result]);
    let answer = ask(&emulator, &body).await.json();
    assert_eq!(answer["output"][0]["content"][0]["text"], "The tool returned: sunny");
    body["input"] = json!([result]);
    let alone = ask(&emulator, &body).await;
    assert_eq!((alone.status.as_u16(), &alone.json()["error"]["param"]), (400, &json!("input")));
    body["previous_response_id"] = json!("resp_gone");
    let gone = ask(&emulator, &body).await;
    assert_eq!(
        (gone.status.as_u16(), &gone.json()["error"]["code"]),
        (400, &json!("previous_response_not_found"))
    );
    body["previous_response_id"] = first["id"].clone();
    let remembered = ask(&emulator, &body).await.json();
    assert_eq!(remembered["output"][0]["content"][0]["text"], "The tool returned: sunny");
    assert_eq!(remembered["previous_response_id"], first["id"]);
    let (alone, chained) = (&first["usage"]["total_tokens"], &remembered["usage"]["input_tokens"]);
    assert!(chained.as_u64() > alone.as_u64(), "{chained} tokens hold {alone}");
    let parallel = json!({"model": "m", "input": "parallel", "tools": weather(), "stream": true});
    let streamed = ask(&emulator, &parallel).await;
    let kinds = kinds(&streamed);
    assert_eq!(kinds.iter().filter(|kind| **kind == full("function_call_arguments.done")).count(), 2);
    let output = streamed.events().pop().expect("events")["response"]["output"].clone();
    assert_eq!((output.as_array().map(Vec::len), &output[1]["name"]), (Some(2), &json!("get_weather")));
}

#[tokio::test]
async fn forms_bounds_and_reasoning() {
    let emulator = start().await;
    let schema = &weather()[0]["parameters"];
    let format = json!({"type": "json_schema", "name": "x", "schema": schema});
    let body = json!({"model": "m", "input": "x", "text": {"format": format}});
    let answer = ask(&emulator, &body).await.json();
    assert_eq!(answer["output"][0]["content"][0]["text"], "{\"city\":\"sample city\"}");
    let body =
        json!({"model": "fault-output-tokens-99", "input": "x", "max_output_tokens": 16, "stream": true});
    let events = ask(&emulator, &body).await.events();
    let last = &events[events.len() - 1];
    assert_eq!(
        (&last["type"], &last["response"]["status"]),
        (&json!("response.incomplete"), &json!("incomplete"))
    );
    assert_eq!(last["response"]["incomplete_details"]["reason"], "max_output_tokens");
    assert_eq!(last["response"]["usage"]["output_tokens"], 16);
    let body = json!({"model": "m", "input": "x", "stream": true, "reasoning": {"summary": "auto"},
        "include": ["reasoning.encrypted_content"]});
    let streamed = ask(&emulator, &body).await;
    let kinds = kinds(&streamed);
    for kind in ["part.added", "text.delta", "text.done", "part.done"] {
        assert!(kinds.contains(&format!("response.reasoning_summary_{kind}")), "{kind}");
    }
    let response = streamed.events().pop().expect("events")["response"].clone();
    assert!(response["output"][0]["encrypted_content"].is_string());
    assert!(response["usage"]["output_tokens_details"]["reasoning_tokens"].as_u64() > Some(0));
    let finish = ask(&emulator, &json!({"model": "fault-finish-content_filter", "input": "x"})).await.json();
    assert_eq!(finish["incomplete_details"]["reason"], "content_filter");
}

#[tokio::test]
async fn wrong_requests_get_the_providers_errors() {
    let emulator = start().await;
    let user = json!([{"role": "user", "content": "x"}]);
    let call = json!([{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]);
    for (body, param) in [
        (json!({"input": "x"}), "model"),
        (json!({"model": "m"}), "input"),
        (json!({"model": "m", "input": "x", "max_output_tokens": 15}), "max_output_tokens"),
        (json!({"model": "m", "input": [{"role": "tool", "content": "x"}]}), "input[0].role"),
        (json!({"model": "m", "input": [{"type": "odd"}]}), "input[0].type"),
        (
            json!({"model": "m", "input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}),
            "input[0].content[0]",
        ),
        (json!({"model": "m", "input": call}), "input"),
        (
            json!({"model": "m", "input": user, "tools": [{"type": "function", "function": {"name": "f"}}]}),
            "tools[0].name",
        ),
        (
            json!({"model": "m", "input": user, "text": {"format": {"type": "json_schema"}}}),
            "text.format.name",
        ),
        (
            json!({"model": "m", "input": user, "tool_choice": {"type": "function", "name": "f"}}),
            "tool_choice",
        ),
    ] {
        let answer = ask(&emulator, &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["error"]["param"], param, "{body}");
    }
    let count = post("/v1/responses/input_tokens", &json!({"model": "m", "input": "hello"}));
    assert_eq!(
        send(emulator.address(), count).await.json(),
        json!({"object": "response.input_tokens", "input_tokens": 6})
    );
}

#[tokio::test]
async fn responses_are_kept_gone_on_from_and_deleted() {
    let emulator = start().await;
    let at = |path: String| get(&path);
    let first = ask(&emulator, &json!({"model": "m", "input": "one"})).await.json();
    let id = first["id"].as_str().expect("an id").to_owned();
    let second =
        ask(&emulator, &json!({"model": "m", "input": "two", "previous_response_id": id})).await.json();
    let next = second["id"].as_str().expect("an id").to_owned();
    let read = send(emulator.address(), at(format!("/v1/responses/{id}"))).await;
    assert_eq!(read.json(), first);
    let items = send(emulator.address(), at(format!("/v1/responses/{next}/input_items?order=asc&limit=2")))
        .await
        .json();
    let texts: Vec<&Value> =
        items["data"].as_array().expect("a list").iter().map(|item| &item["content"][0]["text"]).collect();
    assert_eq!((texts, &items["has_more"]), (vec![&json!("one"), &json!("You said: one")], &json!(true)));
    let cancelled = send(emulator.address(), post(&format!("/v1/responses/{id}/cancel"), &json!({}))).await;
    assert_eq!(cancelled.status.as_u16(), 400);
    let mut delete = at(format!("/v1/responses/{id}"));
    *delete.method_mut() = http::Method::DELETE;
    assert_eq!(send(emulator.address(), delete).await.json()["deleted"], true);
    assert_eq!(send(emulator.address(), at(format!("/v1/responses/{id}"))).await.status.as_u16(), 404);
    let unstored = ask(&emulator, &json!({"model": "m", "input": "x", "store": false})).await.json();
    let id = unstored["id"].as_str().expect("an id");
    assert_eq!(send(emulator.address(), at(format!("/v1/responses/{id}"))).await.status.as_u16(), 404);
}

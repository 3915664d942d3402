//! Gemini's format over a socket: whole, streamed as events and as an array, tools, counts, embeddings,
//! models, credentials and the refusals of the real service.

use crate::client::{Answer, get, post, send};
use gw_emulator::{Emulator, EmulatorConfig, Running};
use serde_json::{Value, json};

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

async fn ask(emulator: &Running, path: &str, body: &Value) -> Answer {
    send(emulator.address(), post(path, body)).await
}

const GENERATE: &str = "/v1beta/models/m:generateContent";
const STREAM: &str = "/v1beta/models/m:streamGenerateContent?alt=sse";

fn hello(text: &str) -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": text}]}]})
}

fn with_tools(text: &str) -> Value {
    let schema = json!({"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]});
    let mut body = hello(text);
    body["tools"] = json!([{"functionDeclarations": [{"name": "get_weather", "parameters": schema}]}]);
    body
}

#[tokio::test]
async fn text_whole_and_streamed_both_ways() {
    let emulator = start().await;
    let vertex = "/v1/projects/p/locations/l/publishers/google/models/m:generateContent";
    for path in [GENERATE, "/v1/models/m:generateContent", vertex] {
        let whole = ask(&emulator, path, &hello("hello there")).await.json();
        let candidate = &whole["candidates"][0];
        assert_eq!(candidate["content"]["parts"][0]["text"], "You said: hello there");
        assert_eq!((&candidate["finishReason"], &whole["modelVersion"]), (&json!("STOP"), &json!("m")));
        let usage = &whole["usageMetadata"];
        assert_eq!((&usage["candidatesTokenCount"], &usage["totalTokenCount"]), (&json!(7), &json!(15)));
    }
    let sse = ask(&emulator, STREAM, &hello("hello there")).await;
    assert!(sse.headers["content-type"].as_bytes().starts_with(b"text/event-stream"));
    let array = ask(&emulator, "/v1beta/models/m:streamGenerateContent", &hello("hello there")).await;
    assert!(array.headers["content-type"].as_bytes().starts_with(b"application/json"));
    let array = array.json().as_array().cloned().expect("an array");
    for chunks in [sse.events(), array] {
        let text: String = chunks
            .iter()
            .filter_map(|c| c["candidates"][0]["content"]["parts"][0]["text"].as_str())
            .collect();
        assert_eq!((text.as_str(), chunks.len()), ("You said: hello there", 8));
        assert_eq!(chunks[2]["usageMetadata"]["candidatesTokenCount"], 3);
        assert!(chunks[..7].iter().all(|chunk| chunk["candidates"][0].get("finishReason").is_none()));
        assert_eq!(chunks[7]["candidates"][0]["finishReason"], "STOP");
        assert_eq!(chunks[7]["usageMetadata"]["totalTokenCount"], 15);
    }
    let stats = emulator.emulator().stats();
    assert_eq!(
        (stats.billed_output_tokens, stats.billed_input_tokens, stats.by_model["m"].requests),
        (35, 40, 5)
    );
}

#[tokio::test]
async fn tools_make_a_round_trip() {
    let emulator = start().await;
    let first = ask(&emulator, GENERATE, &with_tools("weather")).await.json();
    let turn = first["candidates"][0]["content"].clone();
    let call = &turn["parts"][0]["functionCall"];
    assert_eq!((&call["name"], &call["args"]), (&json!("get_weather"), &json!({"city": "sample city"})));
    let mut body = with_tools("weather");
    let response = json!({"functionResponse": {"name": "get_weather", "id": call["id"], "response": {"result": "sunny"}}});
    let contents = body["contents"].as_array_mut().expect("contents");
    contents.extend([turn.clone(), json!({"role": "user", "parts": [response]})]);
    let second = ask(&emulator, GENERATE, &body).await.json();
    assert_eq!(second["candidates"][0]["content"]["parts"][0]["text"], "The tool returned: sunny");
    // Google's SDKs send back each chunk of a streamed turn by itself, the last of them without a word.
    let last = json!({"role": "model", "parts": [{"text": ""}]});
    body["contents"].as_array_mut().expect("contents").insert(2, last);
    let in_pieces = ask(&emulator, GENERATE, &body).await.json();
    assert_eq!(in_pieces["candidates"][0]["content"]["parts"][0]["text"], "The tool returned: sunny");
    body["contents"].as_array_mut().expect("contents").pop();
    body["contents"].as_array_mut().expect("contents").push(hello("again")["contents"][0].clone());
    let unanswered = ask(&emulator, GENERATE, &body).await;
    assert_eq!(
        (unanswered.status.as_u16(), &unanswered.json()["error"]["status"]),
        (400, &json!("INVALID_ARGUMENT"))
    );
    let streamed = ask(&emulator, STREAM, &with_tools("parallel")).await.events();
    let calls =
        streamed.iter().filter(|c| c["candidates"][0]["content"]["parts"][0]["functionCall"].is_object());
    assert_eq!(calls.count(), 2);
    let mut snake = hello("weather");
    snake["tools"] =
        json!([{"function_declarations": [{"name": "f", "parameters_json_schema": {"type": "object"}}]}]);
    snake["tool_config"] = json!({"function_calling_config": {"mode": "NONE"}});
    let none = ask(&emulator, GENERATE, &snake).await.json();
    assert_eq!(none["candidates"][0]["content"]["parts"][0]["text"], "You said: weather");
}

#[tokio::test]
async fn configuration_is_honoured_and_checked() {
    let emulator = start().await;
    let ask = |config: Value| {
        let mut body = hello("hello there");
        body["generationConfig"] = config;
        let emulator = &emulator;
        async move { self::ask(emulator, GENERATE, &body).await }
    };
    let short = ask(json!({"max_output_tokens": 2, "candidateCount": 2})).await.json();
    assert_eq!(short["candidates"][1]["finishReason"], "MAX_TOKENS");
    let schema = json!({"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}, "required": ["n"]});
    let form = ask(json!({"responseMimeType": "application/json", "responseSchema": schema})).await.json();
    assert_eq!(form["candidates"][0]["content"]["parts"][0]["text"], "{\"n\":1}");
    let thinking = ask(json!({"thinkingConfig": {"includeThoughts": true}})).await.json();
    assert_eq!(thinking["candidates"][0]["content"]["parts"][0]["thought"], true);
    let usage = &thinking["usageMetadata"];
    assert_eq!(usage["candidatesTokenCount"], 7);
    assert!(usage["thoughtsTokenCount"].as_u64() > Some(7));
    let unknown = ask(json!({"maxTokens": 2})).await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.text().contains("Unknown name \\\"maxTokens\\\""), "{}", unknown.text());
    assert_eq!(ask(json!({"temperature": 3})).await.status, 400);
    assert_eq!(ask(json!({"responseSchema": schema})).await.status, 400);
    assert_eq!(self::ask(&emulator, GENERATE, &json!({})).await.status, 400);
}

#[tokio::test]
async fn counts_embeddings_and_models() {
    let emulator = start().await;
    let count = ask(&emulator, "/v1beta/models/m:countTokens", &hello("hello")).await.json();
    let inside = json!({"generateContentRequest": hello("hello")});
    let within = ask(&emulator, "/v1beta/models/m:countTokens", &inside).await.json();
    assert_eq!((&count["totalTokens"], &within["totalTokens"]), (&json!(6), &json!(6)));
    let content = json!({"parts": [{"text": "hello"}]});
    let one = json!({"content": content, "outputDimensionality": 8});
    let one = ask(&emulator, "/v1beta/models/m:embedContent", &one).await.json();
    assert_eq!(one["embedding"]["values"].as_array().map(Vec::len), Some(8));
    let request = |model: &str| json!({"model": model, "content": content, "outputDimensionality": 8});
    let batch = json!({"requests": [request("models/m"), request("models/m")]});
    let batch = ask(&emulator, "/v1beta/models/m:batchEmbedContents", &batch).await.json();
    assert_eq!(batch["embeddings"][1], one["embedding"]);
    let other = json!({"requests": [request("models/other")]});
    assert_eq!(ask(&emulator, "/v1beta/models/m:batchEmbedContents", &other).await.status, 400);
    let list = send(emulator.address(), get("/v1beta/models")).await.json();
    assert_eq!(list["models"][0]["name"], "models/chat");
    assert_eq!(send(emulator.address(), get("/v1beta/models/x")).await.json()["name"], "models/x");
}

#[tokio::test]
async fn credentials_stand_in_a_header_or_the_query() {
    let mut config = EmulatorConfig::default();
    config.required_key = Some("secret".to_owned());
    let emulator = Emulator::new(config).spawn_on_free_port().await.expect("started");
    let header = |value: &str| {
        let mut request = post(GENERATE, &hello("x"));
        request.headers_mut().insert("x-goog-api-key", value.parse().expect("header"));
        request
    };
    assert_eq!(send(emulator.address(), header("secret")).await.status, 200);
    assert_eq!(ask(&emulator, &format!("{GENERATE}?key=secret"), &hello("x")).await.status, 200);
    let wrong = send(emulator.address(), header("other")).await;
    assert_eq!(
        (wrong.status.as_u16(), &wrong.json()["error"]["details"][0]["reason"]),
        (400, &json!("API_KEY_INVALID"))
    );
    assert_eq!(ask(&emulator, GENERATE, &hello("x")).await.status, 403);
}

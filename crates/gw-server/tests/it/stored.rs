//! Stored responses: those that a provider stores, and those that the gateway stores where the provider does not.
//! Whose they are, going on from them, reading and deleting them, over restarts.

use super::support::{Answer, Call, Gateway, MASTER, Upstream, sse};
use http::Method;
use serde_json::{Value, json};

/// Providers `native` (Responses), `claude` (Anthropic's format) and `up` (chat).
async fn set_up(more: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let config = format!(
        "{}  native: {{ kind: openai, base_url: \"{url}/v1\", api_key: upstream-secret-3 }}\n\
         models:\n  both: {{ targets: [{{ provider: claude, model: chat-model }}, {{ provider: native, model: m }}] }}\n\
         {more}",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

struct Caller<'a> {
    gateway: &'a Gateway,
    key: String,
}

impl Caller<'_> {
    async fn create(&self, body: &Value) -> Answer {
        self.gateway.send(Call::post("/v1/responses", body.to_string()).key(&self.key)).await
    }

    /// Creates one; its answer.
    async fn created(&self, body: &Value) -> Value {
        self.create(body).await.ok().json()
    }

    async fn get(&self, path: &str) -> Answer {
        self.gateway.send(Call::get(&format!("/v1/responses/{path}")).key(&self.key)).await
    }

    async fn delete(&self, id: &str) -> Answer {
        let call = Call::new(Method::DELETE, &format!("/v1/responses/{id}"));
        self.gateway.send(call.key(&self.key)).await
    }

    async fn cancel(&self, id: &str) -> Answer {
        self.gateway.send(Call::post(&format!("/v1/responses/{id}/cancel"), "").key(&self.key)).await
    }
}

async fn two_keys(gateway: &Gateway) -> (String, String) {
    let one = gateway.make_key(&json!({"name": "one"})).await.1;
    (one, gateway.make_key(&json!({"name": "two"})).await.1)
}

fn ask(model: &str, input: impl Into<Value>) -> Value {
    json!({"model": model, "input": input.into(), "max_output_tokens": 256})
}

fn after(model: &str, previous: &Value, input: impl Into<Value>) -> Value {
    let mut body = ask(model, input);
    body["previous_response_id"] = previous["id"].clone();
    body
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().expect("an id").to_owned()
}

/// The whole answer that a stream ends with; its id stands in its first event too.
fn streamed(answer: &Answer) -> Value {
    let events = sse::values(&answer.ok().body);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed", "{}", answer.text());
    assert_eq!(events[0]["response"]["id"], last["response"]["id"]);
    last["response"].clone()
}

/// What the upstream was sent last.
fn sent(upstream: &Upstream) -> Value {
    serde_json::from_slice(&upstream.last_body()).unwrap()
}

/// Texts and kinds of a list of items, in its order.
fn outline(items: &Value) -> Vec<String> {
    let items = items.as_array().expect("items").iter();
    items
        .map(|item| match item["type"].as_str() {
            Some("message") | None => {
                let text = item["content"].as_str().or(item["content"][0]["text"].as_str()).unwrap_or("?");
                format!("{}: {text}", item["role"].as_str().unwrap_or("?"))
            }
            Some(kind) => kind.to_owned(),
        })
        .collect()
}

/// Nothing of an answer is another key's, and it looks as if there were none.
async fn is_nobodys(caller: &Caller<'_>, model: &str, made: &Value) {
    let text = id(made);
    let unknown = |answer: Answer, param: &str| {
        answer.refused(404, "not_found");
        assert_eq!(answer.json()["error"]["param"], param, "{}", answer.text());
        answer.json()["error"]["message"].as_str().unwrap().replace(&text, "ID")
    };
    let absent = "resp_00000000000000000000000000000000";
    for path in [String::new(), "/input_items".to_owned()] {
        let foreign = unknown(caller.get(&format!("{text}{path}")).await, "response_id");
        let none = caller.get(&format!("{absent}{path}")).await;
        assert_eq!(none.json()["error"]["message"].as_str().unwrap().replace(absent, "ID"), foreign);
    }
    unknown(caller.delete(&text).await, "response_id");
    unknown(caller.cancel(&text).await, "response_id");
    unknown(caller.create(&after(model, made, "go on")).await, "previous_response_id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_provider_stores_is_the_keys_that_made_it() {
    let (upstream, gateway) = set_up("").await;
    let (one, two) = two_keys(&gateway).await;
    let (one, two) = (Caller { gateway: &gateway, key: one }, Caller { gateway: &gateway, key: two });
    let first = one.created(&ask("native/m", "hello")).await;
    let second = one.created(&after("native/m", &first, "and now")).await;
    assert_eq!(sent(&upstream)["previous_response_id"], first["id"], "passed on as it is");
    assert!(second["usage"]["input_tokens"].as_u64() > first["usage"]["total_tokens"].as_u64());
    let mut stream = after("native/m", &second, "streamed");
    stream["stream"] = true.into();
    let third = streamed(&one.create(&stream).await);
    let fourth = one.created(&after("native/m", &third, "last")).await;
    for made in [&first, &second, &third, &fourth] {
        is_nobodys(&two, "native/m", made).await;
    }
    let read = one.get(&id(&third)).await;
    assert_eq!(read.ok().json(), third);
    let record = gateway.record(&read.request_id()).await;
    assert_eq!(
        (&record["cost_usd"], &record["provider"], &record["outcome"]),
        (&json!("0"), &json!("native"), &json!("success")),
        "{record}"
    );
    let items =
        one.get(&format!("{}/input_items?order=asc&limit=100&include[]=x", id(&third))).await.ok().json();
    let wanted = [
        "user: hello",
        "assistant: You said: hello",
        "user: and now",
        "assistant: You said: and now",
        "user: streamed",
    ];
    assert_eq!(outline(&items["data"]), wanted);
    let cancel = one.cancel(&id(&third)).await;
    assert_eq!(
        (cancel.status.as_u16(), &cancel.json()["error"]["type"]),
        (400, &json!("invalid_request_error"))
    );

    one.delete(&id(&first)).await.ok();
    is_nobodys(&one, "native/m", &first).await;
    let mut unstored = ask("native/m", "not kept");
    unstored["store"] = false.into();
    let unstored = one.created(&unstored).await;
    is_nobodys(&one, "native/m", &unstored).await;
    // The operator sees everybody's, and may name what only the provider knows.
    let master = Caller { gateway: &gateway, key: MASTER.to_owned() };
    master.get(&id(&third)).await.ok();
    let unknown = master.create(&after("native/m", &json!({"id": "resp_unknown"}), "x")).await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (400, "upstream_error"), "{}", unknown.text());
    // Where it is not stored nobody can go on from it.
    one.create(&after("claude/chat-model", &third, "x")).await.refused(400, "invalid_request");
    let both = one.create(&after("both", &third, "x")).await;
    assert_eq!(both.ok().header("x-gatewright-provider"), Some("native"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ownership_outlives_the_process_however_it_ends() {
    let (_upstream, mut gateway) = set_up("").await;
    let (one, two) = two_keys(&gateway).await;
    let made = {
        let one = Caller { gateway: &gateway, key: one.clone() };
        let native = one.created(&ask("native/m", "hello")).await;
        (native, one.created(&ask("claude/chat-model", "hello")).await)
    };
    gateway.kill().await;
    let mut gateway = gateway.restart().await;
    for _ in 0..2 {
        {
            let (one, two) = (
                Caller { gateway: &gateway, key: one.clone() },
                Caller { gateway: &gateway, key: two.clone() },
            );
            for (model, made) in [("native/m", &made.0), ("claude/chat-model", &made.1)] {
                assert_eq!(&one.get(&id(made)).await.ok().json(), made);
                one.created(&after(model, made, "again")).await;
                is_nobodys(&two, model, made).await;
            }
        }
        gateway.stop().await;
        gateway = gateway.restart().await;
    }
}

fn weather() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    json!([{"type": "function", "name": "get_weather", "parameters": schema}])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dialogue_with_tools_goes_on_at_a_provider_that_stores_nothing() {
    let (upstream, gateway) = set_up("").await;
    let (one, two) = two_keys(&gateway).await;
    let (one, two) = (Caller { gateway: &gateway, key: one }, Caller { gateway: &gateway, key: two });
    for stream in [false, true] {
        let create = async |mut body: Value| {
            body["stream"] = stream.into();
            let answer = one.create(&body).await;
            if stream { streamed(&answer) } else { answer.ok().json() }
        };
        let mut body = ask("claude/chat-model", "weather");
        body["tools"] = weather();
        body["instructions"] = "be brief".into();
        let first = create(body).await;
        assert!(id(&first).starts_with("resp_"), "{first}");
        assert_eq!((&first["store"], &first["previous_response_id"]), (&json!(true), &Value::Null));
        let call = first["output"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(call["type"], "function_call");

        let result = json!([{"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}]);
        let mut body = after("claude/chat-model", &first, result);
        body["tools"] = weather();
        let second = create(body).await;
        assert_eq!(second["previous_response_id"], first["id"]);
        assert_eq!(second["output"][0]["content"][0]["text"], "The tool returned: sunny");
        let upstream_body = sent(&upstream);
        assert_eq!(upstream_body.get("system"), None, "instructions are not carried over");
        let messages = &upstream_body["messages"];
        assert_eq!(messages.as_array().map(Vec::len), Some(3), "{messages}");
        assert_eq!(
            (&messages[1]["content"][0]["type"], &messages[2]["content"][0]["type"]),
            (&json!("tool_use"), &json!("tool_result"))
        );

        let third = create(after("claude/chat-model", &second, "thanks")).await;
        assert_eq!(sent(&upstream)["messages"].as_array().map(Vec::len), Some(5));
        let items = one.get(&format!("{}/input_items?order=asc", id(&third))).await.ok().json();
        let wanted = [
            "user: weather",
            "function_call",
            "function_call_output",
            "assistant: The tool returned: sunny",
            "user: thanks",
        ];
        assert_eq!(outline(&items["data"]), wanted);
        let page = one.get(&format!("{}/input_items?limit=2", id(&third))).await.ok().json();
        assert_eq!((outline(&page["data"])[0].as_str(), &page["has_more"]), ("user: thanks", &json!(true)));
        let next = page["last_id"].as_str().unwrap();
        let page = one.get(&format!("{}/input_items?limit=2&after={next}", id(&third))).await.ok().json();
        assert_eq!(outline(&page["data"]), ["function_call_output", "function_call"]);

        assert_eq!(one.get(&id(&third)).await.ok().json(), third);
        one.get(&format!("{}?stream=true", id(&third))).await.refused(400, "unsupported_parameter");
        one.cancel(&id(&third)).await.refused(400, "invalid_request");
        is_nobodys(&two, "claude/chat-model", &third).await;
        assert_eq!(
            one.delete(&id(&second)).await.ok().json(),
            json!({"id": id(&second), "object": "response", "deleted": true})
        );
        is_nobodys(&one, "claude/chat-model", &second).await;
        one.created(&after("claude/chat-model", &third, "what was deleted is part of the later one")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_gateway_stores_goes_on_anywhere() {
    let (upstream, gateway) = set_up("").await;
    let (one, two) = two_keys(&gateway).await;
    let (one, two) = (Caller { gateway: &gateway, key: one }, Caller { gateway: &gateway, key: two });
    let mut thinking = ask("claude/chat-model", "hello");
    thinking["reasoning"] = json!({"effort": "low"});
    thinking["max_output_tokens"] = 4096.into();
    let first = one.created(&thinking).await;
    assert_eq!(first["output"][0]["type"], "reasoning", "{first}");
    let mut second = after("claude/chat-model", &first, "more");
    second["reasoning"] = json!({"effort": "low"});
    second["max_output_tokens"] = 4096.into();
    one.created(&second).await;
    let messages = sent(&upstream)["messages"].clone();
    assert_eq!(messages[1]["content"][0]["type"], "thinking", "signed reasoning goes back: {messages}");
    let chat = one.created(&after("up/chat-model", &first, "more")).await;
    assert_eq!(sent(&upstream)["messages"].as_array().map(Vec::len), Some(3));
    let native = one.created(&after("native/m", &chat, "at last")).await;
    let body = sent(&upstream);
    assert_eq!(body.get("previous_response_id"), None);
    let wanted = [
        "user: hello",
        "assistant: You said: hello",
        "user: more",
        "assistant: You said: more",
        "user: at last",
    ];
    assert_eq!(outline(&body["input"]), wanted);
    assert!(body["input"].as_array().unwrap().iter().all(|item| item.get("id").is_none()), "{body}");
    one.created(&after("native/m", &native, "and on")).await;

    // Items stand for themselves by their ids.
    let reference = |item: &Value| json!([{"type": "item_reference", "id": item["id"]}, {"role": "user", "content": "so?"}]);
    let message = first["output"].as_array().unwrap().last().unwrap();
    one.created(&ask("up/chat-model", reference(message))).await;
    assert_eq!(sent(&upstream)["messages"][0]["content"], "You said: hello");
    two.create(&ask("up/chat-model", reference(message))).await.refused(404, "not_found");
    one.created(&ask("native/m", reference(&native["output"][0]))).await;
    assert_eq!(
        sent(&upstream)["input"][0],
        json!({"type": "item_reference", "id": native["output"][0]["id"]})
    );
    two.create(&ask("native/m", reference(&native["output"][0]))).await.refused(404, "not_found");
    one.create(&ask("up/chat-model", reference(&native["output"][0]))).await.refused(400, "invalid_request");
    one.create(&ask("native/m", reference(&json!({"id": "msg_unknown"})))).await.refused(404, "not_found");
    // Reasoning that is not sent along would be looked up by its id.
    let mut thinking = ask("native/m", "hello");
    thinking["reasoning"] = json!({"summary": "auto"});
    let thought = one.created(&thinking).await["output"][0].clone();
    let item =
        json!([{"type": "reasoning", "id": thought["id"], "summary": []}, {"role": "user", "content": "x"}]);
    one.created(&ask("native/m", item.clone())).await;
    two.create(&ask("native/m", item)).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contents_are_sealed_and_bounded_and_store_false_keeps_nothing() {
    const MARKER: &str = "a-text-that-nobody-may-find";
    let (_upstream, mut gateway) = set_up("storage: { max_stored_response_bytes: 2048 }\n").await;
    let (one, _) = two_keys(&gateway).await;
    {
        let one = Caller { gateway: &gateway, key: one };
        one.created(&ask("claude/chat-model", MARKER)).await;
        let mut stream = ask("claude/chat-model", MARKER);
        stream["stream"] = true.into();
        streamed(&one.create(&stream).await);
        let mut unstored = ask("claude/chat-model", MARKER);
        unstored["store"] = false.into();
        let unstored = one.created(&unstored).await;
        assert_eq!(unstored["store"], false);
        is_nobodys(&one, "claude/chat-model", &unstored).await;

        let long = "long ".repeat(500);
        one.create(&ask("claude/chat-model", long.as_str())).await.refused(413, "request_too_large");
        let mut unstored = ask("claude/chat-model", long.as_str());
        unstored["store"] = false.into();
        one.created(&unstored).await;
        one.created(&ask("native/m", long.as_str())).await;
    }
    gateway.stop().await;
    let mut folders = vec![gateway.folder().join("data")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap();
            seen += bytes.len();
            let found = bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes());
            assert!(!found, "{} shows a content", entry.path().display());
        }
    }
    assert!(seen > 10_000, "the database was looked at");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_and_methods() {
    let (_upstream, gateway) = set_up("").await;
    let (one, _) = two_keys(&gateway).await;
    let one = Caller { gateway: &gateway, key: one };
    let made = one.created(&ask("claude/chat-model", "hello")).await;
    for path in [
        "/v1/responses/ID",
        "/responses/ID",
        "/openai/v1/responses/ID",
        "/openai/responses/ID?api-version=2025-03-01-preview",
    ] {
        let path = path.replace("ID", &id(&made));
        assert_eq!(
            gateway.send(Call::get(&path).header("api-key", &one.key)).await.ok().json(),
            made,
            "{path}"
        );
    }
    let path = format!("/v1/responses/{}", id(&made));
    assert_eq!(gateway.send(Call::post(&path, "{}").key(&one.key)).await.status, 405);
    gateway.send(Call::get(&path)).await.refused(401, "invalid_api_key");
    let (_, limited) = gateway.make_key(&json!({"name": "no-chat", "endpoints": ["embeddings"]})).await;
    gateway.send(Call::get(&path).key(&limited)).await.refused(403, "endpoint_not_allowed");
    let slow = gateway.make_key(&json!({"name": "slow", "limits": {"rpm": 1}})).await.1;
    let slow = Caller { gateway: &gateway, key: slow };
    let made = slow.created(&ask("claude/chat-model", "hello")).await;
    slow.get(&id(&made)).await.refused(429, "rate_limit_exceeded");
}

//! What is known of models steers calls: bounds lowered, parameters left out, targets passed over; and what is known
//! is told, by lists and by the command line.

use super::support::gateway::run;
use super::support::{Call, Gateway, KEY, MASTER, Upstream};
use serde_json::{Value, json};

/// Providers at the emulator under names of the catalogue, with a model of each kind.
async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let config = format!(
        "\
providers:
  openai: {{ api_key: k, base_url: \"{url}/v1\" }}
  anthropic: {{ api_key: k, base_url: \"{url}\" }}
  groq: {{ api_key: k, base_url: \"{url}/v1\" }}
  local:
    kind: openai-compatible
    base_url: \"{url}/v1\"
    models:
      plain: {{ max_output_tokens: 100, max_input_tokens: 5000, capabilities: {{ vision: false, tools: false, json_schema: false }} }}
      lenient: {{ capabilities: {{ tools: false }}, drop_params: true }}
models:
  either:
    targets: [{{ provider: local, model: plain }}, {{ provider: anthropic, model: claude-sonnet-4-5 }}]
  strict: {{ targets: [{{ provider: local, model: plain }}] }}
  shorter: {{ drop_params: [seed, logit_bias], targets: [{{ provider: openai, model: gpt-4o }}] }}
  across: {{ drop_params: true, targets: [{{ provider: anthropic, model: claude-sonnet-4-5 }}] }}
keys:
  - {{ name: one, key: {KEY}, models: [either, local/plain] }}
"
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

fn chat(model: &str, extra: &Value) -> Value {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

fn sent(upstream: &Upstream) -> Value {
    serde_json::from_slice(&upstream.last_body()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bounds_above_the_models_are_lowered() {
    let (upstream, gateway) = set_up().await;
    for stream in [false, true] {
        let body = chat("local/plain", &json!({"max_tokens": 64_000, "stream": stream}));
        let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
        assert_eq!(answer.ok().header("x-gatewright-clamped"), Some("max_tokens=100"));
        assert_eq!(sent(&upstream)["max_tokens"], 100);
    }
    let body = chat("anthropic/claude-sonnet-4-5", &json!({"max_completion_tokens": 1_000_000}));
    let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-clamped"), Some("max_completion_tokens=64000"));
    assert_eq!(sent(&upstream)["max_tokens"], 64_000);
    let body = chat("anthropic/claude-sonnet-4-5", &json!({"max_tokens": 128_000}));
    let answer = gateway.send(Call::messages(&body).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-clamped"), Some("max_tokens=64000"));
    let low =
        gateway.send(Call::messages(&chat("local/plain", &json!({"max_tokens": 100}))).key(MASTER)).await;
    assert_eq!(low.ok().header("x-gatewright-clamped"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_that_a_model_refuses_are_left_out_and_named() {
    let (upstream, gateway) = set_up().await;
    let asked = json!({"temperature": 0.1, "top_p": 0.5, "max_tokens": 50, "seed": 3});
    let answer = gateway.send(Call::chat(&chat("openai/o3", &asked)).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-dropped"), Some("temperature, top_p"));
    let body = sent(&upstream);
    assert_eq!((&body["max_completion_tokens"], &body["seed"]), (&json!(50), &json!(3)));
    assert!(body.get("temperature").is_none() && body.get("max_tokens").is_none(), "{body}");

    let asked = json!({"temperature": 0.1, "max_tokens": 50});
    let answer = gateway.send(Call::messages(&chat("anthropic/claude-opus-4-7", &asked)).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-dropped"), Some("temperature"));
    let answer = gateway.send(Call::chat(&chat("anthropic/claude-opus-4-7", &asked)).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-dropped"), Some("temperature"));
    assert!(sent(&upstream).get("temperature").is_none());

    // What the provider refuses, whatever the model.
    let asked = json!({"logit_bias": {"1": 2}});
    let answer = gateway.send(Call::chat(&chat("groq/any", &asked)).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-dropped"), Some("logit_bias"));
    let answer = gateway.send(Call::chat(&chat("groq/any", &json!({"logprobs": true}))).key(MASTER)).await;
    answer.refused(400, "unsupported_parameter");

    // Nothing is known to be missing: not a byte changes but the model's name.
    let asked = json!({"temperature": 0.1, "logit_bias": {"1": 2}});
    let answer = gateway.send(Call::chat(&chat("openai/gpt-4o", &asked)).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-dropped"), None);
    assert_eq!(sent(&upstream), chat("gpt-4o", &asked));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_cannot_is_passed_over() {
    let (_upstream, gateway) = set_up().await;
    let image = json!([{"role": "user", "content": [{"type": "text", "text": "what is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]}]);
    let tools = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    let schema = json!({"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}});
    for (extra, param) in [
        (json!({"messages": image}), "messages"),
        (json!({"tools": tools}), "tools"),
        (json!({"response_format": schema}), "response_format"),
    ] {
        let answer = gateway.send(Call::chat(&chat("either", &extra)).key(MASTER)).await;
        assert_eq!(answer.ok().header("x-gatewright-provider"), Some("anthropic"), "{param}");
        let refused = gateway.send(Call::chat(&chat("strict", &extra)).key(MASTER)).await;
        refused.refused(400, "unsupported_parameter");
        assert_eq!(refused.json()["error"]["param"], param);
    }
    let plain = gateway.send(Call::chat(&chat("either", &json!({}))).key(MASTER)).await;
    assert_eq!(plain.ok().header("x-gatewright-provider"), Some("local"));
    let answer = gateway.send(Call::chat(&chat("local/lenient", &json!({"tools": tools}))).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-dropped"), Some("tools"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configuration_says_what_is_left_out() {
    let (upstream, gateway) = set_up().await;
    let asked = json!({"seed": 3, "logit_bias": {"1": 2}, "temperature": 0.5});
    let answer = gateway.send(Call::chat(&chat("shorter", &asked)).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-dropped"), Some("seed, logit_bias"));
    assert_eq!(sent(&upstream), chat("gpt-4o", &json!({"temperature": 0.5})));
    let asked = json!({"n": 2, "logprobs": true});
    let answer = gateway.send(Call::chat(&chat("across", &asked)).key(MASTER)).await;
    let dropped = answer.ok().header("x-gatewright-dropped").unwrap().to_owned();
    assert!(dropped.contains('n') && dropped.contains("logprobs"), "{dropped}");
    let refused = gateway.send(Call::chat(&chat("anthropic/claude-sonnet-4-5", &asked)).key(MASTER)).await;
    refused.refused(400, "unsupported_parameter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_say_what_is_known_of_what_the_caller_may_use() {
    let (_upstream, gateway) = set_up().await;
    let list = gateway.send(Call::get("/v1/models").key(KEY)).await.ok().json();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["either", "local/plain"]);
    let either = &list["data"][0];
    assert_eq!((&either["context_window"], &either["max_output_tokens"]), (&json!(5000), &json!(100)));
    assert_eq!((&either["object"], &either["capabilities"]["vision"]), (&json!("model"), &json!(true)));
    let plain = gateway.send(Call::get("/v1/models/local%2Fplain").key(KEY)).await.ok().json();
    let expected = json!({"vision": false, "tools": false, "json_schema": false});
    assert_eq!((&plain["capabilities"], &plain["owned_by"]), (&expected, &json!("local")));

    let claude = Call::get("/v1/models/anthropic%2Fclaude-sonnet-4-5").key(MASTER);
    let claude = gateway.send(claude.header("anthropic-version", "2023-06-01")).await.ok().json();
    assert_eq!((&claude["type"], &claude["max_tokens"]), (&json!("model"), &json!(64_000)));
    assert_eq!(claude["capabilities"]["image_input"]["supported"], true);
    let google = gateway.send(Call::get("/v1beta/models/either").key(KEY)).await.ok().json();
    assert_eq!((&google["inputTokenLimit"], &google["outputTokenLimit"]), (&json!(5000), &json!(100)));
    assert_eq!(google["supportedGenerationMethods"][0], "generateContent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_shows_prices_and_abilities() {
    let (_upstream, gateway) = set_up().await;
    let url = format!("http://{}", gateway.addr);
    let ask = async |provider: &str, json: bool| {
        let mut arguments = vec!["models", "--provider", provider, "--url", &url, "--key", MASTER];
        arguments.extend(json.then_some("--json"));
        run(&arguments).await
    };
    let (code, out, _) = ask("anthropic", false).await;
    let row = out.lines().find(|line| line.starts_with("anthropic/claude-sonnet-4-5 ")).unwrap();
    assert_eq!(code, 0);
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells[1..6], ["chat", "3", "15", "0.3", "3.75"], "{row}");
    assert!(out.starts_with("MODEL") && row.contains("64000") && row.contains("vision"), "{row}");

    let (code, out, _) = ask("openai", true).await;
    let list: Value = serde_json::from_str(&out).unwrap();
    let o3 = list["data"].as_array().unwrap().iter().find(|m| m["id"] == "openai/o3").unwrap();
    assert_eq!((code, &o3["configured"]), (0, &json!(true)));
    assert!(o3["lacks"].as_array().unwrap().contains(&json!("sampling")), "{o3}");
    let search = o3["prices"].as_array().unwrap().iter().find(|p| p["unit"] == "search_low").unwrap();
    assert_eq!((&search["usd"], &search["per"]), (&json!("0.01"), &json!("search")));

    // Known, but not in this configuration.
    let (code, out, err) = ask("cerebras", false).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("cerebras/") && err.contains("not configured"), "{out}{err}");
    let (code, out, err) = ask("zork", false).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.contains("there is no provider 'zork'") && err.contains("anthropic, groq, local, openai"),
        "{err}"
    );
}

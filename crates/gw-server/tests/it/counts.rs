//! Counting tokens: by the target's own endpoint when it has one, else by the gateway's estimate; free, but
//! counted as a request and recorded.

use super::support::{Answer, Call, Gateway, MASTER, Upstream};
use serde_json::{Value, json};

/// The providers that count, and one that does not.
const COUNTING: [&str; 4] = ["anthropic", "gemini", "bedrock", "openai"];

fn config(url: &str) -> String {
    format!(
        "providers:\n  \
         anthropic: {{ base_url: \"{url}\", api_key: k }}\n  \
         gemini: {{ base_url: \"{url}\", api_key: k }}\n  \
         bedrock: {{ base_url: \"{url}\", region: us-east-1, aws_access_key_id: AK, aws_secret_access_key: s }}\n  \
         openai: {{ base_url: \"{url}/v1\", api_key: k }}\n  \
         local: {{ kind: openai-compatible, base_url: \"{url}/v1\", api_key: k }}\n\
         models:\n  \
         both: {{ targets: [{{ provider: local, model: m }}, {{ provider: anthropic, model: m }}] }}\n"
    )
}

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream.url())).await;
    (upstream, gateway)
}

/// A conversation of a few words, in each caller's format.
fn ask(caller: &str, model: &str) -> Call {
    let escaped = model.replace('/', "%2F");
    let contents = json!([{"role": "user", "parts": [{"text": "What is the capital of France?"}]}]);
    let turn = json!([{"role": "user", "content": "What is the capital of France?"}]);
    let (path, body) = match caller {
        "messages" => ("/v1/messages/count_tokens".to_owned(), json!({"model": model, "messages": turn})),
        "anthropic path" => (
            "/anthropic/v1/messages/count_tokens?beta=true".to_owned(),
            json!({"model": model, "messages": turn}),
        ),
        "contents" => (format!("/v1/models/{escaped}:countTokens"), json!({"contents": contents})),
        "whole request" => (
            format!("/v1beta/models/{escaped}:countTokens"),
            json!({"generateContentRequest": {"model": format!("models/{model}"), "contents": contents,
                "systemInstruction": {"parts": [{"text": "Be terse."}]}}}),
        ),
        "converse" => {
            let content = json!([{"text": "What is the capital of France?"}]);
            let converse = json!({"messages": [{"role": "user", "content": content}]});
            (format!("/model/{escaped}/count-tokens"), json!({"input": {"converse": converse}}))
        }
        _ => ("/v1/responses/input_tokens".to_owned(), json!({"model": model, "input": turn})),
    };
    Call::post(&path, body.to_string()).header("anthropic-version", "2023-06-01")
}

const CALLERS: [&str; 6] =
    ["messages", "anthropic path", "contents", "whole request", "converse", "input tokens"];

fn count(answer: &Answer) -> u64 {
    let body = answer.ok().json();
    let count = ["input_tokens", "totalTokens", "inputTokens"].iter().find_map(|name| body[*name].as_u64());
    count.unwrap_or_else(|| panic!("no count: {body}"))
}

fn is_estimate(answer: &Answer) -> bool {
    answer.header("x-gatewright-token-count") == Some("estimated")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_caller_is_counted_for_by_every_upstream() {
    let (upstream, gateway) = set_up().await;
    for caller in CALLERS {
        for provider in COUNTING {
            let before = upstream.stats().requests;
            let answer = gateway.send(ask(caller, &format!("{provider}/m")).key(MASTER)).await;
            let what = format!("{caller} by {provider}: {}", answer.text());
            assert!((8..=20).contains(&count(&answer)), "{what}");
            assert!(!is_estimate(&answer), "{what}");
            assert_eq!(upstream.stats().requests, before + 1, "{what}");
            assert_eq!(answer.header("x-gatewright-cost-usd"), Some("0"), "{what}");
            let record = gateway.record(&answer.request_id()).await;
            assert_eq!(
                (&record["outcome"], &record["usage_source"]),
                (&json!("success"), &json!("none")),
                "{what}"
            );
            assert_eq!((&record["input_tokens"], &record["cost_usd"]), (&json!(0), &json!("0")), "{what}");
        }
        let before = upstream.stats().requests;
        let answer = gateway.send(ask(caller, "local/m").key(MASTER)).await;
        // Eight words of two messages: near that, without what is held for a provider's own instructions.
        assert!((7..=40).contains(&count(&answer)) && is_estimate(&answer), "{caller}: {}", answer.text());
        assert_eq!(answer.header("x-gatewright-provider"), Some("local"));
        assert_eq!(upstream.stats().requests, before, "{caller}");
        assert_eq!(gateway.record(&answer.request_id()).await["outcome"], "success");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_decides_who_counts() {
    let (_upstream, gateway) = set_up().await;
    let answer = gateway.send(ask("messages", "both").key(MASTER)).await;
    assert!(count(&answer) > 0 && is_estimate(&answer));
    assert_eq!(
        answer.header("x-gatewright-provider"),
        Some("local"),
        "the first target, not the one that counts"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_cannot_count_this_model_leaves_it_to_the_gateway() {
    let (upstream, gateway) = set_up().await;
    upstream.faults("m", "status=400", None);
    let answer = gateway.send(ask("contents", "bedrock/m").key(MASTER)).await;
    assert!(count(&answer) > 0 && is_estimate(&answer), "{}", answer.text());
    // Who asks in the target's own format gets its answer, whatever it is.
    let answer = gateway.send(ask("converse", "bedrock/m").key(MASTER)).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "upstream_error"));
    // Trouble is trouble.
    upstream.faults("m", "status=429", None);
    let answer = gateway.send(ask("contents", "bedrock/m").key(MASTER)).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_targets_name_stands_in_a_whole_request() {
    let (upstream, _) = set_up().await;
    let config = format!(
        "{}  named: {{ targets: [{{ provider: gemini, model: gemini-x }}] }}\n",
        config(&upstream.url())
    );
    let gateway = Gateway::start(&config).await;
    gateway.send(ask("whole request", "named").key(MASTER)).await.ok();
    let seen: Value = serde_json::from_slice(&upstream.last_body()).unwrap();
    assert_eq!(seen["generateContentRequest"]["model"], "models/gemini-x");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counting_costs_a_request_and_nothing_else() {
    let (_upstream, gateway) = set_up().await;
    let policy = json!({"name": "small", "limits": {"rpm": 3, "tpm": 1}, "endpoints": ["chat"],
        "budget": {"limit_usd": "0", "period": "total"}});
    let (_, key) = gateway.make_key(&policy).await;
    for model in ["anthropic/m", "local/m", "gemini/m"] {
        count(&gateway.send(ask("messages", model).key(&key)).await);
    }
    gateway.send(ask("messages", "local/m").key(&key)).await.refused(429, "rate_limit_exceeded");
    let (_, key) = gateway.make_key(&json!({"name": "vectors", "endpoints": ["embeddings"]})).await;
    gateway.send(ask("messages", "local/m").key(&key)).await.refused(403, "endpoint_not_allowed");
    let (_, key) = gateway.make_key(&json!({"name": "other", "models": ["gemini/*"]})).await;
    gateway.send(ask("messages", "local/m").key(&key)).await.refused(403, "model_not_allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_come_back_in_their_shape() {
    let (_upstream, gateway) = set_up().await;
    let send =
        async |path: &str, body: Value| gateway.send(Call::post(path, body.to_string()).key(MASTER)).await;
    let answer = send("/v1/messages/count_tokens", json!({"model": "anthropic/m"})).await;
    answer.refused(400, "invalid_request");
    assert_eq!(answer.json()["type"], "error");
    let answer = send("/v1beta/models/gemini%2Fm:countTokens", json!({})).await;
    assert_eq!(answer.json()["error"]["details"][0]["reason"], "invalid_request", "{}", answer.text());
    let body = json!({"generateContentRequest": {"contents": [], "cachedContent": "cachedContents/x"}});
    let answer = send("/v1beta/models/gemini%2Fm:countTokens", body).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let answer = send(
        "/v1/messages/count_tokens",
        json!({"model": "none/m", "messages": [{"role": "user", "content": "x"}]}),
    )
    .await;
    answer.refused(404, "model_not_found");
}

//! What calls behind a provider's own path are charged: vectors in the formats of their makers, by what the answer or its
//! head states, else by an estimate that is marked as one; counting is free.

use super::support::gateway::nanos;
use super::support::scripted::{Scripted, Step};
use super::support::{Call, Gateway};
use serde_json::{Value, json};

/// Dollars a million tokens.
const PRICE: &str = "{ input_usd_per_million_tokens: 100, output_usd_per_million_tokens: 200 }";

/// An upstream that answers with its request's member `answer`, and its member `head` as headers.
async fn mirror() -> Scripted {
    Scripted::by_request(|_, seen| {
        let asked: Value = serde_json::from_str(&seen.body).unwrap();
        let body = asked["answer"].to_string();
        let more = asked["head"].as_str().unwrap_or("");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n{more}\r\n",
            body.len()
        );
        vec![Step::Send(format!("{head}{body}").into_bytes())]
    })
    .await
}

async fn set_up(url: &str) -> (Gateway, String) {
    let gateway = Gateway::start(&format!(
        "providers:\n  gemini: {{ base_url: \"{url}\", api_key: k, models: {{ vectors: {PRICE} }} }}\n  \
         claude: {{ kind: anthropic, base_url: \"{url}\", api_key: k, models: {{ talk: {PRICE} }} }}\n  \
         bedrock: {{ base_url: \"{url}\", region: us-east-1, api_key: k, models: {{ amazon.titan-embed-x: {PRICE}, \
         cohere.embed-x: {PRICE}, anthropic.x: {PRICE}, amazon.text-x: {PRICE} }} }}\n"
    ))
    .await;
    let policy = json!({
        "name": "poor", "endpoints": ["passthrough"], "budget": {"limit_usd": "5", "period": "total", "strict": true}
    });
    let (_, key) = gateway.make_key(&policy).await;
    (gateway, key)
}

/// Path, request, answer, more headers of that, and the tokens in and out that it states.
type Exchange = (&'static str, Value, Value, &'static str, Option<(u64, u64)>);

fn calls_for_vectors() -> Vec<Exchange> {
    let text = "a text of some length ".repeat(40);
    let vector = vec![0.123_456; 3000];
    let beside = "x-amzn-bedrock-input-token-count: 33\r\nx-amzn-bedrock-output-token-count: 5\r\n";
    let content = json!({"parts": [{"text": text}]});
    let claude = json!({"max_tokens": 9, "messages": [{"role": "user", "content": text}]});
    vec![
        (
            "gemini/v1beta/models/vectors:embedContent",
            json!({"content": content}),
            json!({"embedding": {"values": vector}, "usageMetadata": {"promptTokenCount": 21}}),
            "",
            Some((21, 0)),
        ),
        (
            "gemini/v1beta/models/vectors:embedContent",
            json!({"content": content}),
            json!({"embedding": {"values": vector}}),
            "",
            None,
        ),
        (
            "gemini/v1beta/models/vectors:batchEmbedContents",
            json!({"requests": [{"model": "models/vectors", "content": content}]}),
            json!({"embeddings": [{"values": vector}]}),
            "",
            None,
        ),
        (
            "bedrock/model/amazon.titan-embed-x/invoke",
            json!({"inputText": text}),
            json!({"embedding": vector, "inputTextTokenCount": 22}),
            "",
            Some((22, 0)),
        ),
        (
            "bedrock/model/amazon.titan-embed-x/invoke",
            json!({"inputText": text}),
            json!({"embedding": vector}),
            "",
            None,
        ),
        (
            "bedrock/model/cohere.embed-x/invoke",
            json!({"texts": [text], "input_type": "search_query"}),
            json!({"embeddings": [vector]}),
            beside,
            Some((33, 5)),
        ),
        (
            "bedrock/model/anthropic.x/invoke",
            claude,
            json!({"type": "message", "content": [], "usage": {"input_tokens": 24, "output_tokens": 6}}),
            beside,
            Some((24, 6)),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors_are_charged_by_what_is_stated() {
    let upstream = mirror().await;
    let (gateway, key) = set_up(&upstream.url()).await;
    for (path, asked, answer, head, wanted) in calls_for_vectors() {
        // Within what is held back for the header of the cost, and beyond. What Claude says is output, and would be cut.
        let large = if path.contains("anthropic") { 0 } else { 1 << 20 };
        for filler in ["", &"x".repeat(large)] {
            let mut body = asked.clone();
            body["answer"] = answer.clone();
            body["answer"]["filler"] = filler.into();
            body["head"] = head.into();
            let call = Call::post(&format!("/passthrough/{path}"), body.to_string());
            let answer = gateway.send(call.key(&key)).await;
            let record = gateway.record(&answer.ok().request_id()).await;
            let used = (record["input_tokens"].as_u64().unwrap(), record["output_tokens"].as_u64().unwrap());
            match wanted {
                Some(wanted) => {
                    assert_eq!((used, &record["usage_source"]), (wanted, &json!("upstream")), "{path}")
                }
                None => {
                    assert_eq!((used.1, &record["usage_source"]), (0, &json!("estimated")), "{path}");
                    assert!(used.0 >= 200 && used.0 < 1500, "{path}: {record}");
                }
            }
            let cost = i128::from(used.0) * 100_000 + i128::from(used.1) * 200_000;
            assert_eq!(nanos(record["cost_usd"].as_str().unwrap()), cost, "{path}: {record}");
        }
    }
    assert_eq!(gateway.metric("gatewright_open_reservations").await, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_format_states_beside_its_answer_counts() {
    let upstream = mirror().await;
    let (gateway, key) = set_up(&upstream.url()).await;
    let (_, rich) = gateway.make_key(&json!({"name": "rich", "endpoints": ["passthrough"]})).await;
    let body = json!({
        "inputText": "hi", "answer": {"results": []},
        "head": "x-amzn-bedrock-input-token-count: 7\r\nx-amzn-bedrock-output-token-count: 3\r\n"
    });
    let call =
        |key: &str| Call::post("/passthrough/bedrock/model/amazon.text-x/invoke", body.to_string()).key(key);
    gateway.send(call(&key)).await.refused(402, "budget_exceeded");
    let answer = gateway.send(call(&rich)).await;
    let record = gateway.record(&answer.ok().request_id()).await;
    assert_eq!((&record["input_tokens"], &record["output_tokens"]), (&json!(7), &json!(3)));
    assert_eq!(nanos(record["cost_usd"].as_str().unwrap()), 7 * 100_000 + 3 * 200_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counting_is_free_and_fits_any_budget() {
    let upstream = mirror().await;
    let (gateway, key) = set_up(&upstream.url()).await;
    let message = json!({"role": "user", "content": "hi"});
    for (path, asked, answer) in [
        (
            "gemini/v1beta/models/vectors:countTokens",
            json!({"contents": [{"parts": [{"text": "hi"}]}]}),
            json!({"totalTokens": 7, "usageMetadata": {"promptTokenCount": 7}}),
        ),
        (
            "claude/v1/messages/count_tokens",
            json!({"model": "talk", "messages": [message]}),
            json!({"input_tokens": 7}),
        ),
        (
            "bedrock/model/anthropic.x/count-tokens",
            json!({"input": {"converse": {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}}}),
            json!({"inputTokens": 7}),
        ),
    ] {
        let mut body = asked;
        body["answer"] = answer.clone();
        let answered =
            gateway.send(Call::post(&format!("/passthrough/{path}"), body.to_string()).key(&key)).await;
        assert_eq!(answered.ok().json(), answer, "{path}");
        let record = gateway.record(&answered.request_id()).await;
        assert_eq!(
            (&record["cost_usd"], &record["input_tokens"]),
            (&json!("0"), &json!(0)),
            "{path}: {record}"
        );
    }
    // The key's models hold here too.
    let (_, narrow) = gateway
        .make_key(&json!({"name": "narrow", "endpoints": ["passthrough"], "models": ["gemini/other"]}))
        .await;
    let body = json!({"content": {"parts": [{"text": "hi"}]}, "answer": {}});
    let call = Call::post("/passthrough/gemini/v1beta/models/vectors:embedContent", body.to_string());
    gateway.send(call.key(&narrow)).await.refused(403, "model_not_allowed");
}

//! Reranking: every caller's shape against every upstream's, with the same ranking in the end; searches held and
//! charged.

use super::support::gateway::nanos;
use super::support::{Call, Gateway, MASTER, Upstream};
use serde_json::{Value, json};

const TARGETS: [&str; 5] =
    ["cohere/rank", "voyage/rank", "jina_ai/rank", "local/rank", "bedrock/amazon.rerank-v1:0"];

const DOCUMENTS: [&str; 3] = [
    "Carson City is the capital of the American state of Nevada",
    "a text about something else",
    "Washington is the capital city of the United States",
];

/// The emulator ranks by the share of the query's words that stand in a document.
const QUERY: &str = "capital city United States";
const WANTED: [u64; 3] = [2, 0, 1];

fn config(url: &str, price: &str) -> String {
    let rank = format!("models: {{ rank: {price}, \"amazon.rerank-v1:0\": {price} }}");
    format!(
        "providers:\n  \
         cohere: {{ base_url: \"{url}\", api_key: k, {rank} }}\n  \
         voyage: {{ base_url: \"{url}/v1\", api_key: k, {rank} }}\n  \
         jina_ai: {{ base_url: \"{url}/v1\", api_key: k, {rank} }}\n  \
         local: {{ kind: openai-compatible, base_url: \"{url}/v1\", api_key: k, {rank} }}\n  \
         bedrock: {{ base_url: \"{url}\", region: us-east-1, aws_access_key_id: AK, aws_secret_access_key: s, {rank} }}\n"
    )
}

async fn set_up(price: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream.url(), price)).await;
    (upstream, gateway)
}

fn ask(path: &str, body: &Value) -> Call {
    Call::post(path, body.to_string())
}

fn ranking(results: &Value) -> Vec<u64> {
    let results = results.as_array().expect("a list of results");
    let scores: Vec<f64> = results.iter().map(|r| r["relevance_score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    results.iter().map(|r| r["index"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_shape_gets_the_same_ranking_of_every_upstream() {
    let (_upstream, gateway) = set_up("{ usd_per_request: 0.002 }").await;
    for target in TARGETS {
        for path in ["/v2/rerank", "/v1/rerank", "/rerank"] {
            let what = format!("{path} to {target}");
            let body = json!({"model": target, "query": QUERY, "documents": DOCUMENTS});
            let answer = gateway.send(ask(path, &body).key(MASTER)).await;
            assert_eq!(answer.status, 200, "{what}: {}", answer.text());
            let text = answer.json();
            assert_eq!(ranking(&text["results"]), WANTED, "{what}: {text}");
            let id_and_meta = text["id"].is_string() && text["meta"]["api_version"]["version"] == "2";
            assert!(id_and_meta, "{what}: {text}");
            assert_eq!(answer.header("x-gatewright-cost-usd"), Some("0.002"), "{what}");
            let record = gateway.record(&answer.request_id()).await;
            assert_eq!(
                (&record["outcome"], &record["output_tokens"]),
                (&json!("success"), &json!(0)),
                "{what}"
            );
            let body = json!({"model": target, "query": QUERY, "documents": DOCUMENTS, "top_n": 1});
            let answer = gateway.send(ask(path, &body).key(MASTER)).await;
            assert_eq!(ranking(&answer.ok().json()["results"]), [2], "{what}");
        }
        // As Voyage's SDK asks, and reads.
        let body =
            json!({"model": target, "query": QUERY, "documents": DOCUMENTS, "top_k": 2, "truncation": true});
        let answer = gateway.send(ask("/v1/rerank", &body).key(MASTER)).await;
        assert_eq!(ranking(&answer.ok().json()["data"]), WANTED[..2], "{target}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_come_back_when_they_are_wanted() {
    let (_upstream, gateway) = set_up("{ usd_per_request: 0 }").await;
    for target in ["cohere/rank", "voyage/rank", "bedrock/amazon.rerank-v1:0"] {
        let documents = json!([{"text": DOCUMENTS[0]}, DOCUMENTS[1], {"text": DOCUMENTS[2]}]);
        let body = json!({"model": target, "query": QUERY, "documents": documents, "return_documents": true,
            "rank_fields": ["text"]});
        let answer = gateway.send(ask("/v1/rerank", &body).key(MASTER)).await;
        let text = answer.ok().json();
        assert_eq!(text["results"][0]["document"], json!({"text": DOCUMENTS[2]}), "{target}: {text}");
        assert_eq!(answer.header("x-gatewright-dropped"), Some("rank_fields"), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_are_held_and_charged() {
    let (upstream, gateway) = set_up("{ usd_per_request: 0.01 }").await;
    let policy =
        json!({"name": "poor", "endpoints": ["rerank"], "budget": {"limit_usd": "0.05", "period": "total"}});
    let (id, key) = gateway.make_key(&policy).await;
    let documents: Vec<String> = (0..250).map(|n| format!("document {n}")).collect();
    let body = json!({"model": "cohere/rank", "query": "document", "documents": documents});
    let answer = gateway.send(ask("/v2/rerank", &body).key(&key)).await;
    assert_eq!(answer.ok().header("x-gatewright-cost-usd"), Some("0.03"), "three searches");
    // Another one may cost as much, and that is more than what is left.
    let refused = gateway.send(ask("/v2/rerank", &body).key(&key)).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (402, "budget_exceeded"), "{}", refused.text());
    let small = json!({"model": "cohere/rank", "query": QUERY, "documents": DOCUMENTS});
    gateway.send(ask("/v2/rerank", &small).key(&key)).await.ok();
    // Bedrock states nothing: what was held is charged.
    let other = json!({"model": "bedrock/amazon.rerank-v1:0", "query": QUERY, "documents": DOCUMENTS});
    let answer = gateway.send(ask("/rerank", &other).key(&key)).await;
    assert_eq!(answer.ok().header("x-gatewright-cost-usd"), Some("0.01"));
    assert_eq!(gateway.record(&answer.request_id()).await["usage_source"], "estimated");
    let rows = gateway.rows("/api/v1/budgets").await;
    let row = rows.iter().find(|row| row["key_id"] == id.as_str()).unwrap();
    assert_eq!(nanos(row["spent_usd"].as_str().unwrap()), 50_000_000);
    assert_eq!(upstream.stats().requests, 3);
    let seen: Value = serde_json::from_slice(&upstream.last_body()).unwrap();
    let arn = "/rerankingConfiguration/bedrockRerankingConfiguration/modelConfiguration/modelArn";
    let wanted = "arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0";
    assert_eq!(seen.pointer(arn), Some(&json!(wanted)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_are_told_what_is_wrong() {
    let (_upstream, gateway) = set_up("{ usd_per_request: 0 }").await;
    for (body, param) in [
        (json!({"model": "local/rank", "documents": ["a"]}), "query"),
        (json!({"model": "local/rank", "query": "q"}), "documents"),
        (json!({"model": "local/rank", "query": "q", "documents": "a"}), "documents"),
        (json!({"query": "q", "documents": ["a"]}), "model"),
    ] {
        let answer = gateway.send(ask("/v1/rerank", &body).key(MASTER)).await;
        answer.refused(400, "invalid_request");
        assert_eq!(answer.json()["error"]["param"], param);
        let answer = gateway.send(ask("/v2/rerank", &body).key(MASTER)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("invalid_request")));
    }
    let body = json!({"model": "jina_ai/rank", "query": "q", "documents": []});
    let answer = gateway.send(ask("/v2/rerank", &body).key(MASTER)).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "invalid_request"));
    let (_, key) = gateway.make_key(&json!({"name": "vectors", "endpoints": ["embeddings"]})).await;
    let body = json!({"model": "local/rank", "query": "q", "documents": ["a"]});
    gateway.send(ask("/rerank", &body).key(&key)).await.refused(403, "endpoint_not_allowed");
}

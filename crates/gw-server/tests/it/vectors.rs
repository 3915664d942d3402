//! Embeddings: every caller's format against every upstream's, with the same vectors in the end; what is metered
//! and charged; what cannot be expressed; keys that may or may not.

use super::support::gateway::nanos;
use super::support::{Answer, Call, Gateway, MASTER, Upstream};
use base64::Engine as _;
use serde_json::{Value, json};

/// The providers, with the model that each is asked for.
const TARGETS: [&str; 7] = [
    "openai/embed",
    "gemini/embed",
    "cohere/embed",
    "voyage/embed",
    "mistral/embed",
    "bedrock/amazon.titan-embed-text-v2:0",
    "bedrock/cohere.embed-v4:0",
];

const TEXTS: [&str; 2] = ["sunny day at the beach", "rainy day in the city"];
const DIMENSIONS: usize = 16;

fn config(url: &str) -> String {
    let price = "{ input_usd_per_million_tokens: 1000, output_usd_per_million_tokens: 0 }";
    let models = |name: &str| format!("models: {{ \"{name}\": {price} }}");
    let embed = models("embed");
    format!(
        "providers:\n  \
         openai: {{ base_url: \"{url}/v1\", api_key: k, {embed} }}\n  \
         gemini: {{ base_url: \"{url}\", api_key: k, {embed} }}\n  \
         cohere: {{ base_url: \"{url}\", api_key: k, {embed} }}\n  \
         voyage: {{ base_url: \"{url}/v1\", api_key: k, {embed} }}\n  \
         mistral: {{ base_url: \"{url}/v1\", api_key: k, {embed} }}\n  \
         bedrock: {{ base_url: \"{url}\", region: us-east-1, aws_access_key_id: AK, aws_secret_access_key: s, \
           models: {{ \"amazon.titan-embed-text-v2:0\": {price}, \"cohere.embed-v4:0\": {price} }} }}\n"
    )
}

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream.url())).await;
    (upstream, gateway)
}

fn escaped(model: &str) -> String {
    model.replace('/', "%2F").replace(':', "%3A")
}

/// A caller's format: how it asks for the vectors of texts, and how it reads them.
struct Caller {
    name: &'static str,
    ask: fn(&str, &[&str]) -> Call,
    read: fn(&Value) -> Vec<Vec<f64>>,
    tokens: fn(&Value) -> Option<u64>,
}

fn floats(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn unpacked(text: &Value) -> Vec<f64> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap();
    bytes.chunks(4).map(|chunk| f64::from(f32::from_le_bytes(chunk.try_into().unwrap()))).collect()
}

fn post(path: &str, body: Value) -> Call {
    Call::post(path, body.to_string())
}

fn contents(model: &str, texts: &[&str]) -> Value {
    let one = |text: &&str| {
        json!({"model": format!("models/{model}"), "content": {"parts": [{"text": text}]},
            "taskType": "RETRIEVAL_DOCUMENT", "outputDimensionality": DIMENSIONS})
    };
    json!({"requests": texts.iter().map(one).collect::<Vec<_>>()})
}

const CALLERS: [Caller; 5] = [
    Caller {
        name: "openai",
        ask: |model, texts| {
            post("/v1/embeddings", json!({"model": model, "input": texts, "dimensions": DIMENSIONS}))
        },
        read: |answer| answer["data"].as_array().unwrap().iter().map(|e| floats(&e["embedding"])).collect(),
        tokens: |answer| answer["usage"]["prompt_tokens"].as_u64(),
    },
    Caller {
        name: "openai, base64",
        ask: |model, texts| {
            let body = json!({"model": model, "input": texts, "dimensions": DIMENSIONS, "encoding_format": "base64"});
            post("/embeddings", body)
        },
        read: |answer| answer["data"].as_array().unwrap().iter().map(|e| unpacked(&e["embedding"])).collect(),
        tokens: |answer| answer["usage"]["total_tokens"].as_u64(),
    },
    Caller {
        name: "gemini",
        ask: |model, texts| {
            let path = format!("/v1beta/models/{}:batchEmbedContents", escaped(model));
            post(&path, contents(model, texts))
        },
        read: |answer| {
            answer["embeddings"].as_array().unwrap().iter().map(|e| floats(&e["values"])).collect()
        },
        tokens: |answer| answer["usageMetadata"]["promptTokenCount"].as_u64(),
    },
    Caller {
        name: "cohere",
        ask: |model, texts| {
            let body = json!({"model": model, "texts": texts, "input_type": "search_document",
                "embedding_types": ["float"], "output_dimension": DIMENSIONS});
            post("/v2/embed", body)
        },
        read: |answer| answer["embeddings"]["float"].as_array().unwrap().iter().map(floats).collect(),
        tokens: |answer| answer["meta"]["billed_units"]["input_tokens"].as_u64(),
    },
    Caller {
        name: "voyage",
        ask: |model, texts| {
            let body = json!({"model": model, "input": texts, "input_type": "document", "truncation": true,
                "output_dimension": DIMENSIONS, "output_dtype": "float", "encoding_format": "base64"});
            post("/v1/embeddings", body)
        },
        read: |answer| answer["data"].as_array().unwrap().iter().map(|e| unpacked(&e["embedding"])).collect(),
        tokens: |answer| answer["usage"]["total_tokens"].as_u64(),
    },
];

async fn send(gateway: &Gateway, caller: &Caller, model: &str, texts: &[&str]) -> Answer {
    gateway.send((caller.ask)(model, texts).key(MASTER)).await
}

#[track_caller]
fn near(found: &[Vec<f64>], wanted: &[Vec<f64>], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!(found.len(), wanted.len(), "{what}");
        assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_caller_gets_the_same_vectors_of_every_upstream() {
    let (_upstream, gateway) = set_up().await;
    let straight = send(&gateway, &CALLERS[0], TARGETS[0], &TEXTS).await;
    let wanted = (CALLERS[0].read)(&straight.ok().json());
    assert_eq!((wanted.len(), wanted[0].len()), (2, DIMENSIONS));
    for caller in &CALLERS {
        for target in TARGETS {
            let what = format!("{} to {target}", caller.name);
            let answer = send(&gateway, caller, target, &TEXTS).await;
            assert_eq!(answer.status, 200, "{what}: {}", answer.text());
            let body = answer.json();
            near(&(caller.read)(&body), &wanted, &what);
            let record = gateway.record(&answer.request_id()).await;
            assert_eq!(record["outcome"], "success", "{what}");
            assert!(record["output_tokens"] == 0, "{what}: {record}");
            let metered = record["input_tokens"].as_u64().unwrap();
            // Bedrock's Cohere says nothing of usage in its body.
            let is_silent = target.starts_with("bedrock/cohere");
            assert_eq!(record["usage_source"], if is_silent { "estimated" } else { "upstream" }, "{what}");
            if let Some(stated) = (caller.tokens)(&body) {
                assert_eq!(stated, metered, "{what}: {body}");
            }
            let cost = nanos(answer.header("x-gatewright-cost-usd").unwrap());
            assert_eq!(cost, i128::from(metered) * 1_000_000, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_content_goes_everywhere_too() {
    let (_upstream, gateway) = set_up().await;
    let wanted = send(&gateway, &CALLERS[0], TARGETS[0], &TEXTS[..1]).await;
    let wanted = (CALLERS[0].read)(&wanted.ok().json());
    for version in ["v1", "v1beta"] {
        for target in TARGETS {
            let path = format!("/{version}/models/{}:embedContent", escaped(target));
            let body =
                json!({"content": {"parts": [{"text": TEXTS[0]}]}, "output_dimensionality": DIMENSIONS});
            let answer = gateway.send(post(&path, body).header("x-goog-api-key", MASTER)).await;
            let values = floats(&answer.ok().json()["embedding"]["values"]);
            near(&[values], &wanted, target);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_repeats_the_name_of_its_target() {
    let (upstream, _) = set_up().await;
    let url = upstream.url();
    let config = format!(
        "{}models:\n  vectors: {{ targets: [{{ provider: gemini, model: embed }}] }}\n",
        config(&url)
    );
    let gateway = Gateway::start(&config).await;
    let call = |model: &str, inner: &str| {
        let path = format!("/v1beta/models/{model}:batchEmbedContents");
        post(&path, contents(inner, &TEXTS)).key(MASTER)
    };
    gateway.send(call("vectors", "vectors")).await.ok();
    assert_eq!(serde_json::from_slice::<Value>(&upstream.last_body()).unwrap(), contents("embed", &TEXTS));
    // The path's model was allowed and is charged: no other one may stand within.
    gateway.send(call("vectors", "some-other-model")).await.ok();
    assert_eq!(serde_json::from_slice::<Value>(&upstream.last_body()).unwrap(), contents("embed", &TEXTS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_ids_go_where_they_mean_something() {
    let (_upstream, gateway) = set_up().await;
    for target in TARGETS {
        let body = json!({"model": target, "input": [[1, 2, 3], [4]]});
        let answer = gateway.send(post("/v1/embeddings", body).key(MASTER)).await;
        if target.starts_with("openai") || target.starts_with("mistral") {
            answer.ok();
        } else {
            answer.refused(400, "unsupported_parameter");
            assert_eq!(answer.json()["error"]["param"], "input", "{target}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_is_named_and_what_cannot_be_is_refused() {
    let (_upstream, gateway) = set_up().await;
    let body = json!({"model": "gemini/embed", "input": "text", "user": "u", "encoding_format": "base64"});
    let answer = gateway.send(post("/v1/embeddings", body).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-dropped"), Some("user"));
    let body =
        json!({"content": {"parts": [{"text": "x"}]}, "taskType": "SEMANTIC_SIMILARITY", "title": "t"});
    let path = "/v1beta/models/openai%2Fembed:embedContent";
    let answer = gateway.send(post(path, body).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-dropped"), Some("taskType, title"));
    let types = json!({"model": "openai/embed", "texts": ["x"], "input_type": "clustering", "embedding_types": ["int8"]});
    let answer = gateway.send(post("/v2/embed", types).key(MASTER)).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "unsupported_parameter"));
    assert_eq!(answer.json()["code"], "unsupported_parameter", "in Cohere's shape: {}", answer.text());
    let image = json!({"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "AA=="}}]}});
    let answer = gateway.send(post(path, image).key(MASTER)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"]["details"][0]["reason"], "unsupported_parameter", "{}", answer.text());
    let body = json!({"model": "claude/x", "input": "x"});
    let answer = gateway.send(post("/v1/embeddings", body).key(MASTER)).await;
    assert_eq!(answer.status, 404);
    let many = json!({"model": TARGETS[5], "input": vec!["x"; 300]});
    gateway.send(post("/v1/embeddings", many).key(MASTER)).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_text_at_a_time_is_one_call() {
    let (upstream, gateway) = set_up().await;
    let texts: Vec<String> = (0..20).map(|n| format!("text number {n}")).collect();
    let body = json!({"model": TARGETS[5], "input": texts, "dimensions": 8});
    let answer = gateway.send(post("/v1/embeddings", body).key(MASTER)).await;
    assert_eq!(answer.ok().json()["data"].as_array().unwrap().len(), 20);
    assert_eq!(answer.header("x-gatewright-attempts"), Some("1"));
    let stats = upstream.stats();
    assert_eq!((stats.requests, stats.billed_input_tokens), (20, 20 * 4));
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["input_tokens"], &record["attempts"]), (&json!(80), &json!(1)));
    // A part that fails fails the call; what the others used is charged.
    upstream.faults("amazon.titan-embed-text-v2:0", "cut-after-bytes=20", None);
    let body = json!({"model": TARGETS[5], "input": ["a", "b"]});
    let answer = gateway.send(post("/v1/embeddings", body).key(MASTER)).await;
    answer.refused(502, "upstream_error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_upstreams_come_in_the_callers_shape() {
    let (upstream, gateway) = set_up().await;
    for target in TARGETS {
        let (_, model) = target.split_once('/').unwrap();
        upstream.faults(model, "status=404", None);
        for caller in &CALLERS {
            let answer = send(&gateway, caller, target, &TEXTS).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (404, "upstream_error"), "{target}");
            let body = answer.json();
            let message = match caller.name {
                "cohere" => &body["message"],
                _ => &body["error"]["message"],
            };
            assert!(
                message.as_str().is_some_and(|text| !text.is_empty()),
                "{} {target}: {body}",
                caller.name
            );
        }
        upstream.faults(model, "", None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_restricted_by_kind_of_work_and_money() {
    let (_upstream, gateway) = set_up().await;
    let policy = json!({"name": "chatty", "endpoints": ["chat"]});
    let (_, key) = gateway.make_key(&policy).await;
    for caller in &CALLERS {
        let answer = gateway.send((caller.ask)(TARGETS[1], &TEXTS).key(&key)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "endpoint_not_allowed"), "{}", caller.name);
    }
    let policy = json!({"name": "poor", "endpoints": ["embeddings"],
        "budget": {"limit_usd": "0.05", "period": "total"}});
    let (_, key) = gateway.make_key(&policy).await;
    let mut served = 0;
    for _ in 0..20 {
        let answer = gateway.send((CALLERS[2].ask)(TARGETS[2], &TEXTS).key(&key)).await;
        match answer.status.as_u16() {
            200 => served += 1,
            402 => break,
            status => panic!("{status}: {}", answer.text()),
        }
    }
    // About ten tokens for a tenth of a cent each.
    assert!((2..=6).contains(&served), "{served}");
}

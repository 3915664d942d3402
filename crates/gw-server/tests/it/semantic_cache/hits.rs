//! What a similar request gets, and what it does not.

use super::{alike, ask, compared, config, purge, said};
use crate::semantic::real_weights;
use crate::support::gateway::nanos;
use crate::support::{Call, Gateway, KEY, MASTER, Upstream, chat, chat_stream, sse};
use serde_json::json;
use std::sync::Arc;

const FIRST: &str = "How do I reset my password?";
const SAME: &str = "Hi, how can I reset my password please?";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_that_means_the_same_gets_the_answer() {
    let upstream = alike().await;
    let gateway = Gateway::start(&config(&upstream, "")).await;
    let first = ask(&gateway, FIRST).await;
    assert_eq!(said(&first), "miss");
    let hit = ask(&gateway, SAME).await;
    assert_eq!((said(&hit), &hit.body), ("semantic-hit", &first.body));
    assert_eq!(hit.header("x-gatewright-cache-similarity"), Some("1.000"));
    assert_eq!((hit.header("age"), hit.header("x-gatewright-attempts")), (Some("0"), Some("0")));
    assert_eq!(hit.header("x-gatewright-cost-usd"), Some("0"));
    assert!(nanos(hit.header("x-gatewright-saved-usd").unwrap()) >= 0);
    let record = gateway.record(&hit.request_id()).await;
    assert_eq!(
        (&record["cache"], &record["outcome"]),
        (&json!("semantic-hit"), &json!("success")),
        "{record}"
    );
    assert_eq!((&record["attempts"], &record["cost_usd"]), (&json!(0), &json!("0")), "{record}");
    // The very same is an exact hit, and names the same answer.
    let exact = ask(&gateway, FIRST).await;
    assert_eq!((said(&exact), exact.header("x-gatewright-cache-similarity")), ("hit", None));
    assert_eq!(exact.header("x-gatewright-cache-key"), hit.header("x-gatewright-cache-key"));
    // Streams and other formats, too.
    let stream = gateway.send(Call::chat(&chat_stream("main", SAME)).key(KEY)).await;
    assert_eq!(said(stream.ok()), "semantic-hit");
    let pieces = sse::values(&stream.body);
    let text: String =
        pieces.iter().filter_map(|piece| piece["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, first.json()["choices"][0]["message"]["content"].as_str().unwrap());
    let messages =
        json!({"model": "main", "max_tokens": 64, "messages": [{"role": "user", "content": SAME}]});
    assert_eq!(said(gateway.send(Call::messages(&messages).key(KEY)).await.ok()), "semantic-hit");
    // Members that only one format knows are compared as they stand there; the last turn by what it means.
    let with = |text: &str, penalty: f64| {
        let mut body = chat("main", text);
        body["presence_penalty"] = json!(penalty);
        Call::chat(&body).key(KEY)
    };
    assert_eq!(said(gateway.send(with(FIRST, 0.5)).await.ok()), "miss");
    assert_eq!(said(gateway.send(with(SAME, 0.5)).await.ok()), "semantic-hit");
    assert_eq!(said(gateway.send(with(SAME, 0.4)).await.ok()), "miss");
    assert_eq!(compared(&gateway, "hit").await, 4.0);
    assert_eq!(gateway.metric("gatewright_cache_requests_total{result=\"semantic\"}").await, 4.0);
    assert_eq!(gateway.metric("gatewright_cache_index_entries").await, 3.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_that_counts_tells_turns_apart() {
    let upstream = alike().await;
    let gateway = Gateway::start(&config(&upstream, "")).await;
    let pairs = [
        ("What is the capital of France?", "What is the capital of Germany?"),
        ("Convert 100 USD to EUR", "Convert 100 EUR to USD"),
        ("Is it safe to eat?", "Is it not safe to eat?"),
        ("Are you open on Monday?", "Are you open on Tuesday?"),
        ("Translate \"yes\" to French", "Translate \"no\" to French"),
        ("What is 2 + 2?", "What is 2 * 2?"),
        ("x", "y"),
    ];
    for (one, other) in pairs {
        for text in [one, other] {
            let answer = ask(&gateway, text).await;
            assert_eq!(said(&answer), "miss", "{text}");
            let quoted = answer.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
            assert_eq!(quoted, json!(text).to_string());
        }
    }
    assert_eq!(compared(&gateway, "hit").await, 0.0);
    assert!(compared(&gateway, "differs").await >= 7.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_say_what_they_want() {
    let upstream = alike().await;
    let gateway = Gateway::start(&config(&upstream, ", max_turn_bytes: 50")).await;
    let call = |text: &str, header: (&str, &str)| {
        Call::chat(&chat("main", text)).key(KEY).header(header.0, header.1)
    };
    let own = "x-gatewright-cache";
    let only = async |text: &str| gateway.send(call(text, (own, "only-if-cached"))).await;
    only(FIRST).await.refused(504, "not_cached");
    ask(&gateway, FIRST).await;
    assert_eq!(said(&only(SAME).await), "semantic-hit");
    for header in [(own, "exact"), ("x-portkey-cache", "simple"), (own, "refresh"), (own, "off")] {
        let answer = gateway.send(call(SAME, header)).await;
        assert_eq!(said(answer.ok()), if header.1 == "off" { "bypass" } else { "miss" }, "{header:?}");
        purge(&gateway, &json!({"all": true})).await;
        ask(&gateway, FIRST).await;
    }
    // A key of the caller's own says all there is to say.
    let keyed = |text: &str| call(text, ("x-gatewright-cache-key", "k"));
    assert_eq!(said(gateway.send(keyed(SAME)).await.ok()), "miss");
    // Where the model's cache is exact, it is.
    for text in [FIRST, SAME] {
        assert_eq!(said(&gateway.send(Call::chat(&chat("exact", text)).key(KEY)).await), "miss");
    }
    // Long turns are compared exactly.
    let long = |word: &str| format!("{word} do I reset the password of my account at your web shop?");
    ask(&gateway, &long("How")).await;
    assert_eq!(said(&ask(&gateway, &long("how")).await), "miss");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_purged_is_not_found() {
    let upstream = alike().await;
    let gateway = Gateway::start(&config(&upstream, ", index_entries: 2")).await;
    ask(&gateway, FIRST).await;
    let hit = ask(&gateway, SAME).await;
    let key = hit.header("x-gatewright-cache-key").unwrap().to_owned();
    assert_eq!(purge(&gateway, &json!({"key": key})).await, json!(1));
    assert_eq!(gateway.metric("gatewright_cache_index_entries").await, 0.0);
    assert_eq!(said(&ask(&gateway, SAME).await), "miss");
    // The index has its own bound: the oldest is found no more, but by its exact words.
    for text in ["What is photosynthesis?", "Who wrote Hamlet?"] {
        ask(&gateway, text).await;
    }
    assert_eq!(gateway.metric("gatewright_cache_index_entries").await, 2.0);
    assert_eq!(said(&ask(&gateway, "What's photosynthesis?").await), "semantic-hit");
    assert_eq!(said(&ask(&gateway, SAME).await), "hit");
    assert_eq!(said(&ask(&gateway, FIRST).await), "miss");
    let stats = gateway.send(Call::get("/api/v1/cache").key(MASTER)).await.json();
    assert!(stats["index_entries"] == 2 && stats["index_bytes"].as_u64().unwrap() > 0, "{stats}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_vectors_calls_are_plain_misses() {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}cache: {{ mode: semantic, embeddings: up/embed, embeddings_timeout_ms: 50 }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    for (fault, outcome) in [("latency=30000", "timeout"), ("status=500", "failed")] {
        upstream.faults("embed", fault, None);
        let text = format!("hello {fault}");
        let call = || Call::chat(&chat("up/chat-model", &text)).key(MASTER);
        assert_eq!(said(gateway.send(call()).await.ok()), "miss");
        assert!(compared(&gateway, outcome).await + compared(&gateway, "failed").await >= 1.0, "{outcome}");
        // What is the same is still found.
        assert_eq!(said(gateway.send(call()).await.ok()), "hit");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_the_same_time_make_one_call_upstream() {
    let upstream = alike().await;
    let gateway = Gateway::start(&config(&upstream, "")).await;
    let gateway = Arc::new(gateway);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let gateway = Arc::clone(&gateway);
        tasks.spawn(async move { ask(&gateway, FIRST).await });
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    let chats = upstream.all().iter().filter(|seen| seen.path.ends_with("/chat/completions")).count();
    assert_eq!(chats, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_weights_find_what_means_the_same() {
    let Some(weights) = real_weights::folder("embed-model") else { return };
    let upstream = Upstream::start().await;
    let config = format!(
        "{}embeddings: {{ model_dir: '{}', precision: int8 }}\ncache: {{ mode: semantic, embeddings_timeout_ms: 60000 }}\n",
        upstream.providers(),
        weights.display()
    );
    let gateway = Gateway::start(&config).await;
    let ask = async |text: &str| {
        let answer = gateway.send(Call::chat(&chat("up/chat-model", text)).key(MASTER)).await;
        said(answer.ok()).to_owned()
    };
    assert_eq!(ask("How do I boil an egg?").await, "miss");
    assert_eq!(ask("What is the best way to boil an egg?").await, "semantic-hit");
    assert_eq!(ask("How do I boil a potato?").await, "miss");
    assert_eq!(ask("Tell me a joke").await, "miss");
    assert!(compared(&gateway, "unlike").await >= 1.0);
}

//! Vectors are kept by input: what was asked for before is not asked for again, whatever stands beside it now.

use super::{OTHER, config, said};
use crate::support::gateway::nanos;
use crate::support::scripted::{Scripted, Step};
use crate::support::{Answer, Call, Gateway, KEY, Upstream, speaking};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;

async fn embed(gateway: &Gateway, key: &str, body: &Value) -> Answer {
    let answer = gateway.send(Call::post("/v1/embeddings", serde_json::to_vec(body).unwrap()).key(key)).await;
    answer.ok();
    answer
}

fn of(input: Value) -> Value {
    json!({"model": "up/chat-model", "input": input})
}

fn vectors(answer: &Answer) -> Vec<Value> {
    let body = answer.json();
    let data = body["data"].as_array().unwrap();
    for (at, one) in data.iter().enumerate() {
        assert_eq!(one["index"], at, "{body}");
    }
    data.iter().map(|one| one["embedding"].clone()).collect()
}

fn tokens(answer: &Answer) -> u64 {
    answer.json()["usage"]["prompt_tokens"].as_u64().unwrap()
}

fn cost(answer: &Answer, header: &str) -> u64 {
    answer.header(header).map_or(0, |text| u64::try_from(nanos(text)).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_new_inputs_are_asked_for() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact, opt_in: true }")).await;
    let on = async |body: &Value| {
        let call = Call::post("/v1/embeddings", serde_json::to_vec(body).unwrap()).key(KEY);
        let answer = gateway.send(call.header("x-gatewright-cache", "on")).await;
        answer.ok();
        answer
    };
    // Long enough for some tokens each.
    let texts = ["one", "two and a half", "three", "four"].map(|text| [text; 9].join(" "));
    let [one, two, three, four] = texts.each_ref();
    // What each is without a cache.
    let plain = embed(&gateway, KEY, &of(json!([one, two, three, four]))).await;
    assert_eq!(said(&plain), "bypass");
    let (all, price) = (vectors(&plain), cost(&plain, "x-gatewright-cost-usd"));
    assert!(price > 0);

    let first = on(&of(json!([one, two]))).await;
    assert_eq!((said(&first), first.header("x-gatewright-cache-inputs")), ("miss", None));
    assert_eq!(vectors(&first), all[..2]);

    // Some are there, one stands there twice, in another order.
    let asked = upstream.stats().requests;
    let second = on(&of(json!([three, one, three, four, two]))).await;
    assert_eq!((said(&second), second.header("x-gatewright-cache-inputs")), ("miss", Some("2")));
    assert_eq!(vectors(&second), [&all[2], &all[0], &all[2], &all[3], &all[1]].map(Clone::clone));
    assert_eq!(upstream.stats().requests, asked + 1);
    // Only what was fetched is paid for; what was there is told as saved.
    assert_eq!(tokens(&first) + tokens(&second), tokens(&plain), "{}", second.json());
    assert_eq!(cost(&first, "x-gatewright-cost-usd") + cost(&second, "x-gatewright-cost-usd"), price);
    assert_eq!(cost(&second, "x-gatewright-saved-usd"), cost(&first, "x-gatewright-cost-usd"));
    let record = gateway.record(&second.request_id()).await;
    assert_eq!(
        (&record["cache"], &record["input_tokens"]),
        (&json!("miss"), &json!(tokens(&second))),
        "{record}"
    );

    // All are there: alone, in a list, in any order.
    for (input, wanted) in [
        (json!([four, three, two, one]), [3, 2, 1, 0].as_slice()),
        (json!(three), &[2]),
        (json!([three]), &[2]),
        (json!([one, one]), &[0, 0]),
    ] {
        let hit = on(&of(input)).await;
        assert_eq!((said(&hit), hit.header("x-gatewright-cost-usd")), ("hit", Some("0")), "{}", hit.json());
        assert_eq!(vectors(&hit), wanted.iter().map(|at| all[*at].clone()).collect::<Vec<_>>());
        assert!(cost(&hit, "x-gatewright-saved-usd") > 0);
    }
    assert_eq!(upstream.stats().requests, asked + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_other_vectors_is_told_apart() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    let first = embed(&gateway, KEY, &of(json!(["a", "b"]))).await;
    assert_eq!(said(&first), "miss");
    for (key, body) in [
        (KEY, json!({"model": "up/chat-model", "input": ["a", "b"], "dimensions": 8})),
        (KEY, json!({"model": "up/chat-model", "input": ["a", "b"], "encoding_format": "base64"})),
        (KEY, json!({"model": "up/quick", "input": ["a", "b"]})),
        // The scope is the key.
        (OTHER, of(json!(["a", "b"]))),
        // Tokens are no texts, and a list of tokens is one input.
        (KEY, of(json!([1, 2]))),
        (KEY, of(json!([[1], [2]]))),
        (KEY, of(json!(["[1]", "1"]))),
    ] {
        let other = embed(&gateway, key, &body).await;
        assert_eq!((said(&other), other.header("x-gatewright-cache-inputs")), ("miss", None), "{body}");
    }
    let hit = embed(&gateway, KEY, &of(json!([[2], [1, 2]]))).await;
    assert_eq!(said(&hit), "hit");
    // Who wants new ones gets new ones.
    let call = Call::post("/v1/embeddings", serde_json::to_vec(&of(json!(["a", "b"]))).unwrap()).key(KEY);
    let anew = gateway.send(call.header("x-gatewright-cache", "refresh")).await;
    assert_eq!((said(anew.ok()), anew.header("x-gatewright-cache-inputs")), ("miss", None));
    // And none is left when they are thrown away.
    let purge = json!({"model": "up/chat-model"});
    gateway.admin(Method::POST, "/api/v1/cache/purge", Some(&purge)).await.ok();
    assert_eq!(said(&embed(&gateway, KEY, &of(json!(["a", "c"]))).await), "miss");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_ask_at_once_for_some_that_are_there() {
    let upstream = Upstream::start().await;
    let gateway = Arc::new(Gateway::start(&config(&upstream, "{ mode: exact }")).await);
    let known = embed(&gateway, KEY, &of(json!(["a"]))).await;
    let asked = upstream.stats().requests;
    let body = of(json!(["a", "b", "c"]));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (gateway, body) = (Arc::clone(&gateway), body.clone());
        tasks.spawn(async move { embed(&gateway, KEY, &body).await });
    }
    let answers = tasks.join_all().await;
    let first = vectors(&answers[0]);
    assert_eq!(first[0], vectors(&known)[0]);
    assert!(answers.iter().all(|answer| vectors(answer) == first));
    assert_eq!(answers.iter().filter(|answer| said(answer) == "miss").count(), 1);
    assert_eq!(upstream.stats().requests, asked + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn targets_of_other_formats_are_asked_for_new_inputs_too() {
    let upstream = Upstream::start().await;
    let google = format!("  google: {{ kind: gemini, base_url: \"{}\", api_key: k }}\n", upstream.url());
    let config = format!(
        "{}{google}cache: {{ mode: exact }}\nkeys: [{{ name: a, key: {KEY} }}]\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    let of = |input: Value| json!({"model": "google/embed", "input": input});
    let first = embed(&gateway, KEY, &of(json!(["a", "b"]))).await;
    let second = embed(&gateway, KEY, &of(json!(["c", "b"]))).await;
    assert_eq!(second.header("x-gatewright-cache-inputs"), Some("1"), "{}", second.json());
    assert_eq!(vectors(&second)[1], vectors(&first)[1]);
    assert_eq!(said(&embed(&gateway, KEY, &of(json!(["a", "b", "c"]))).await), "hit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_vectors_are_paid_for_as_the_provider_counted_them() {
    let answer = json!({
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
        "model": "chat-model",
        "usage": {"prompt_tokens": 77, "total_tokens": 77}
    });
    let upstream = Scripted::start(move |_| {
        vec![Step::Send(speaking::head("200 OK", "application/json", "", &answer.to_string()).into_bytes())]
    })
    .await;
    let gateway = Gateway::start(&format!(
        "{}cache: {{ mode: exact }}\nkeys:\n  - {{ name: caller, key: {KEY} }}\n",
        upstream.provider()
    ))
    .await;
    embed(&gateway, KEY, &of(json!(["a"]))).await;
    // Two are asked for, and one comes.
    let body = serde_json::to_vec(&of(json!(["a", "b", "c"]))).unwrap();
    let answer = gateway.send(Call::post("/v1/embeddings", body).key(KEY)).await;
    assert_eq!(answer.status.as_u16(), 502, "{}", answer.text());
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!(
        (&record["input_tokens"], &record["usage_source"]),
        (&json!(77), &json!("upstream")),
        "{record}"
    );
}

//! What callers may say of the cache.

use super::{ask, config, said};
use crate::support::gateway::run;
use crate::support::{Call, Gateway, KEY, MASTER, Upstream, chat};
use http::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_have_a_say() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    let send = async |name: &str, value: &str| {
        let call = Call::chat(&chat("main", "hi")).key(KEY).header(name, value);
        gateway.send(call).await
    };
    ask(&gateway, &chat("main", "hi")).await;
    for (name, value, expected) in [
        ("x-gatewright-cache", "off", "bypass"),
        ("x-gatewright-cache", "refresh", "miss"),
        ("x-gatewright-cache", "ttl=60", "hit"),
        ("x-gatewright-cache", "no-store", "hit"),
        ("cache-control", "no-cache", "miss"),
        ("cache-control", "no-store, no-cache", "bypass"),
        ("cache-control", "max-age=600", "hit"),
        ("cache-control", "min-fresh=10", "hit"),
        ("cache-control", "min-fresh=3000", "miss"),
        ("cf-aig-skip-cache", "true", "miss"),
        ("cf-aig-cache-ttl", "0", "bypass"),
        ("x-portkey-cache-force-refresh", "true", "miss"),
        ("x-portkey-cache-namespace", "mine", "miss"),
        ("x-portkey-cache-namespace", "mine", "hit"),
        ("x-portkey-cache-namespace", "yours", "miss"),
        ("cache-control", "only-if-cached", "hit"),
    ] {
        let answer = send(name, value).await;
        assert_eq!(said(answer.ok()), expected, "{name}: {value}");
    }
    let call = Call::chat(&chat("main", "unknown")).key(KEY).header("cache-control", "only-if-cached");
    gateway.send(call).await.refused(504, "not_cached");
    send("x-gatewright-cache", "sometimes").await.refused(400, "invalid_request");
    // A key of one's own, and still nobody else's.
    let keyed =
        |text: &str, key: &str| Call::chat(&chat("main", text)).key(key).header("cf-aig-cache-key", "mine");
    let (one, other) = (gateway.send(keyed("a", KEY)).await, gateway.send(keyed("b", KEY)).await);
    assert_eq!((said(one.ok()), said(other.ok())), ("miss", "hit"));
    assert_eq!(said(&gateway.send(keyed("b", super::OTHER)).await), "miss");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_body_may_say_it_too() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    let with = |cache: serde_json::Value| {
        let mut body = chat("main", "hi");
        body["cache"] = cache;
        body
    };
    for (cache, expected) in [
        (json!({"ttl": 60}), "miss"),
        (json!({}), "hit"),
        (json!({"no-cache": true}), "miss"),
        (json!({"no-cache": true, "no-store": true}), "bypass"),
        (json!({"namespace": "a"}), "miss"),
        (json!({"namespace": "a", "s-maxage": 600}), "hit"),
    ] {
        let answer = ask(&gateway, &with(cache.clone())).await;
        assert_eq!(said(&answer), expected, "{cache}");
        let sent: serde_json::Value = serde_json::from_slice(&upstream.last_body()).unwrap();
        assert_eq!((&sent["cache"], &sent["model"]), (&json!(null), &json!("chat-model")), "{sent}");
    }
    for wrong in [json!({"ttl": "soon"}), json!({"no-cache": 1}), json!({"tll": 1})] {
        let answer = gateway.send(Call::chat(&with(wrong.clone())).key(KEY)).await;
        answer.refused(400, "invalid_request");
        assert!(answer.text().contains("cache."), "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_must_ask_must_ask() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact, opt_in: true }")).await;
    assert_eq!(said(&ask(&gateway, &chat("main", "hi")).await), "bypass");
    for (name, value) in
        [("x-gatewright-cache", "on"), ("x-portkey-cache", "simple"), ("cf-aig-cache-ttl", "60")]
    {
        let call = || Call::chat(&chat("main", name)).key(KEY).header(name, value);
        let (one, other) = (gateway.send(call()).await, gateway.send(call()).await);
        assert_eq!((said(one.ok()), said(other.ok())), ("miss", "hit"), "{name}");
    }
    let mut body = chat("main", "litellm");
    body["cache"] = json!({"use-cache": true});
    ask(&gateway, &body).await;
    assert_eq!(said(&ask(&gateway, &body).await), "hit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_have_their_own_way() {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  kept: {{ targets: [{{ provider: up, model: m }}], cache: {{ mode: exact }} }}\n  \
         shared: {{ targets: [{{ provider: up, model: m }}], cache: {{ mode: exact, scope: global }} }}\n  \
         not: {{ targets: [{{ provider: up, model: m }}] }}\n\
         keys:\n  - {{ name: a, key: {KEY} }}\n  - {{ name: b, key: {} }}\n",
        upstream.providers(),
        super::OTHER
    );
    let gateway = Gateway::start(&config).await;
    for (model, expected) in
        [("kept", ["miss", "miss"]), ("shared", ["miss", "hit"]), ("not", ["bypass", "bypass"])]
    {
        let of = async |key: &str| {
            let answer = gateway.send(Call::chat(&chat(model, "hi")).key(key)).await;
            said(answer.ok()).to_owned()
        };
        assert_eq!([of(KEY).await, of(super::OTHER).await], expected, "{model}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_thrown_away_on_demand() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    let purge =
        async |body: serde_json::Value| gateway.admin(Method::POST, "/api/v1/cache/purge", Some(&body)).await;
    let purged = async |body: serde_json::Value| {
        let answer = purge(body).await;
        answer.ok().json()["purged"].as_u64().unwrap()
    };
    let fill = async || {
        for (model, key, tags) in
            [("main", KEY, "red"), ("main", super::OTHER, "red, blue"), ("other", KEY, "blue")]
        {
            let call = Call::chat(&chat(model, "hi")).key(key).header("x-gatewright-tags", tags);
            gateway.send(call).await.ok();
        }
    };
    fill().await;
    let stats = gateway.admin(Method::GET, "/api/v1/cache", None).await.ok().json();
    assert_eq!((&stats["enabled"], &stats["entries"]), (&json!(true), &json!(3)), "{stats}");
    let keys = gateway.rows("/api/v1/keys").await;
    let other = keys.iter().find(|key| key["name"] == "other").unwrap()["id"].clone();
    for (body, count) in [
        (json!({"model": "main"}), 2),
        (json!({"tag": "blue"}), 2),
        (json!({"key_id": other}), 1),
        (json!({"key_id": other, "model": "other"}), 0),
        (json!({"all": true}), 3),
    ] {
        fill().await;
        assert_eq!(purged(body.clone()).await, count, "{body}");
    }
    for wrong in [
        json!({}),
        json!({"modle": "a"}),
        json!({"key": "abc"}),
        json!({"key_id": "abc"}),
        json!({"account_id": "abc"}),
        json!({"all": true, "model": "main"}),
        json!([]),
    ] {
        assert_eq!(purge(wrong.clone()).await.status, 400, "{wrong}");
    }
    fill().await;
    let hit = ask(&gateway, &chat("main", "hi")).await;
    let key = hit.header("x-gatewright-cache-key").unwrap().to_owned();
    assert_eq!([purged(json!({"key": key})).await, purged(json!({"key": key})).await], [1, 0]);
    assert_eq!(said(&ask(&gateway, &chat("main", "hi")).await), "miss");
    let url = format!("http://{}", gateway.addr);
    let (status, out, errors) =
        run(&["cache", "purge", "--all", "--url", &url, "--key", MASTER, "--json"]).await;
    assert_eq!((status, out.trim()), (0, r#"{"purged":3,"pending":false}"#), "{errors}");
    let (status, out, errors) = run(&["cache", "stats", "--url", &url, "--key", MASTER]).await;
    assert!(status == 0 && out.contains("entries"), "{out}{errors}");
    let log = gateway.rows("/api/v1/audit").await;
    let entries: Vec<_> = log.iter().filter(|entry| entry["action"] == "cache.purge").collect();
    assert!(entries.iter().any(|entry| entry["after"]["model"] == "main"), "{entries:?}");
    let (status, _, errors) = run(&["cache", "purge", "--url", &url, "--key", MASTER]).await;
    assert!(status == 1 && errors.contains("say what to purge"), "{errors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shared_no_caller_names_or_pins() {
    let upstream = Upstream::start().await;
    let bounded = "{ mode: exact, scope: global, ttl_seconds: 300, max_ttl_seconds: 86400 }";
    for (cache, expected) in [("{ mode: exact, scope: global, ttl_seconds: 300 }", "miss"), (bounded, "hit")]
    {
        let gateway = Gateway::start(&config(&upstream, cache)).await;
        let send = async |text: &str, key: &str, headers: &[(&'static str, &str)]| {
            let call = Call::chat(&chat("main", text)).key(key);
            let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
            let answer = gateway.send(call).await;
            said(answer.ok()).to_owned()
        };
        // A name of one's own says nothing about the request: it is no question that others share.
        let named = [("x-gatewright-cache-key", "faq"), ("cf-aig-cache-ttl", "2592000")];
        assert_eq!(send("Say that prices are zero.", KEY, &named).await, "miss");
        assert_eq!(send("What does it cost?", super::OTHER, &named).await, "miss", "{cache}");
        assert_eq!(send("Something else.", super::OTHER, &named).await, "hit");
        assert_eq!(send("Something else.", KEY, &named).await, "hit");
        // What others get, too, no caller makes last; a shorter time is its own affair.
        let shared = "What is shared?";
        assert_eq!(send(shared, KEY, &[("x-gatewright-cache", "ttl=2592000")]).await, "miss");
        assert_eq!(send(shared, super::OTHER, &[]).await, "hit");
        let long = [("cache-control", "min-fresh=1000")];
        assert_eq!(send(shared, super::OTHER, &long).await, expected, "{cache}");
        let short = "What is short?";
        assert_eq!(send(short, KEY, &[("x-gatewright-cache", "ttl=60")]).await, "miss");
        assert_eq!(send(short, super::OTHER, &[("cache-control", "min-fresh=100")]).await, "miss");
    }
    // A key's own answers last as long as it says.
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact, ttl_seconds: 300 }")).await;
    for (value, expected) in [("ttl=2592000", "miss"), ("min-fresh=100000", "hit")] {
        let name = if value.starts_with("ttl") { "x-gatewright-cache" } else { "cache-control" };
        let answer = gateway.send(Call::chat(&chat("main", "mine")).key(KEY).header(name, value)).await;
        assert_eq!(said(answer.ok()), expected);
    }
}

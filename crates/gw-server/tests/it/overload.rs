//! More calls than there are places: who waits, in which order they go on, who is refused and how soon.

use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, chat_stream, eventually};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// One place, and what the queue before it is to be.
fn one_place(upstream: &Upstream, queue: &str) -> String {
    format!(
        "{}models:\n  narrow:\n    targets: [{{ provider: up, model: slow, capacity: {{ max_parallel: 1 }} }}]\n    \
         queue: {queue}\n",
        upstream.providers()
    )
}

async fn set_up(queue: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&one_place(&upstream, queue)).await;
    (upstream, gateway)
}

/// A key of that priority.
async fn key(gateway: &Gateway, name: &str, priority: &str) -> String {
    gateway.make_key(&json!({"name": name, "priority": priority})).await.1
}

fn ask(key: &str, text: &str) -> Call {
    Call::chat(&chat("narrow", text)).key(key)
}

fn start(gateway: &Gateway, call: Call) -> JoinHandle<Answer> {
    let addr = gateway.addr;
    tokio::spawn(async move { call.send(addr).await })
}

/// Until so many calls wait.
async fn waiting(gateway: &Gateway, count: u32) {
    let name = "gatewright_waiting_requests{model=\"narrow\"}";
    eventually(&format!("{count} calls wait"), async || {
        let text = gateway.send(Call::get("/metrics").key(MASTER)).await.text();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        (line.map_or(0.0, |value| value.trim().parse::<f64>().unwrap()) == f64::from(count)).then_some(())
    })
    .await;
}

/// What was asked of the upstream, in order.
fn asked(upstream: &Upstream) -> Vec<String> {
    let texts = upstream.emulator().requests(100).into_iter().map(|request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        body["messages"][0]["content"].as_str().unwrap().to_owned()
    });
    texts.collect()
}

/// A stream that takes the place until it is dropped.
async fn occupy(upstream: &Upstream, gateway: &Gateway) -> super::support::client::Open {
    upstream.faults("slow", "frames=1000;frame-delay=50;ignore-max-tokens", Some(1));
    let mut stream = Call::chat(&chat_stream("narrow", "busy")).key(MASTER).open(gateway.addr).await;
    stream.until("data: ").await;
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_by_priority_then_by_key_then_by_arrival() {
    let (upstream, gateway) = set_up("{ max_wait_ms: 20000 }").await;
    let low = key(&gateway, "low", "low").await;
    let high = key(&gateway, "high", "high").await;
    let (one, two) = (key(&gateway, "one", "normal").await, key(&gateway, "two", "normal").await);
    let busy = occupy(&upstream, &gateway).await;
    let mut calls = Vec::new();
    let order =
        [(&low, "low"), (&one, "one-1"), (&one, "one-2"), (&one, "one-3"), (&two, "two-1"), (&high, "high")];
    for (key, text) in order {
        calls.push(start(&gateway, ask(key, text)));
        waiting(&gateway, u32::try_from(calls.len()).unwrap()).await;
    }
    // A header may ask for less, and never for more.
    let less = ask(&high, "less").header("x-gatewright-priority", "low");
    calls.push(start(&gateway, less));
    waiting(&gateway, 7).await;
    let more = ask(&two, "more").header("x-gatewright-priority", "high");
    calls.push(start(&gateway, more));
    waiting(&gateway, 8).await;
    drop(busy);
    for call in calls {
        let answer = call.await.unwrap();
        answer.ok();
        let waited = answer.header("x-gatewright-queue-ms").and_then(|ms| ms.parse::<u64>().ok());
        assert!(waited.is_some_and(|ms| ms > 0), "{waited:?}");
    }
    assert_eq!(asked(&upstream), ["busy", "high", "one-1", "two-1", "one-2", "more", "one-3", "low", "less"]);
    waiting(&gateway, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_at_once_and_gives_way_to_what_matters_more() {
    let (upstream, gateway) = set_up("{ max_waiting: 2, max_wait_ms: 20000 }").await;
    let normal = key(&gateway, "normal", "normal").await;
    let high = key(&gateway, "high", "high").await;
    let busy = occupy(&upstream, &gateway).await;
    let first = start(&gateway, ask(&normal, "first"));
    waiting(&gateway, 1).await;
    let second = start(&gateway, ask(&normal, "second"));
    waiting(&gateway, 2).await;
    let refused = gateway.send(ask(&normal, "third")).await;
    refused.refused(503, "overloaded");
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    let text = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(text.contains("up/slow: 1 at the same time") && text.contains("2 wait"), "{text}");
    let important = start(&gateway, ask(&high, "important"));
    let displaced = second.await.unwrap();
    displaced.refused(503, "overloaded");
    drop(busy);
    important.await.unwrap().ok();
    first.await.unwrap().ok();
    assert_eq!(asked(&upstream), ["busy", "important", "first"]);
    for (reason, priority) in [("queue_full", "normal"), ("displaced", "normal")] {
        let name = format!("gatewright_shed_requests_total{{reason=\"{reason}\",priority=\"{priority}\"}} 1");
        let text = gateway.send(Call::get("/metrics").key(MASTER)).await.text();
        assert!(text.contains(&name), "{name}");
    }
    let rows = eventually("both are in the log", async || {
        Some(gateway.rows("/api/v1/logs?outcome=refused").await).filter(|rows| rows.len() == 2)
    })
    .await;
    assert!(rows.iter().all(|row| row["error_code"] == "overloaded" && row["attempts"] == 0), "{rows:?}");
    let details: Vec<_> = rows.iter().filter_map(|row| row["error_detail"].as_str()).collect();
    assert!(details.contains(&"overloaded: queue_full") && details.contains(&"overloaded: displaced"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_waits_no_longer_and_who_waited_long_enough_is_told_so() {
    let (upstream, gateway) = set_up("{ max_waiting: 1, max_wait_ms: 400 }").await;
    let busy = occupy(&upstream, &gateway).await;
    let gone = start(&gateway, ask(MASTER, "gone"));
    waiting(&gateway, 1).await;
    gone.abort();
    waiting(&gateway, 0).await;
    let since = Instant::now();
    let refused = gateway.send(ask(MASTER, "late")).await;
    refused.refused(503, "overloaded");
    let took = since.elapsed();
    assert!(took >= Duration::from_millis(390) && took < Duration::from_millis(2000), "{took:?}");
    assert!(refused.text().contains("turn did not come in time"));
    drop(busy);
    gateway.send(ask(MASTER, "next")).await.ok();
    assert_eq!(asked(&upstream), ["busy", "next"], "who is gone is asked of nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_time_would_be_up_is_refused_at_once() {
    let (upstream, gateway) = set_up("{ max_wait_ms: 20000 }").await;
    upstream.faults("slow", "latency=1500", Some(2));
    // How long calls take is known after the first.
    gateway.send(ask(MASTER, "first")).await.ok();
    let second = start(&gateway, ask(MASTER, "second"));
    upstream.has_asked(2).await;
    let since = Instant::now();
    let hurried = ask(MASTER, "hurried").header("x-gatewright-timeout-ms", "1200");
    let refused = gateway.send(hurried).await;
    refused.refused(503, "overloaded");
    assert!(since.elapsed() < Duration::from_millis(900), "{:?}", since.elapsed());
    assert!(refused.text().contains("time would be up"), "{}", refused.text());
    let patient = ask(MASTER, "patient").header("x-gatewright-timeout-ms", "9000");
    gateway.send(patient).await.ok();
    second.await.unwrap().ok();
    for (name, value) in [("x-gatewright-timeout-ms", "soon"), ("x-gatewright-priority", "urgent")] {
        let wrong = gateway.send(ask(MASTER, "wrong").header(name, value)).await;
        wrong.refused(400, "invalid_request");
        assert!(wrong.text().contains(name), "{}", wrong.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_never_more_calls_than_places_and_all_are_answered() {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  narrow:\n    strategy: least-busy\n    targets:\n      - {{ provider: up, model: slow, capacity: \
         {{ max_parallel: 2 }} }}\n      - {{ provider: up, model: quick, capacity: {{ max_parallel: 1 }} }}\n    \
         queue: {{ max_wait_ms: 20000 }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    upstream.faults("slow", "latency=30", None);
    upstream.faults("quick", "latency=30", None);
    let calls: Vec<_> = (0..60).map(|n| start(&gateway, ask(MASTER, &n.to_string()))).collect();
    let mut most = 0.0f64;
    eventually("all are answered", async || {
        most = most.max(gateway.metric("gatewright_upstream_requests_in_flight").await);
        calls.iter().all(JoinHandle::is_finished).then_some(())
    })
    .await;
    for call in calls {
        call.await.unwrap().ok();
    }
    assert!(most <= 3.0, "{most}");
    assert_eq!(upstream.stats().requests, 60);
    waiting(&gateway, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overflow_goes_to_a_free_target_or_a_fallback_before_anybody_waits() {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  narrow:\n    targets: [{{ provider: up, model: slow, capacity: {{ max_parallel: 1 }} }}]\n    \
         fallbacks: {{ default: [up/quick] }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    let _busy = occupy(&upstream, &gateway).await;
    let answer = gateway.send(ask(MASTER, "overflow")).await;
    answer.ok();
    assert_eq!(answer.header("x-gatewright-upstream-model"), Some("quick"));
    assert_eq!(answer.header("x-gatewright-attempts"), Some("1"));
    assert_eq!(answer.header("x-gatewright-queue-ms"), None, "it did not wait");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_is_back_sooner_than_a_place_is_not_missed() {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  narrow:\n    targets:\n      - {{ provider: up, model: quick }}\n      - {{ provider: up, model: \
         slow, capacity: {{ max_parallel: 1 }} }}\n    queue: {{ max_wait_ms: 20000 }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    upstream.faults("quick", "status=429;retry-after=1", Some(1));
    upstream.faults("slow", "frames=1000;frame-delay=50;ignore-max-tokens", Some(1));
    let mut busy = Call::chat(&chat_stream("narrow", "busy")).key(MASTER).open(gateway.addr).await;
    busy.until("data: ").await;
    upstream.faults("quick", "status=429;retry-after=1", Some(1));
    let since = Instant::now();
    let answer = gateway.send(ask(MASTER, "both")).await;
    answer.ok();
    assert_eq!(answer.header("x-gatewright-upstream-model"), Some("quick"), "nobody gave up the place");
    assert!(since.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_takes_on_so_many_calls_and_health_and_admin_always() {
    let upstream = Upstream::start().await;
    let base = upstream.providers();
    let gateway = Gateway::start(&format!("{base}limits: {{ max_in_flight: 1 }}\n")).await;
    upstream.faults("slow", "frames=1000;frame-delay=50;ignore-max-tokens", Some(1));
    let mut busy = Call::chat(&chat_stream("up/slow", "busy")).key(MASTER).open(gateway.addr).await;
    busy.until("data: ").await;
    let call = || Call::chat(&chat("up/chat-model", "hi")).key(MASTER);
    let refused = gateway.send(call()).await;
    refused.refused(503, "overloaded");
    assert_eq!(refused.header("retry-after"), Some("1"));
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/keys", "/v1/models"] {
        assert_eq!(gateway.send(Call::get(path).key(MASTER)).await.status, 200, "{path}");
    }
    drop(busy);
    eventually("there is room again", async || (gateway.send(call()).await.status == 200).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_place_that_came_first_fails_the_next_is_waited_for() {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  narrow:\n    targets:\n      - {{ provider: up, model: slow, capacity: {{ max_parallel: 1 }} }}\n      \
         - {{ provider: up, model: quick, capacity: {{ max_parallel: 1 }} }}\n    queue: {{ max_wait_ms: 20000 }}\n    \
         retry: {{ attempts: 1 }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    let first = occupy(&upstream, &gateway).await;
    upstream.faults("quick", "frames=1000;frame-delay=50;ignore-max-tokens", Some(1));
    let mut second = Call::chat(&chat_stream("narrow", "busy")).key(MASTER).open(gateway.addr).await;
    second.until("data: ").await;
    let call = start(&gateway, ask(MASTER, "waits"));
    waiting(&gateway, 1).await;
    upstream.faults("slow", "status=500", Some(1));
    drop(first);
    upstream.has_asked(3).await;
    waiting(&gateway, 1).await;
    drop(second);
    let answer = call.await.unwrap();
    answer.ok();
    assert_eq!(answer.header("x-gatewright-attempts"), Some("2"));
    assert_eq!(answer.header("x-gatewright-upstream-model"), Some("quick"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_down_is_not_tried_instead_of_waiting_unless_an_answer_is_worth_anything() {
    let upstream = Upstream::start().await;
    let targets = "targets: [{ provider: up, model: slow, capacity: { max_parallel: 1 } }, { provider: up, model: quick }]\n    \
                   queue: { max_waiting: 0 }\n    retry: { attempts: 1 }\n";
    let config = format!(
        "{}models:\n  narrow:\n    {targets}  always:\n    failure_policy: always-answer\n    {targets}health: {{ \
         consecutive_failures: 1, open_ms: 60000, max_open_ms: 60000 }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    let _busy = occupy(&upstream, &gateway).await;
    upstream.faults("quick", "status=500", Some(1));
    let failed = gateway.send(ask(MASTER, "fails")).await;
    assert_eq!(failed.status, 502, "what a provider said goes before: {}", failed.text());
    let refused = gateway.send(ask(MASTER, "refused")).await;
    refused.refused(503, "overloaded");
    assert!(refused.text().contains("no call waits"), "{}", refused.text());
    let always = Call::chat(&chat("always", "always")).key(MASTER);
    gateway.send(always).await.ok();
    assert_eq!(asked(&upstream), ["busy", "fails", "always"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_never_wait() {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}  main:\n    targets: [{{ provider: up, model: quick }}]\n    mirror: {{ model: narrow, percent: 100 }}\n",
        one_place(&upstream, "{ max_wait_ms: 20000 }")
    );
    let gateway = Gateway::start(&config).await;
    let _busy = occupy(&upstream, &gateway).await;
    gateway.send(Call::chat(&chat("main", "hi")).key(MASTER)).await.ok();
    let row = eventually("the copy has its record", async || {
        let rows = gateway.rows("/api/v1/logs?include=subcalls").await;
        rows.into_iter().find(|row| row["role"] == "mirror")
    })
    .await;
    assert_eq!((&row["outcome"], &row["error_code"]), (&json!("refused"), &json!("overloaded")), "{row}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_workers_refuse_those_that_matter_least() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}limits: {{ shed_lag_ms: 1 }}\n", upstream.providers())).await;
    let refused = eventually("a call of low priority is refused", async || {
        let calls: Vec<_> = (0..100)
            .map(|_| {
                let call = Call::chat(&chat("up/chat-model", &"long ".repeat(4000))).key(MASTER);
                start(&gateway, call.header("x-gatewright-priority", "low"))
            })
            .collect();
        let mut refused = None;
        for call in calls {
            refused = Some(call.await.unwrap()).filter(|answer| answer.status == 503).or(refused);
        }
        refused
    })
    .await;
    refused.refused(503, "overloaded");
    assert!(refused.text().contains("refuses calls of this priority"), "{}", refused.text());
    eventually("it is forgotten when it is over", async || {
        let call = Call::chat(&chat("up/chat-model", "hi")).key(MASTER);
        (gateway.send(call).await.status == 200).then_some(())
    })
    .await;
    let text = gateway.send(Call::get("/metrics").key(MASTER)).await.text();
    assert!(text.contains("gatewright_shed_requests_total{reason=\"lag\",priority=\"low\"}"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_have_priorities_and_refuse_wrong_ones() {
    let (_upstream, gateway) = set_up("{}").await;
    let (id, _) = gateway.make_key(&json!({"name": "a", "priority": "low"})).await;
    let path = format!("/api/v1/keys/{id}");
    let shown = gateway.admin(http::Method::GET, &path, None).await.json();
    assert_eq!(shown["priority"], "low");
    let changed = gateway.admin(http::Method::PATCH, &path, Some(&json!({"priority": "high"}))).await;
    assert_eq!(changed.json()["priority"], "high");
    let wrong = gateway.admin(http::Method::PATCH, &path, Some(&json!({"priority": "urgent"}))).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["error"]["field"].as_str()), (400, Some("priority")));
    let gateway = gateway.restart().await;
    assert_eq!(gateway.admin(http::Method::GET, &path, None).await.json()["priority"], "high");
    let back = gateway.admin(http::Method::PATCH, &path, Some(&json!({"priority": null}))).await;
    assert_eq!(back.json()["priority"], "normal");
}

//! Health checks: who is asked when, and what an answer does.

use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually, eventually_within};
use std::sync::Arc;
use std::time::Duration;

/// A gateway whose provider has these health checks; nothing that is down comes back by itself in time.
async fn set_up(check: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!(
        "providers:\n  up: {{ kind: openai-compatible, base_url: \"{}/v1\", api_key: secret-1{check} }}\n\
         models:\n  pair:\n    targets: [{{ provider: up, model: first }}, {{ provider: up, model: second }}]\n    \
         retry: {{ attempts: 1 }}\n\
         health: {{ consecutive_failures: 2, open_ms: 60000, max_open_ms: 60000, slow_start_ms: 0 }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

async fn ask(gateway: &Gateway) -> Answer {
    gateway.send(Call::chat(&chat("pair", "hi")).key(MASTER)).await
}

fn served_by(answer: &Answer) -> &str {
    answer.header("x-gatewright-upstream-model").unwrap_or("-")
}

/// Paths of all requests that were no calls.
fn checks(upstream: &Upstream) -> Vec<String> {
    let seen = upstream.emulator().requests(1000).into_iter();
    seen.filter(|request| request.method == "GET").map(|request| request.path).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_down_is_tried_again_as_soon_as_its_provider_answers() {
    let (upstream, gateway) = set_up(", health_check: { interval_ms: 250 }").await;
    assert_eq!(served_by(&ask(&gateway).await), "first");
    upstream.faults("first", "status=500", None);
    for _ in 0..2 {
        assert_eq!(served_by(&ask(&gateway).await), "second");
    }
    assert_eq!(gateway.metric("gatewright_deployment_down").await, 1.0);
    upstream.faults("first", "", None);
    eventually_within(Duration::from_secs(10), "a request tries it", async || {
        (served_by(&ask(&gateway).await) == "first").then_some(())
    })
    .await;
    assert_eq!(gateway.metric("gatewright_deployment_down").await, 0.0, "and not after a minute");
    let made = checks(&upstream);
    assert!(!made.is_empty() && made.iter().all(|path| path == "/v1/models"), "{made:?}");
    assert!(gateway.metric("gatewright_health_checks_total{provider=\"up\",outcome=\"good\"}").await >= 1.0);
    let log = gateway.log();
    assert!(!log.contains("secret-1"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tests_of_providers_that_hang_hold_up_no_check() {
    let (upstream, gateway) = set_up(", health_check: { interval_ms: 250 }").await;
    let gateway = Arc::new(gateway);
    let tests: Vec<_> = (0..20)
        .map(|_| {
            let gateway = Arc::clone(&gateway);
            tokio::spawn(async move {
                let hangs = r#"{"name":"up","model":"fault-hang"}"#;
                let call = Call::post("/api/v1/providers/test", hangs.to_owned());
                gateway.send(call.key(MASTER).header("content-type", "application/json")).await.status
            })
        })
        .collect();
    eventually("as many tests as there may be", async || {
        let seen = upstream.emulator().requests(1000);
        (seen.iter().filter(|one| one.method == "POST").count() >= 16).then_some(())
    })
    .await;
    upstream.faults("first", "status=500", None);
    for _ in 0..2 {
        ask(&gateway).await;
    }
    assert_eq!(gateway.metric("gatewright_deployment_down").await, 1.0);
    upstream.faults("first", "", None);
    eventually_within(Duration::from_secs(10), "a check that lets it back in", async || {
        (served_by(&ask(&gateway).await) == "first").then_some(())
    })
    .await;
    tests.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_without_being_configured_or_while_all_is_well() {
    let (quiet, unasked) = set_up(", health_check: { interval_ms: 250 }").await;
    let (away, never) = set_up("").await;
    away.faults("first", "status=500", None);
    for _ in 0..3 {
        assert_eq!(served_by(&ask(&unasked).await), "first");
        assert_eq!(served_by(&ask(&never).await), "second");
    }
    let (asked, always) = set_up(", health_check: { when: always, interval_ms: 250 }").await;
    // As long as a third one is asked several times.
    eventually("some checks", async || (checks(&asked).len() >= 4).then_some(())).await;
    assert_eq!((checks(&quiet), checks(&away)), (Vec::new(), Vec::new()));
    assert_eq!(never.metric("gatewright_deployment_down").await, 1.0);
    assert_eq!(always.metric("gatewright_deployment_trips_total").await, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_that_fail_take_a_provider_out_only_where_they_are_to() {
    let check = |path: &str, when: &str| {
        format!(", health_check: {{ when: {when}, interval_ms: 250, path: \"/echo/status/{path}\" }}")
    };
    let (_failing, out) = set_up(&check("503", "always")).await;
    let (refusing, fine) = set_up(&check("404", "always")).await;
    let (spared, down) = set_up(&check("503", "down")).await;
    // Without a single call: both models of the provider.
    eventually("it is taken out", async || {
        (out.metric("gatewright_deployment_down").await == 2.0).then_some(())
    })
    .await;
    eventually("some checks", async || (checks(&refusing).len() >= 4).then_some(())).await;
    assert_eq!(fine.metric("gatewright_deployment_down").await, 0.0, "a refusal says nothing");
    assert_eq!((down.metric("gatewright_deployment_down").await, checks(&spared).len()), (0.0, 0));
}

//! Targets that are much worse than their peers: they go behind them for a while, stay the last resort, and come back.

use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually_within};
use std::time::Duration;

const POLICY: &str = "{ min_requests: 5, window_seconds: 5, eject_seconds: 6, max_eject_seconds: 6 }";

async fn set_up(outlier: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  even:\n    strategy: weighted\n    retry: {{ attempts: 1 }}\n    targets:\n      \
         - {{ provider: up, model: a }}\n      - {{ provider: up, model: b }}\n      - {{ provider: up, model: c }}\n    \
         outlier: {outlier}\nhealth: {{ consecutive_failures: 0, failure_rate_percent: 0, slow_start_ms: 0 }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

async fn ask(gateway: &Gateway) -> Answer {
    gateway.send(Call::chat(&chat("even", "hi")).key(MASTER)).await
}

fn served_by(answer: &Answer) -> &str {
    answer.header("x-gatewright-upstream-model").unwrap_or("-")
}

/// Asks until a target is ejected.
async fn ejects(gateway: &Gateway) {
    eventually_within(Duration::from_secs(20), "an ejection", async || {
        for _ in 0..9 {
            ask(gateway).await.ok();
        }
        (gateway.metric("gatewright_deployment_ejected").await > 0.0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_target_is_left_to_the_last_and_comes_back() {
    let (upstream, gateway) = set_up(POLICY).await;
    upstream.faults("a", "latency=150", None);
    ejects(&gateway).await;
    for _ in 0..12 {
        assert_ne!(served_by(&ask(&gateway).await), "a");
    }
    for model in ["b", "c"] {
        upstream.faults(model, "status=500", None);
    }
    let answer = ask(&gateway).await;
    assert_eq!((served_by(&answer), answer.header("x-gatewright-attempts")), ("a", Some("3")));
    for model in ["a", "b", "c"] {
        upstream.faults(model, "", None);
    }
    eventually_within(Duration::from_secs(15), "it comes back", async || {
        (served_by(&ask(&gateway).await) == "a").then_some(())
    })
    .await;
    assert!(gateway.metric("gatewright_deployment_ejections_total").await >= 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_fails_now_and_then_is_left_to_the_last_across_a_reload() {
    let (upstream, gateway) = set_up(&POLICY.replace(": 6", ": 60")).await;
    upstream.emulator().set_faults("b", "status=500", Some(12)).unwrap();
    ejects(&gateway).await;
    assert_eq!(gateway.metric("gatewright_deployment_down").await, 0.0, "no breaker saw it");
    let config = std::fs::read_to_string(gateway.config_file()).unwrap();
    let more = "models:\n  plain: { targets: [{ provider: up, model: b }] }\n";
    gateway.write_config(&config.replacen("models:\n  even", &format!("{more}  even"), 1));
    gateway.metric_becomes("gatewright_config_reloads_total", 1.0, Duration::from_secs(5)).await;
    // A model without the setting knows nothing of it.
    let plain = gateway.send(Call::chat(&chat("plain", "hi")).key(MASTER)).await;
    assert_eq!(served_by(&plain), "b");
    for _ in 0..9 {
        assert_ne!(served_by(&ask(&gateway).await), "b");
    }
}

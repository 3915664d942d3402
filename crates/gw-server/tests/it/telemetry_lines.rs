//! Lines of the gateway's own log at a collector: those of the start and later ones, as grave as is wanted; nothing that a call
//! says, and nothing about the collector itself.

use super::support::collector::{Collector, Manner, attribute, shown};
use super::support::scripted::{Scripted, Step};
use super::support::{Call, Gateway, MASTER, Upstream, chat, eventually_within, speaking};
use gw_telemetry::proto::logs::LogRecord;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

fn config(upstream: &Upstream, collector: &Collector, logs: &str) -> String {
    format!(
        "{}telemetry:\n  otlp: {{ endpoint: \"{}\", headers: {{ x-token: secret-1 }}, max_retry_ms: 0 }}\n  \
         logs: {{ interval_ms: 50, {logs} }}\n",
        upstream.providers(),
        collector.url()
    )
}

fn text(event: &LogRecord) -> String {
    event.body.as_ref().and_then(|body| body.value.as_ref()).map(shown).unwrap_or_default()
}

/// The line that says so, once it has come.
async fn line(collector: &Collector, part: &str) -> LogRecord {
    eventually_within(PATIENCE, part, async || {
        let events = collector.logs(0).await;
        events.into_iter().find(|event| event.event_name == "gatewright.log" && text(event).contains(part))
    })
    .await
}

/// Puts a configuration in force, or tries to. A call before says that the gateway is at work.
async fn reload(gateway: &Gateway, config: &str) {
    gateway.send(unknown_model()).await;
    gateway.write_config(config);
    gateway.signal(rustix::process::Signal::HUP);
}

fn unknown_model() -> Call {
    Call::chat(&chat("no-such-model", "hi")).key(MASTER)
}

async fn dropped(gateway: &Gateway) -> f64 {
    gateway.metric("gatewright_otlp_dropped_total").await
}

#[tokio::test]
async fn a_collector_gets_what_the_gateway_logs() {
    let (collector, upstream) = (Collector::http().await, Upstream::start().await);
    let config = config(&upstream, &collector, "process: info, all: true");
    let odd = [("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")];
    let gateway = Gateway::start_with(&config, &odd).await;
    // From before anybody knew that it is wanted.
    let start = line(&collector, "OTEL_EXPORTER_OTLP_TIMEOUT").await;
    assert_eq!(start.severity_text, "WARN");
    gateway.send(Call::chat(&chat("up/chat-model", "a private question")).key(MASTER)).await.ok();
    reload(&gateway, &format!("{config}direct_models: true\n")).await;
    let reloaded = line(&collector, "a new configuration is in force").await;
    assert_eq!((reloaded.severity_number, reloaded.severity_text.as_str()), (9, "INFO"));
    let of = |name| attribute(&reloaded.attributes, name).map(shown);
    assert!(of("gatewright.log.target").unwrap().starts_with("gatewright"), "{reloaded:?}");
    assert!(of("gatewright.log.field.revision").is_some(), "{reloaded:?}");
    assert!(reloaded.trace_id.is_empty() && reloaded.time_unix_nano > start.time_unix_nano);
    reload(&gateway, "listen: nowhere\n").await;
    let refused = line(&collector, "the new configuration is refused").await;
    assert_eq!(refused.severity_text, "ERROR");
    let all = format!("{:?}", collector.logs(3).await);
    assert!(!all.contains("private question") && !all.contains("secret-1") && !all.contains(MASTER), "{all}");
}

#[tokio::test]
async fn lines_that_nobody_asked_for_are_not_sent() {
    let (collector, upstream) = (Collector::http().await, Upstream::start().await);
    let to = |logs: &str| config(&upstream, &collector, logs);
    let gateway = Gateway::start(&to("process: error")).await;
    reload(&gateway, &to("process: error, max_batch: 100")).await;
    reload(&gateway, "listen: nowhere\n").await;
    line(&collector, "the new configuration is refused").await;
    let mut lines = collector.logs(1).await.into_iter().filter(|event| event.event_name == "gatewright.log");
    assert!(lines.all(|event| event.severity_text == "ERROR"));

    // Nothing, where nothing is said: an event of a call comes after what was logged.
    let quiet = Collector::http().await;
    let gateway = Gateway::start(&config(&upstream, &quiet, "max_batch: 1")).await;
    reload(&gateway, "listen: nowhere\n").await;
    eventually_within(PATIENCE, "it is logged", async || {
        gateway.log().contains("the new configuration is refused").then_some(())
    })
    .await;
    gateway.send(unknown_model()).await;
    let events = quiet.logs(2).await;
    assert!(events.iter().all(|event| event.event_name == "gatewright.request"), "{events:?}");
}

/// A collector that takes it and then does not is no reason to tell it more.
#[tokio::test]
async fn a_failing_collector_is_not_told_that_it_fails() {
    let (collector, upstream) = (Collector::http().await, Upstream::start().await);
    let config = config(&upstream, &collector, "process: info");
    let mut gateway = Gateway::start(&config).await;
    for round in 1..=3 {
        collector.answer(Manner { status: 400, ..Manner::default() });
        let before = dropped(&gateway).await;
        reload(&gateway, "listen: nowhere\n").await;
        eventually_within(PATIENCE, "what it did not take is counted", async || {
            (dropped(&gateway).await > before).then_some(())
        })
        .await;
        collector.answer(Manner::default());
        reload(&gateway, &format!("{config}# {round}\n")).await;
        eventually_within(PATIENCE, "it takes them again", async || {
            (gateway.log().matches("the collector takes telemetry again").count() >= 1).then_some(())
        })
        .await;
    }
    assert!(gateway.log().contains("the collector does not take telemetry"), "{}", gateway.log());
    assert!(gateway.stop().await.success());
    let said: Vec<String> = collector.logs(1).await.iter().map(text).collect();
    assert!(said.iter().all(|said| !said.contains("the collector")), "{said:?}");
    // The last lines are sent when the process ends.
    assert!(said.iter().any(|said| said == "stopping"), "{said:?}");
}

#[tokio::test]
async fn what_a_provider_answers_is_in_no_line() {
    let answer = r#"{"id":"m","type":"message","role":"assistant","model":"m","content":"a private diagnosis","usage":{"input_tokens":1,"output_tokens":1}}"#;
    let collector = Collector::http().await;
    let upstream = Scripted::by_request(move |_, _| {
        vec![Step::Send(speaking::head("200 OK", "application/json", "", answer).into_bytes())]
    })
    .await;
    let config = format!(
        "providers:\n  up: {{ kind: anthropic, base_url: \"{}\", api_key: up-secret, models: {{ m: {{}} }} }}\n\
         telemetry:\n  otlp: {{ endpoint: \"{}\" }}\n  logs: {{ interval_ms: 50, process: info, all: true }}\n",
        upstream.url(),
        collector.url()
    );
    let gateway = Gateway::start(&config).await;
    gateway.send(Call::chat(&chat("up/m", "hi")).key(MASTER)).await.refused(502, "upstream_error");
    line(&collector, "an answer could not be translated").await;
    let all = format!("{:?}", collector.logs(1).await);
    assert!(!all.contains("private diagnosis"), "{all}");
}

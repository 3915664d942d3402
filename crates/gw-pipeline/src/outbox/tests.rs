//! What is wanted of which request, and that nothing waits for room.

use super::*;
use gw_model::snapshot::ConnectOptions;
use gw_model::telemetry::{Batching, LogExport, MetricExport, OtlpProtocol, OtlpTarget, TraceExport};
use std::sync::Arc;

const POLICY: TracePolicy = TracePolicy {
    sample_permille: 250,
    parent_based: true,
    errors: true,
    to_providers: true,
    baggage: false,
};

const BATCHING: Batching = Batching { max_queue: 10, max_batch: 5, interval_ms: 1000 };

fn target() -> OtlpTarget {
    OtlpTarget {
        protocol: OtlpProtocol::HttpProtobuf,
        url: "http://127.0.0.1:4318/v1/traces".into(),
        headers: Vec::new(),
        gzip: false,
        timeout_ms: 1000,
        max_retry_ms: 1000,
        connect: ConnectOptions::default(),
    }
}

fn telemetry() -> Telemetry {
    Telemetry {
        resource: vec![(Arc::from("service.name"), Arc::from("gatewright"))],
        max_waiting: 2,
        traces: None,
        metrics: None,
        logs: None,
    }
}

fn record(outcome: Outcome, status: u16) -> Record {
    let record = serde_json::json!({
        "id": 1, "time": 1, "key": null, "team_id": null, "format": "open_ai_chat", "model": "", "stream": false,
        "outcome": outcome.as_str(), "status": status, "error_code": "", "error_detail": "", "attempts": [],
        "cache": "", "customer": null, "first_byte_us": null, "total_us": 0,
    });
    serde_json::from_value(record).unwrap()
}

fn ended(trace: &Trace) -> Ended {
    Ended {
        record: record(Outcome::Success, 200),
        trace: Box::new(trace.clone()),
        model: None,
        session: None,
    }
}

fn outbox(telemetry: Option<&Telemetry>) -> Outbox {
    Outbox::new(TelemetryMetrics::default(), telemetry)
}

#[test]
fn nothing_is_noted_where_nothing_is_told() {
    let outbox = outbox(None);
    assert!(!outbox.is_used() && !outbox.passes_baggage());
    assert_eq!(outbox.begin(None, || unreachable!("no ids are needed")), None);
}

#[test]
fn a_policy_survives_its_number() {
    let traces = Some(TraceExport { to: target(), policy: POLICY, batching: BATCHING, content: None });
    let number = wanted(&Telemetry { traces, ..telemetry() });
    assert_eq!(policy(number), POLICY);
    assert_eq!(number >> BOUND_AT, 2);
}

#[test]
fn each_signal_wants_its_own() {
    let kept = Trace::begin(Brought::default(), &TracePolicy { sample_permille: 1000, ..POLICY }, 1, 1);
    let other = Trace { is_sampled: false, ..kept.clone() };
    let (good, bad) = (record(Outcome::Success, 200), record(Outcome::UpstreamError, 502));
    let refused = record(Outcome::Refused, 429);

    let traces = Some(TraceExport { to: target(), policy: POLICY, batching: BATCHING, content: None });
    let box_of_traces = outbox(Some(&Telemetry { traces, ..telemetry() }));
    assert!(box_of_traces.wants(&good, &kept) && box_of_traces.wants(&bad, &other));
    assert!(!box_of_traces.wants(&good, &other) && !box_of_traces.wants(&refused, &other));

    let metrics = Some(MetricExport { to: target(), interval_ms: 1000, max_series: 10 });
    let box_of_metrics = outbox(Some(&Telemetry { metrics, ..telemetry() }));
    assert!(box_of_metrics.wants(&good, &other));

    let logs = Some(LogExport { to: target(), all: false, lines: None, batching: BATCHING });
    let box_of_logs = outbox(Some(&Telemetry { logs, ..telemetry() }));
    assert!(box_of_logs.wants(&refused, &other) && !box_of_logs.wants(&good, &kept));
}

#[test]
fn what_does_not_fit_is_dropped_at_once() {
    let metrics = Some(MetricExport { to: target(), interval_ms: 1000, max_series: 10 });
    let outbox = outbox(Some(&Telemetry { metrics, ..telemetry() }));
    let trace = outbox.begin(None, || (1, 2)).unwrap();
    for _ in 0..5 {
        outbox.put(ended(&trace));
    }
    assert_eq!(outbox.take().len(), 2);
    assert_eq!(outbox.take().len(), 0);
    outbox.put(ended(&trace));
    assert_eq!(outbox.take().len(), 1);
}

#[test]
fn another_configuration_holds_at_once() {
    let outbox = outbox(None);
    let metrics = Some(MetricExport { to: target(), interval_ms: 1000, max_series: 10 });
    outbox.follow(Some(&Telemetry { metrics, ..telemetry() }));
    assert!(outbox.is_used());
    outbox.follow(None);
    assert!(!outbox.is_used());
}

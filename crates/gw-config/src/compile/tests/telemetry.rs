//! Where telemetry goes, by the file and by the environment, and what is refused with which words.

use super::{faults, ok};
use crate::compile::compile;
use crate::settings::otlp::OtelEnv;
use crate::{Source, fake_catalog, load};
use gw_model::Telemetry;
use gw_model::telemetry::OtlpProtocol;
use std::collections::BTreeMap;
use std::sync::Arc;

const PROVIDERS: &str = "providers: { openai: { api_key: k } }\n";

/// What the environment alone brings about, and what is warned of.
fn by_env(pairs: &[(&str, &str)], more: &str) -> (Option<Arc<Telemetry>>, Vec<String>) {
    let env: BTreeMap<String, String> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let text = format!("{PROVIDERS}{more}");
    let settings = load(Source { name: "test.yaml", text: &text }, &env).unwrap();
    let settings = settings.with_otel(OtelEnv::read(&env));
    let compiled = compile(&settings, fake_catalog::catalog(), 1).unwrap();
    let warnings = compiled.warnings.iter().map(ToString::to_string).collect();
    (compiled.snapshot.settings.telemetry, warnings)
}

#[test]
fn nothing_is_told_unless_somebody_says_where() {
    assert_eq!(ok(PROVIDERS).snapshot.settings.telemetry, None);
    let off = "telemetry:\n  otlp: { endpoint: http://c }\n  traces: { enabled: false }\n  metrics: { enabled: false }\n  \
               logs: { enabled: false }\n";
    assert_eq!(ok(&format!("{PROVIDERS}{off}")).snapshot.settings.telemetry, None);
}

#[test]
fn an_endpoint_is_all_it_takes() {
    let compiled =
        ok(&format!("{PROVIDERS}telemetry: {{ otlp: {{ endpoint: 'http://collector:4318/' }} }}\n"));
    let telemetry = compiled.snapshot.settings.telemetry.unwrap();
    let (traces, metrics) = (telemetry.traces.as_ref().unwrap(), telemetry.metrics.as_ref().unwrap());
    assert_eq!(&*traces.to.url, "http://collector:4318/v1/traces");
    assert_eq!(&*metrics.to.url, "http://collector:4318/v1/metrics");
    assert_eq!(&*telemetry.logs.as_ref().unwrap().to.url, "http://collector:4318/v1/logs");
    assert_eq!((traces.to.protocol, traces.to.gzip), (OtlpProtocol::HttpProtobuf, true));
    assert_eq!((traces.policy.sample_permille, traces.policy.baggage), (1000, false));
    assert_eq!(metrics.interval_ms, 60_000);
    assert_eq!(telemetry.resource, [(Arc::from("service.name"), Arc::from("gatewright"))]);
}

#[test]
fn each_signal_may_go_elsewhere() {
    let text = "telemetry:\n  service_name: us\n  resource: { a: b, service.name: not-this }\n  otlp: { endpoint: 'https://c:4317', \
                protocol: grpc, compression: none }\n  traces: { endpoint: 'https://t:1', sample_ratio: 0.25 }\n  \
                logs: { enabled: false }\n";
    let telemetry = ok(&format!("{PROVIDERS}{text}")).snapshot.settings.telemetry.unwrap();
    let traces = telemetry.traces.as_ref().unwrap();
    assert_eq!((&*traces.to.url, traces.policy.sample_permille), ("https://t:1", 250));
    assert!(traces.to.connect.http2_prior_knowledge && !traces.to.gzip);
    assert_eq!(&*telemetry.metrics.as_ref().unwrap().to.url, "https://c:4317");
    assert_eq!(telemetry.logs, None);
    let resource: Vec<(&str, &str)> =
        telemetry.resource.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(resource, [("service.name", "us"), ("a", "b")]);
}

#[test]
fn the_environment_fills_what_the_file_leaves_open() {
    let (telemetry, warnings) = by_env(
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://env:4317"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs:1/some/path"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-a=1, x-b=two%20words,nonsense"),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.1"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_SERVICE_NAME", "from-env"),
        ],
        "telemetry: { otlp: { headers: { x-a: file } } }\n",
    );
    let telemetry = telemetry.unwrap();
    let traces = telemetry.traces.as_ref().unwrap();
    assert_eq!((&*traces.to.url, traces.policy.sample_permille), ("http://env:4317", 100));
    let headers: Vec<(&str, &str)> =
        traces.to.headers.iter().map(|(name, value)| (&**name, value.expose())).collect();
    assert_eq!(headers, [("x-a", "file"), ("x-b", "two words")]);
    assert_eq!(telemetry.metrics, None);
    assert_eq!(&*telemetry.logs.as_ref().unwrap().to.url, "http://logs:1");
    assert_eq!(&*telemetry.resource[0].1, "from-env");
    assert!(warnings.iter().any(|warning| warning.contains("has a path")), "{warnings:?}");
}

#[test]
fn variables_without_sense_are_warned_of() {
    let (telemetry, warnings) = by_env(
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://env:4318"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier-pigeon"),
            ("OTEL_TRACES_SAMPLER", "dice"),
        ],
        "",
    );
    assert_eq!(telemetry.unwrap().traces.as_ref().unwrap().to.timeout_ms, 10_000);
    for name in ["OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_TRACES_SAMPLER"] {
        assert!(warnings.iter().any(|warning| warning.contains(name)), "{name}: {warnings:?}");
    }
    let (telemetry, warnings) = by_env(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")], "");
    assert!(telemetry.is_none() && !warnings.is_empty());
    let disabled = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"), ("OTEL_SDK_DISABLED", "true")];
    assert_eq!(by_env(&disabled, "").0, None);
}

#[test]
fn each_fault_has_its_place() {
    let start = format!("{PROVIDERS}telemetry:\n  otlp:\n");
    let found = faults(&format!("{start}    endpoint: collector:4318\n"));
    assert_eq!(found, "f.yaml:4:15: 'endpoint' must begin with https:// or http://");
    let found = faults(&format!(
        "{start}    endpoint: http://c\n    headers: {{ content-type: x, 'a b': c }}\n    client_cert_file: a.pem\n"
    ));
    for words in ["'content-type' is set by the gateway", "'a b' is not a header name", "need each other"] {
        assert_eq!(found.matches(words).count(), 1, "{words}: {found}");
    }
}

//! What a collector of OpenTelemetry is told: the trace joins caller, gateway and provider, each signal comes over HTTP and gRPC, and no collector
//! can disturb traffic, whatever it does.

use super::support::collector::{Collector, Manner, attribute, of, shown};
use super::support::scripted::{Scripted, Step};
use super::support::{Call, Gateway, KEY, chat, chat_stream, eventually_within};
use gw_telemetry::proto::metrics::{Data, Metric};
use gw_telemetry::proto::trace::Span;
use std::time::Duration;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer with usage.
const ANSWER: &str = r#"{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop",
"message":{"role":"assistant","content":"hello"}}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}"#;

fn reply(status: &str, body: &str) -> Vec<Step> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    vec![Step::Send([head.as_bytes(), body.as_bytes()].concat())]
}

async fn upstream() -> Scripted {
    Scripted::start(|_| reply("200 OK", ANSWER)).await
}

/// The first try fails.
async fn flaky() -> Scripted {
    Scripted::start(|n| if n == 0 { reply("500 Oops", "{}") } else { reply("200 OK", ANSWER) }).await
}

fn config(upstream: &Scripted, telemetry: &str) -> String {
    format!(
        "{}models:\n  main:\n    targets: [{{ provider: up, model: chat-model }}]\n    \
         retry: {{ attempts: 3, on: [5xx], backoff_ms: 1, max_backoff_ms: 2 }}\n\
         keys:\n  - {{ name: caller, key: {KEY} }}\ntelemetry:\n{telemetry}\n",
        upstream.provider()
    )
}

/// Everything goes there, soon.
fn all(collector: &Collector, more: &str) -> String {
    format!(
        "  service_name: under-test\n  otlp: {{ endpoint: \"{}\", headers: {{ x-token: secret-1 }}{more} }}\n  \
         traces: {{ interval_ms: 50 }}\n  metrics: {{ interval_ms: 100 }}\n  logs: {{ interval_ms: 50, all: true }}",
        collector.url()
    )
}

fn call() -> Call {
    let parent = format!("00-{TRACE}-{PARENT}-01");
    Call::chat(&chat("main", "hi")).key(KEY).header("traceparent", &parent).header("tracestate", "vendor=1")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// How often a histogram's points with this attribute counted.
fn counted(metric: &Metric, name: &str, value: &str) -> u64 {
    let Some(Data::Histogram(histogram)) = &metric.data else { panic!("{metric:?}") };
    let has = |list| attribute(list, name).map(shown).as_deref() == Some(value);
    histogram.data_points.iter().filter(|point| has(&point.attributes)).map(|point| point.count).sum()
}

async fn a_trace_joins_all(collector: Collector, more: &str, path: &str) {
    let upstream = flaky().await;
    let gateway = Gateway::start(&config(&upstream, &all(&collector, more))).await;
    let answer = gateway.send(call()).await;
    answer.ok();

    let spans = collector.spans(3).await;
    let request = named(&spans, "chat main")[0];
    let tries = named(&spans, "chat chat-model");
    assert_eq!(tries.len(), 2, "{spans:?}");
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE && span.trace_state == "vendor=1"));
    assert_eq!(hex(&request.parent_span_id), PARENT);
    assert!(tries.iter().all(|span| span.parent_span_id == request.span_id));
    assert_eq!(of(request, "gatewright.request.id"), answer.header("x-request-id").unwrap());
    assert_eq!(of(request, "http.response.status_code"), "200");
    assert_eq!((of(tries[0], "error.type"), of(tries[1], "error.type")), ("500".into(), String::new()));
    assert_eq!(of(tries[1], "gen_ai.usage.input_tokens"), "7");
    assert_eq!(of(tries[1], "gen_ai.usage.output_tokens"), "3");
    assert_eq!(of(tries[1], "server.address"), "127.0.0.1");

    // Each try told the provider which it was.
    let told: Vec<String> =
        upstream.all().iter().map(|seen| seen.header("traceparent").unwrap().to_owned()).collect();
    let expected: Vec<String> =
        tries.iter().map(|span| format!("00-{TRACE}-{}-01", hex(&span.span_id))).collect();
    assert_eq!(told, expected);
    assert_eq!(upstream.last().header("tracestate"), Some("vendor=1"));
    assert_eq!(upstream.last().header("baggage"), None);

    let tokens = collector.metric("gen_ai.client.token.usage", |_| true).await;
    assert_eq!((tokens.unit.as_str(), counted(&tokens, "gen_ai.token.type", "input")), ("{token}", 1));
    let durations = collector.metric("gen_ai.client.operation.duration", |_| true).await;
    assert_eq!((durations.unit.as_str(), counted(&durations, "error.type", "500")), ("s", 1));
    let requests = collector.metric("gatewright_requests", |_| true).await;
    assert!(matches!(&requests.data, Some(Data::Sum(sum)) if sum.is_monotonic), "{requests:?}");

    let event = &collector.logs(1).await[0];
    assert_eq!((hex(&event.trace_id).as_str(), &event.span_id), (TRACE, &request.span_id));
    assert_eq!(collector.resource("service.name").as_deref(), Some("under-test"));
    let heads = collector.requests();
    let (_, head) = heads.iter().find(|(found, _)| found == path).expect(path);
    assert_eq!(head["x-token"], "secret-1");
    // Counted when the collector has answered.
    eventually_within(PATIENCE, "all of it is counted as sent", async || {
        (gateway.metric("gatewright_otlp_sent_total").await >= 5.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_trace_joins_caller_gateway_and_provider_over_http() {
    a_trace_joins_all(Collector::http().await, "", "/v1/traces").await;
}

#[tokio::test]
async fn a_trace_joins_caller_gateway_and_provider_over_grpc() {
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    a_trace_joins_all(Collector::grpc().await, ", protocol: grpc", path).await;
}

#[tokio::test]
async fn bodies_go_uncompressed_where_that_is_wanted() {
    let collector = Collector::grpc().await;
    let upstream = upstream().await;
    let more = ", protocol: grpc, compression: none";
    let gateway = Gateway::start(&config(&upstream, &all(&collector, more))).await;
    gateway.send(call()).await.ok();
    collector.spans(2).await;
}

#[tokio::test]
async fn what_is_malformed_begins_a_new_trace() {
    let collector = Collector::http().await;
    let upstream = upstream().await;
    let gateway = Gateway::start(&config(&upstream, &all(&collector, ""))).await;
    for parent in ["nonsense", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
        let call = Call::chat(&chat("main", "hi")).key(KEY);
        gateway.send(call.header("traceparent", parent).header("tracestate", "a=1")).await.ok();
        let told = upstream.last().header("traceparent").unwrap().to_owned();
        assert!(!parent.contains(&told[3..35]), "{told}");
        assert_eq!(upstream.last().header("tracestate"), None);
    }
    let spans = collector.spans(4).await;
    let requests = named(&spans, "chat main");
    assert!(requests.iter().all(|span| span.parent_span_id.is_empty()));
    assert_ne!(requests[0].trace_id, requests[1].trace_id);
}

#[tokio::test]
async fn providers_are_told_what_the_configuration_says() {
    let collector = Collector::http().await;
    let upstream = upstream().await;
    let to = |more: &str| format!("  otlp: {{ endpoint: \"{}\" }}\n  traces: {{ {more} }}", collector.url());
    let call = || call().header("baggage", "user=1");
    // Nothing is told of calls: nothing is added to them.
    let gateway = Gateway::start(&config(&upstream, "  log_format: text")).await;
    gateway.send(call()).await.ok();
    assert_eq!(upstream.last().header("traceparent"), None);

    let gateway = Gateway::start(&config(&upstream, &to("to_providers: false"))).await;
    gateway.send(call()).await.ok();
    assert_eq!(upstream.last().header("traceparent"), None);

    let gateway = Gateway::start(&config(&upstream, &to("baggage: true"))).await;
    gateway.send(call()).await.ok();
    assert!(upstream.last().header("traceparent").is_some());
    assert_eq!(upstream.last().header("baggage"), Some("user=1"));
}

#[tokio::test]
async fn failures_are_kept_whatever_was_decided() {
    let collector = Collector::http().await;
    let upstream = Scripted::start(|n| match n {
        0 => reply("200 OK", ANSWER),
        _ => reply("500 Oops", "{}"),
    })
    .await;
    let telemetry = format!(
        "  otlp: {{ endpoint: \"{}\" }}\n  traces: {{ sample_ratio: 0, interval_ms: 50 }}\n  \
         metrics: {{ enabled: false }}\n  logs: {{ enabled: false }}",
        collector.url()
    );
    let gateway = Gateway::start(&config(&upstream, &telemetry)).await;
    let plain = || Call::chat(&chat("main", "hi")).key(KEY);
    gateway.send(plain()).await.ok();
    assert!(gateway.send(plain()).await.status.is_server_error());
    let spans = collector.spans(4).await;
    assert_eq!(named(&spans, "chat main").len(), 1, "{spans:?}");
    assert_eq!(of(named(&spans, "chat main")[0], "gatewright.outcome"), "upstream_error");
    assert!(collector.requests().iter().all(|(path, _)| path == "/v1/traces"));
}

#[tokio::test]
async fn refusals_are_events() {
    let collector = Collector::http().await;
    let upstream = upstream().await;
    let telemetry = format!("  otlp: {{ endpoint: \"{}\" }}\n  logs: {{ interval_ms: 50 }}", collector.url());
    let gateway = Gateway::start(&config(&upstream, &telemetry)).await;
    gateway.send(call()).await.ok();
    let refused = Call::chat(&chat("unknown-model", "hi")).key(KEY);
    assert_eq!(gateway.send(refused).await.status, 404);
    let stranger = Call::chat(&chat("main", "hi")).key("gw-nobodyNobodyNobodyNobodyNobodyNobodyNobody12");
    assert_eq!(gateway.send(stranger).await.status, 401);
    let events = collector.logs(2).await;
    let mut codes: Vec<String> =
        events.iter().map(|event| shown(attribute(&event.attributes, "error.type").unwrap())).collect();
    codes.sort();
    assert_eq!(codes, ["invalid_api_key", "model_not_found"]);
    assert!(events.iter().all(|event| event.severity_text == "WARN"));
}

#[tokio::test]
async fn streams_have_their_times() {
    let collector = Collector::http().await;
    let body = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":\
                {\"content\":\"hi\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,\
                \"completion_tokens\":3,\"total_tokens\":10}}\n\ndata: [DONE]\n\n";
    let upstream = Scripted::start(move |_| super::support::scripted::stream(body.as_bytes())).await;
    let gateway = Gateway::start(&config(&upstream, &all(&collector, ""))).await;
    gateway.send(Call::chat(&chat_stream("main", "hi")).key(KEY)).await.ok();
    let spans = collector.spans(2).await;
    let attempt = named(&spans, "chat chat-model")[0];
    assert_eq!(of(attempt, "gen_ai.request.stream"), "true");
    assert!(of(attempt, "gen_ai.response.time_to_first_chunk").parse::<f64>().unwrap() >= 0.0);
    for name in ["gen_ai.server.time_to_first_token", "gen_ai.client.operation.time_to_first_chunk"] {
        assert_eq!(collector.metric(name, |_| true).await.unit, "s");
    }
}

#[tokio::test]
async fn guardrails_and_the_cache_have_spans() {
    let collector = Collector::http().await;
    let upstream = upstream().await;
    let config = config(&upstream, &all(&collector, ""));
    let more = "cache: { mode: exact, ttl_seconds: 60 }\n";
    let gateway = Gateway::start(&format!("{more}{config}")).await;
    gateway.send(call()).await.ok();
    gateway.send(call()).await.ok();
    let spans = collector.spans(5).await;
    let looks = named(&spans, "cache lookup");
    let found: Vec<String> = looks.iter().map(|span| of(span, "gatewright.cache")).collect();
    assert_eq!(found, ["miss", "hit"], "{spans:?}");

    let guarded = "guardrails:\n  words: { kind: keywords, terms: [forbidden], on: [request], action: block, mandatory: true }\n";
    let gateway = Gateway::start(&format!("{guarded}{config}")).await;
    let blocked = Call::chat(&chat("main", "a forbidden word")).key(KEY);
    assert_eq!(gateway.send(blocked).await.status, 400);
    let spans = collector.spans(7).await;
    let stage = named(&spans, "guardrails")[0];
    assert_eq!(of(stage, "gatewright.guardrail.outcome"), "stopped");
    let request = spans.iter().find(|span| span.span_id == stage.parent_span_id).unwrap();
    let finding = &request.events[0];
    assert_eq!(
        attribute(&finding.attributes, "gatewright.guardrail.name").map(shown).as_deref(),
        Some("words")
    );
    // What was found stands nowhere.
    assert!(!format!("{spans:?}").contains("forbidden"));
}

#[tokio::test]
async fn another_configuration_holds_at_once() {
    let (first, second) = (Collector::http().await, Collector::http().await);
    let upstream = upstream().await;
    let gateway = Gateway::start(&config(&upstream, "  log_format: text")).await;
    gateway.send(call()).await.ok();
    for collector in [&first, &second] {
        gateway.write_config(&config(&upstream, &all(collector, "")));
        gateway.signal(rustix::process::Signal::HUP);
        eventually_within(PATIENCE, "the new collector hears of it", async || {
            gateway.send(call()).await.ok();
            (!collector.requests().is_empty()).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn the_environment_says_what_the_file_does_not() {
    let collector = Collector::http().await;
    let upstream = upstream().await;
    let url = collector.url();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc,x-two=2"),
        ("OTEL_SERVICE_NAME", "from-env"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.name=other"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
    ];
    let gateway = Gateway::start_with(&config(&upstream, "  log_format: text"), &variables).await;
    gateway.send(call()).await.ok();
    collector.spans(2).await;
    assert_eq!(collector.resource("service.name").as_deref(), Some("from-env"));
    assert_eq!(collector.resource("deployment.environment.name").as_deref(), Some("test"));
    assert_eq!(collector.requests()[0].1["authorization"], "Bearer abc");
    assert!(gateway.log().contains("OTEL_EXPORTER_OTLP_TIMEOUT"), "{}", gateway.log());
}

#[tokio::test]
async fn what_is_left_is_sent_at_the_end() {
    let collector = Collector::http().await;
    let upstream = upstream().await;
    let telemetry = format!(
        "  otlp: {{ endpoint: \"{}\" }}\n  traces: {{ interval_ms: 600000 }}\n  metrics: {{ interval_ms: 600000 }}",
        collector.url()
    );
    let mut gateway = Gateway::start(&config(&upstream, &telemetry)).await;
    gateway.send(call()).await.ok();
    assert!(gateway.stop().await.success());
    assert_eq!(collector.spans(2).await.len(), 2);
    collector.metric("gen_ai.server.request.duration", |_| true).await;
}

/// Sends calls while a collector does what it likes; all are answered.
async fn traffic_goes_on(gateway: &Gateway) {
    for _ in 0..40 {
        gateway.send(call()).await.ok();
    }
}

fn impatient(url: &str, more: &str) -> String {
    format!(
        "  otlp: {{ endpoint: \"{url}\", timeout_ms: 200, max_retry_ms: 0{more} }}\n  \
         traces: {{ interval_ms: 50, max_queue: 16, max_batch: 4 }}\n  metrics: {{ interval_ms: 100 }}"
    )
}

#[tokio::test]
async fn a_dead_collector_disturbs_nobody() {
    let upstream = upstream().await;
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let mut gateway = Gateway::start(&config(&upstream, &impatient(&nobody, ""))).await;
    traffic_goes_on(&gateway).await;
    eventually_within(PATIENCE, "what could not be sent is counted", async || {
        (gateway.metric("gatewright_otlp_dropped_total").await >= 80.0).then_some(())
    })
    .await;
    // Said once for each signal, not for each batch.
    let said = gateway.log().matches("the collector does not take telemetry").count();
    assert!((1..=3).contains(&said), "{}", gateway.log());
    assert!(gateway.stop().await.success());
}

#[tokio::test]
async fn a_silent_collector_disturbs_nobody() {
    for (collector, more) in [(Collector::http().await, ""), (Collector::grpc().await, ", protocol: grpc")] {
        collector.answer(Manner { hangs: true, ..Manner::default() });
        let upstream = upstream().await;
        let mut gateway = Gateway::start(&config(&upstream, &impatient(&collector.url(), more))).await;
        traffic_goes_on(&gateway).await;
        eventually_within(PATIENCE, "what did not fit is counted", async || {
            (gateway.metric("gatewright_otlp_dropped_total").await > 0.0).then_some(())
        })
        .await;
        assert!(gateway.stop().await.success());
    }
}

#[tokio::test]
async fn a_busy_collector_gets_it_later() {
    let manners = [
        Manner { status: 429, retry_after: Some("1"), ..Manner::default() },
        Manner { status: 503, retry_after: Some("1"), ..Manner::default() },
        Manner { status: 502, ..Manner::default() },
    ];
    for manner in manners {
        let collector = Collector::http().await;
        collector.answer(manner);
        let upstream = upstream().await;
        let gateway = Gateway::start(&config(&upstream, &all(&collector, ""))).await;
        gateway.send(call()).await.ok();
        eventually_within(PATIENCE, "it was asked", async || {
            (!collector.requests().is_empty()).then_some(())
        })
        .await;
        collector.answer(Manner::default());
        assert_eq!(named(&collector.spans(2).await, "chat main").len(), 1);
    }
    let collector = Collector::grpc().await;
    collector.answer(Manner { grpc_status: "14", ..Manner::default() });
    let upstream = upstream().await;
    let gateway = Gateway::start(&config(&upstream, &all(&collector, ", protocol: grpc"))).await;
    gateway.send(call()).await.ok();
    eventually_within(PATIENCE, "it was asked", async || (!collector.requests().is_empty()).then_some(()))
        .await;
    collector.answer(Manner::default());
    collector.spans(2).await;
}

#[tokio::test]
async fn what_is_refused_is_not_sent_again() {
    for (collector, more, manner) in [
        (Collector::http().await, "", Manner { status: 400, ..Manner::default() }),
        (Collector::grpc().await, ", protocol: grpc", Manner { grpc_status: "3", ..Manner::default() }),
    ] {
        collector.answer(manner);
        let upstream = upstream().await;
        let gateway = Gateway::start(&config(&upstream, &all(&collector, more))).await;
        gateway.send(call()).await.ok();
        eventually_within(PATIENCE, "it is counted", async || {
            (gateway.metric("gatewright_otlp_dropped_total").await >= 3.0).then_some(())
        })
        .await;
        let of_traces = |(path, _): &&(String, http::HeaderMap)| path.to_ascii_lowercase().contains("trace");
        // A path of gRPC has the word twice; what counts is one request for the one batch.
        assert_eq!(collector.requests().iter().filter(of_traces).count(), 1);
    }
}

#[tokio::test]
async fn garbage_for_an_answer_disturbs_nobody() {
    let garbage: &[u8] = b"\xff\xff\xff\xff{\"partial\": <html>";
    for (collector, more) in [(Collector::http().await, ""), (Collector::grpc().await, ", protocol: grpc")] {
        collector.answer(Manner { body: garbage, ..Manner::default() });
        let upstream = upstream().await;
        let gateway = Gateway::start(&config(&upstream, &all(&collector, more))).await;
        traffic_goes_on(&gateway).await;
        collector.spans(80).await;
    }
}

#[tokio::test]
async fn what_is_taken_in_part_is_counted() {
    let collector = Collector::http().await;
    // One of the batch was not taken: "no".
    collector.answer(Manner { body: b"\x0a\x06\x08\x01\x12\x02no", ..Manner::default() });
    let upstream = upstream().await;
    let gateway = Gateway::start(&config(&upstream, &all(&collector, ""))).await;
    gateway.send(call()).await.ok();
    collector.spans(2).await;
    eventually_within(PATIENCE, "the one is counted", async || {
        (gateway.metric("gatewright_otlp_dropped_total").await >= 1.0).then_some(())
    })
    .await;
    assert!(gateway.log().contains("did not take 1 of"), "{}", gateway.log());
}

//! What is told validates against OpenTelemetry's own messages and published conventions: a collector made of these takes it, over HTTP
//! and gRPC (`cargo xtask check --only collector` installs it).

use super::support::scripted::Scripted;
use super::support::{Call, Gateway, KEY, Upstream, chat, chat_stream, eventually_within};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const PATIENCE: Duration = Duration::from_secs(60);

/// The process; it ends with its handle.
struct Official {
    http: String,
    grpc: String,
    _child: Child,
}

impl Official {
    /// Starts it. `None`, with a word about it, where it is not installed.
    async fn start() -> Option<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let folder = root.join("target/collector");
        if !folder.join("installed").exists() {
            eprintln!("skipped: no collector; cargo xtask check --only collector");
            return None;
        }
        let mut command = Command::new(folder.join("venv/bin/python"));
        command.arg(root.join("tests/telemetry/collector.py"));
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("it starts");
        let line = line.unwrap().expect("it says where it is");
        let (http, grpc) = line.split_once(' ').unwrap();
        Some(Self { http: http.to_owned(), grpc: grpc.to_owned(), _child: child })
    }

    /// What came and what was wrong with it, once that `fits`.
    async fn report(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let addr: SocketAddr = self.http.trim_start_matches("http://").parse().unwrap();
        eventually_within(PATIENCE, what, async || {
            let report = Call::get("/report").send(addr).await.ok().json();
            assert_eq!(report["faults"], json!([]), "{report:#}");
            fits(&report).then_some(report)
        })
        .await
    }
}

fn config(upstream: &Upstream, broken: &Scripted, endpoint: &str, protocol: &str) -> String {
    let judge =
        "{ kind: llm-judge, model: main, rule: no secrets, on: [request], action: flag, on_error: open }";
    format!(
        "{}  broken: {{ kind: openai-compatible, base_url: \"{}/v1\", api_key: upstream-secret-3 }}\n\
         models:\n  main: {{ targets: [{{ provider: up, model: chat-model }}] }}\n  \
         claude-main: {{ targets: [{{ provider: claude, model: chat-model }}] }}\n  \
         second: {{ targets: [{{ provider: broken, model: gone }}, {{ provider: up, model: chat-model }}] }}\n\
         guardrails:\n  judge: {judge}\n\
         cache: {{ mode: exact, ttl_seconds: 60 }}\nrecords: {{ logging: redacted }}\n\
         keys:\n  - {{ name: caller, key: {KEY} }}\n\
         telemetry:\n  otlp: {{ endpoint: \"{endpoint}\", protocol: {protocol} }}\n  traces: {{ interval_ms: 50, content: true }}\n  \
         metrics: {{ interval_ms: 200 }}\n  logs: {{ interval_ms: 50, all: true }}\n",
        upstream.providers(),
        broken.url()
    )
}

async fn validates(official: &Official, endpoint: &str, protocol: &str) {
    let upstream = Upstream::start().await;
    let broken = Scripted::start(|_| Vec::new()).await;
    let gateway = Gateway::start(&config(&upstream, &broken, endpoint, protocol)).await;
    let call = |body: &Value| {
        let call = Call::chat(body).key(KEY).header("traceparent", PARENT);
        call.header("x-gatewright-customer", "somebody").header("x-gatewright-session", "s-1")
    };
    for body in [chat("main", "hi"), chat("main", "hi"), chat_stream("main", "ho"), chat("claude-main", "hi")]
    {
        gateway.send(call(&body)).await.ok();
    }
    gateway.send(call(&chat("second", "hi")).header("x-gatewright-guardrails", "judge")).await.ok();
    assert_eq!(gateway.send(call(&chat("unknown", "hi"))).await.status, 404);

    let told = [
        "gen_ai.client.operation.duration",
        "gen_ai.client.token.usage",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.server.request.duration",
        "gen_ai.server.time_to_first_token",
        "gatewright_requests",
        "gatewright_refusals",
    ];
    let spans =
        ["chat main", "chat claude-main", "chat second", "chat gone", "cache lookup", "guardrail judge"];
    let has = |report: &Value, list: &str, name: &str| {
        let all = report[list].as_array().unwrap();
        all.iter().any(|one| one == name || one["name"] == name)
    };
    let report = official
        .report("all signals", |report| {
            told.iter().all(|name| has(report, "metrics", name))
                && spans.iter().all(|name| has(report, "spans", name))
                && report["logs"].as_array().unwrap().len() >= 6
                && report["content"].as_u64() >= Some(8)
        })
        .await;
    assert_eq!(report["services"], json!(["gatewright"]));
    // Every span of the callers' trace hangs on another one, or on the callers' own.
    let (trace, caller) = (&PARENT[3..35], &PARENT[36..52]);
    let spans: Vec<&Value> =
        report["spans"].as_array().unwrap().iter().filter(|span| span["trace"] == trace).collect();
    for span in &spans {
        let is_known = spans.iter().any(|other| other["id"] == span["parent"]);
        assert!(is_known || span["parent"] == caller, "{span}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_follows_the_conventions_over_http() {
    let Some(official) = Official::start().await else { return };
    validates(&official, &official.http, "http/protobuf").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_follows_the_conventions_over_grpc() {
    let Some(official) = Official::start().await else { return };
    validates(&official, &official.grpc, "grpc").await;
}

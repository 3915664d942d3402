//! Answers made of several: by the majority, by a judge, within their cap, and every call of them paid for once.

use super::support::gateway::nanos;
use super::support::speaking::Format;
use super::support::{Call, Gateway, KEY, Upstream, chat, chat_stream, eventually};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;

/// After this long nothing of a cancelled call may be left.
const SOON: Duration = Duration::from_secs(2);

const PANEL: &str =
    "{ provider: up, model: chat-model }, { provider: up, model: quick }, { provider: claude, model: slow }";

fn config(upstream: &Upstream, panel: &str, ensemble: &str, budget: &str) -> String {
    let retry = "retry: { attempts: 1 }";
    format!(
        "{}models:\n  fused: {{ strategy: ensemble, targets: [{panel}], ensemble: {ensemble}, {retry} }}\n\
         keys:\n  - {{ name: caller, key: {KEY}, limits: {{ rpm: 10000 }}, budget: {{ limit_usd: {budget}, period: total }} }}\n",
        upstream.providers()
    )
}

async fn start(upstream: &Upstream, ensemble: &str) -> Gateway {
    Gateway::start(&config(upstream, PANEL, ensemble, "1000")).await
}

/// Sets what each model says.
fn say(upstream: &Upstream, texts: &[(&str, &str)]) {
    for (model, text) in texts {
        upstream.faults(model, &format!("text={}", text.replace(' ', "%20")), None);
    }
}

/// All records, requests and sub-calls, once there are that many.
async fn records(gateway: &Gateway, count: usize) -> Vec<Value> {
    eventually(&format!("{count} records"), async || {
        let rows = gateway.rows("/api/v1/logs?include=subcalls&limit=1000").await;
        (rows.len() >= count).then_some(rows)
    })
    .await
}

fn sum(rows: &[Value], member: &str) -> u64 {
    rows.iter().filter_map(|row| row[member].as_u64()).sum()
}

fn cost(rows: &[Value]) -> i128 {
    rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum()
}

/// What the records say is what the upstream billed, each once, and what the key has spent.
async fn all_is_billed_once(gateway: &Gateway, upstream: &Upstream, count: usize) -> Vec<Value> {
    let rows = records(gateway, count).await;
    assert_eq!(rows.len(), count);
    let ids: HashSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(ids.len(), count, "a record stands there twice");
    let billed = upstream.stats();
    assert_eq!(sum(&rows, "input_tokens"), billed.billed_input_tokens);
    assert_eq!(sum(&rows, "output_tokens"), billed.billed_output_tokens);
    let budgets = gateway.rows("/api/v1/budgets").await;
    assert_eq!(nanos(budgets[0]["spent_usd"].as_str().unwrap()), cost(&rows));
    assert_eq!(nanos(budgets[0]["reserved_usd"].as_str().unwrap()), 0);
    let requests = rows.iter().filter(|row| row["parent_id"].is_null()).count();
    let usage = gateway.rows("/api/v1/usage?group_by=key").await;
    assert_eq!(usage[0]["requests"].as_u64(), Some(requests as u64), "{usage:?}");
    assert_eq!(nanos(usage[0]["cost_usd"].as_str().unwrap()), cost(&rows));
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_majority_answers_in_every_format() {
    let upstream = Upstream::start().await;
    say(&upstream, &[("chat-model", "It is Rome"), ("quick", "Paris it is"), ("slow", "paris  it is.")]);
    let gateway = start(&upstream, "{ majority: true, quorum: 3 }").await;
    let mut calls = 0;
    for (format, stream) in Format::ALL.into_iter().flat_map(|format| [(format, false), (format, true)]) {
        let answer = gateway.send(format.call("fused", stream).key(KEY)).await;
        answer.ok();
        calls += 1;
        let text = if stream { format.streamed(&answer.body) } else { format.text_of(&answer.json()) };
        assert_eq!(text, "Paris it is", "{format:?} {stream}: {}", answer.text());
        let told = answer.header("x-gatewright-ensemble");
        assert_eq!(told, Some("panel=3; answered=3; cancelled=0; fused=majority"), "{format:?}");
        assert_eq!(answer.header("x-gatewright-upstream-model"), Some("quick"));
        assert_eq!(answer.header("x-gatewright-model"), Some("fused"));
        let id = answer.request_id();
        let main = gateway.record(&id).await;
        assert_eq!((&main["outcome"], &main["attempts"]), (&json!("success"), &json!(0)), "{main}");
        let subs = gateway.rows(&format!("/api/v1/logs?parent_id={id}")).await;
        assert_eq!(subs.len(), 3);
        assert!(subs.iter().all(|row| row["role"] == "panel" && row["outcome"] == "success"), "{subs:?}");
        let total = nanos(answer.header("x-gatewright-cost-usd").unwrap());
        assert_eq!(total, cost(&subs), "the header has all of it");
    }
    all_is_billed_once(&gateway, &upstream, calls * 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judge_makes_one_answer_and_it_streams() {
    let upstream = Upstream::start().await;
    say(&upstream, &[("chat-model", "It is Rome"), ("quick", "It is Paris")]);
    upstream.faults("slow", "frames=20;frame-delay=50", None);
    let panel = "{ provider: up, model: chat-model }, { provider: up, model: quick }";
    let ensemble = "{ judge: claude/slow, quorum: 2, prompt: Decide wisely. }";
    let gateway = Gateway::start(&config(&upstream, panel, ensemble, "1000")).await;

    let mut stream = Call::chat(&chat_stream("fused", "Which town?")).key(KEY).open(gateway.addr).await;
    assert_eq!(stream.status, 200);
    let told = stream.headers["x-gatewright-ensemble"].to_str().unwrap().to_owned();
    assert_eq!(told, "panel=2; answered=2; cancelled=0; fused=judge");
    stream.until("data: ").await;
    assert_eq!(upstream.stats().open_streams, 1, "its first words came before its last");
    let asked = String::from_utf8(upstream.last_body().to_vec()).unwrap();
    for part in ["Which town?", "It is Rome", "It is Paris", "Decide wisely."] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let answer = stream.rest().await;
    assert!(answer.text().contains("data: [DONE]"), "{}", answer.text());
    let main = gateway.record(&answer.request_id()).await;
    assert_eq!((&main["upstream_model"], &main["attempts"]), (&json!("slow"), &json!(1)), "{main}");

    let whole = gateway.send(Call::messages(&chat("fused", "Which town?")).key(KEY)).await;
    whole.ok();
    assert_eq!(whole.header("x-gatewright-ensemble"), Some("panel=2; answered=2; cancelled=0; fused=judge"));
    let rows = all_is_billed_once(&gateway, &upstream, 6).await;
    let id = whole.request_id();
    let of: Vec<Value> =
        rows.into_iter().filter(|row| row["id"] == id.as_str() || row["parent_id"] == id.as_str()).collect();
    assert_eq!(of.len(), 3);
    assert_eq!(nanos(whole.header("x-gatewright-cost-usd").unwrap()), cost(&of));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judge_that_fails_gives_way_to_the_vote() {
    let upstream = Upstream::start().await;
    say(&upstream, &[("chat-model", "Paris"), ("quick", "paris.")]);
    let panel = "{ provider: up, model: chat-model }, { provider: claude, model: quick }";
    let gateway = Gateway::start(&config(&upstream, panel, "{ judge: claude/slow }", "1000")).await;
    for fault in ["status=500", "disconnect", "malformed-json"] {
        upstream.faults("slow", fault, None);
        for stream in [false, true] {
            let body = if stream { chat_stream("fused", "hi") } else { chat("fused", "hi") };
            let answer = gateway.send(Call::chat(&body).key(KEY)).await;
            let told = answer.ok().header("x-gatewright-ensemble");
            assert_eq!(told, Some("panel=2; answered=2; cancelled=0; fused=majority"), "{fault} {stream}");
            assert!(answer.text().contains("Paris"), "{fault}: {}", answer.text());
            let main = gateway.record(&answer.request_id()).await;
            assert_eq!(
                (&main["outcome"], &main["upstream_model"]),
                (&json!("success"), &json!("slow")),
                "{main}"
            );
            assert!(main["attempts"].as_u64() > Some(0), "the judge was asked: {main}");
        }
    }
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stragglers_are_cancelled() {
    let upstream = Upstream::start().await;
    say(&upstream, &[("chat-model", "Paris"), ("quick", "Paris")]);
    let panel = "{ provider: up, model: fault-hang }, { provider: up, model: chat-model }, { provider: up, model: quick }";
    let ensemble = "{ majority: true, quorum: 2, straggler_ms: 100 }";
    let gateway = Gateway::start(&config(&upstream, panel, ensemble, "1000")).await;
    let before = upstream.stats().client_disconnects;
    let answer = gateway.send(Call::chat(&chat("fused", "hi")).key(KEY)).await;
    let told = answer.ok().header("x-gatewright-ensemble");
    assert_eq!(told, Some("panel=3; answered=2; cancelled=1; fused=majority"));
    eventually("the straggler's connection is closed", async || {
        (upstream.stats().client_disconnects > before).then_some(())
    })
    .await;
    upstream.has_no_stream_within(SOON).await;
    gateway.metric_becomes("gatewright_upstream_requests_in_flight", 0.0, SOON).await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
    gateway.metric_becomes("gatewright_sub_calls_in_flight", 0.0, SOON).await;
    let subs = records(&gateway, 4).await;
    let late = subs.iter().find(|row| row["upstream_model"] == "fault-hang").expect("it is recorded");
    assert_eq!(late["outcome"], "client_disconnect", "{late}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_costs_no_more_than_its_cap() {
    let upstream = Upstream::start().await;
    say(&upstream, &[("chat-model", "Paris"), ("quick", "Paris"), ("slow", "Paris")]);
    // Each of the panel may cost 1.99 cents: 64 tokens of answer at $200 for a million, and what is asked.
    let gateway = start(&upstream, "{ majority: true, quorum: 2, max_cost_usd: 0.045 }").await;
    let answer = gateway.send(Call::chat(&chat("fused", "hi")).key(KEY)).await;
    let told = answer.ok().header("x-gatewright-ensemble");
    assert_eq!(told, Some("panel=2; answered=2; cancelled=0; fused=majority"), "the last is left out");
    let asked = upstream.stats().by_model.get("slow").map_or(0, |model| model.requests);
    assert_eq!(asked, 0);

    let upstream = Upstream::start().await;
    let gateway = start(&upstream, "{ majority: true, quorum: 2, max_cost_usd: 0.02 }").await;
    let answer = gateway.send(Call::chat(&chat("fused", "hi")).key(KEY)).await;
    answer.refused(402, "budget_exceeded");
    assert!(answer.text().contains("max_cost_usd"), "{}", answer.text());
    assert_eq!(upstream.stats().requests, 0);
    assert_eq!(records(&gateway, 1).await.len(), 1, "nobody was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judge_stays_within_the_cap() {
    let upstream = Upstream::start().await;
    say(&upstream, &[("chat-model", "Rome"), ("quick", "Paris")]);
    upstream.faults("slow", "frames=3000;ignore-max-tokens;frame-delay=1", None);
    let panel = "{ provider: up, model: chat-model }, { provider: up, model: quick }";
    let ensemble = "{ judge: up/slow, quorum: 2, max_cost_usd: 0.15 }";
    let gateway = Gateway::start(&config(&upstream, panel, ensemble, "1000")).await;
    let answer = gateway.send(Call::chat(&chat_stream("fused", "hi")).key(KEY)).await;
    assert!(answer.text().contains("budget_exceeded"), "a judge without an end: {}", answer.text());
    let rows = records(&gateway, 3).await;
    // What came with the piece that was too much is charged too.
    assert!(cost(&rows) <= 160_000_000, "{}", cost(&rows));
    // A bound goes along where the caller sends none.
    let mut body = chat("fused", "hi");
    body.as_object_mut().unwrap().remove("max_tokens");
    let gateway = start(&upstream, "{ majority: true, quorum: 2, max_cost_usd: 100 }").await;
    gateway.send(Call::chat(&body).key(KEY)).await;
    let requests = upstream.emulator().requests(3);
    for request in requests {
        let seen: Value = serde_json::from_slice(&request.body).unwrap();
        let bound = seen["max_completion_tokens"].as_u64().or(seen["max_tokens"].as_u64());
        assert_eq!(bound, Some(4096), "{seen}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_is_never_overspent_by_ensembles() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=20", None);
    let gateway = Gateway::start(&config(
        &upstream,
        PANEL,
        "{ judge: up/quick, quorum: 2, straggler_ms: 5000 }",
        "1.5",
    ))
    .await;
    let mut set = JoinSet::new();
    for caller in 0..50 {
        let addr = gateway.addr;
        set.spawn(async move {
            let text = format!("caller {caller}");
            let body = if caller % 2 == 0 { chat("fused", &text) } else { chat_stream("fused", &text) };
            Call::chat(&body).key(KEY).send(addr).await
        });
    }
    let answers = set.join_all().await;
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(402, "budget_exceeded");
    }
    assert!(served > 5 && served < 50, "{served} of 50 were served");
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
    let count = eventually("all is recorded", async || {
        let rows = gateway.rows("/api/v1/logs?include=subcalls&limit=1000").await;
        let requests = rows.iter().filter(|row| row["parent_id"].is_null()).count();
        (requests == 50).then_some(rows.len())
    })
    .await;
    let rows = all_is_billed_once(&gateway, &upstream, count).await;
    assert!(cost(&rows) <= 1_500_000_000, "{} nano-dollars", cost(&rows));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_leaves_cancels_all_of_it() {
    let upstream = Upstream::start().await;
    let hang = "{ provider: up, model: fault-hang }, { provider: claude, model: fault-hang }, { provider: up, model: quick }";
    let gateway = Gateway::start(&config(&upstream, hang, "{ majority: true, quorum: 3 }", "1000")).await;
    let addr = gateway.addr;
    let waiting =
        tokio::spawn(async move { Call::chat(&chat("fused", "hi")).key(KEY).try_send(addr).await.is_ok() });
    upstream.has_asked(3).await;
    gateway.metric_becomes("gatewright_sub_calls_in_flight", 2.0, SOON).await;
    waiting.abort();
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
    gateway.metric_becomes("gatewright_upstream_requests_in_flight", 0.0, SOON).await;
    gateway.metric_becomes("gatewright_sub_calls_in_flight", 0.0, SOON).await;
    let rows = records(&gateway, 4).await;
    let left = rows.iter().filter(|row| row["outcome"] == "client_disconnect").count();
    assert_eq!((rows.len(), left), (4, 3), "the request and two of its sub-calls: {rows:?}");

    // In the midst of the judge's answer.
    upstream.faults("slow", "frames=1000;frame-delay=50;ignore-max-tokens", None);
    let panel = "{ provider: up, model: chat-model }, { provider: up, model: quick }";
    let gateway = Gateway::start(&config(&upstream, panel, "{ judge: up/slow }", "1000")).await;
    let mut stream = Call::chat(&chat_stream("fused", "hi")).key(KEY).open(gateway.addr).await;
    stream.until("data: ").await;
    drop(stream);
    upstream.has_no_stream_within(SOON).await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
    gateway.records_of("client_disconnect", 1).await;
    assert_eq!(records(&gateway, 3).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_midst_counts_nothing_twice() {
    let upstream = Upstream::start().await;
    let hang = "{ provider: up, model: chat-model }, { provider: up, model: fault-hang }, { provider: claude, model: fault-hang }";
    let mut gateway = Gateway::start(&config(&upstream, hang, "{ majority: true, quorum: 2 }", "1000")).await;
    let addr = gateway.addr;
    let mut set = JoinSet::new();
    for _ in 0..8 {
        set.spawn(async move { Call::chat(&chat("fused", "hi")).key(KEY).try_send(addr).await.is_err() });
    }
    upstream.has_asked(24).await;
    gateway.metric_becomes("gatewright_sub_calls_in_flight", 16.0, SOON).await;
    gateway.kill().await;
    assert!(set.join_all().await.into_iter().all(|failed| failed));
    let gateway = gateway.restart().await;
    let rows = records(&gateway, 24).await;
    let gateway = gateway.restart().await;
    let again = records(&gateway, 24).await;
    assert_eq!((rows.len(), again.len()), (24, 24));
    let ids: HashSet<&str> = again.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(ids.len(), 24);
    let lost = again.iter().filter(|row| row["outcome"] == "lost").count();
    assert_eq!(lost, 16, "{again:?}");
    assert!(again.iter().all(|row| row["role"] == "panel" && row["parent_id"].is_string()), "{again:?}");
    let parents: HashSet<&str> = again.iter().filter_map(|row| row["parent_id"].as_str()).collect();
    assert_eq!(parents.len(), 8);
    assert_eq!(gateway.rows("/api/v1/logs").await.len(), 0, "lost sub-calls are no requests");
    let budgets = gateway.rows("/api/v1/budgets").await;
    assert_eq!(nanos(budgets[0]["spent_usd"].as_str().unwrap()), cost(&again));
    let usage = gateway.rows("/api/v1/usage?group_by=key").await;
    assert_eq!((sum(&usage, "requests"), cost(&usage)), (0, cost(&again)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_that_most_call_is_called() {
    let upstream = Upstream::start().await;
    say(&upstream, &[("slow", "I would rather not")]);
    upstream.faults("slow", "no-calls;text=no", None);
    let gateway = start(&upstream, "{ judge: up/judge, quorum: 3 }").await;
    let tool = json!({"type": "function", "function": {"name": "find", "parameters": {
        "type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]}}});
    for stream in [false, true] {
        let mut body = chat("fused", "please find it");
        body["tools"] = json!([tool]);
        body["stream"] = stream.into();
        let answer = gateway.send(Call::chat(&body).key(KEY)).await;
        let told = answer.ok().header("x-gatewright-ensemble");
        assert_eq!(told, Some("panel=3; answered=3; cancelled=0; fused=majority"));
        assert!(
            answer.text().contains("\"find\"") && answer.text().contains("tool_calls"),
            "{}",
            answer.text()
        );
    }
    assert!(!upstream.stats().by_model.contains_key("judge"), "nobody needs to judge that");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_answers_are_an_error_and_what_is_no_conversation_is_refused() {
    let upstream = Upstream::start().await;
    upstream.faults("quick", "status=500", None);
    upstream.faults("slow", "status=500", None);
    let gateway = start(&upstream, "{ majority: true, quorum: 2 }").await;
    let answer = gateway.send(Call::chat(&chat("fused", "hi")).key(KEY)).await;
    answer.refused(502, "upstream_error");
    assert!(answer.text().contains("1 of the 3"), "{}", answer.text());
    let main = gateway.record(&answer.request_id()).await;
    assert_eq!(main["outcome"], "upstream_error", "{main}");
    let mut body = chat("fused", "hi");
    body["n"] = 2.into();
    gateway.send(Call::chat(&body).key(KEY)).await.refused(400, "unsupported_parameter");
    let body = json!({"model": "fused", "input": "hi"}).to_string();
    gateway.send(Call::post("/v1/embeddings", body).key(KEY)).await.refused(400, "invalid_request");
    let body = json!({"model": "fused", "messages": [{"role": "user", "content": "hi"}]}).to_string();
    gateway.send(Call::post("/v1/messages/count_tokens", body).key(KEY)).await.ok();
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
}

//! Evaluations: items of a dataset are put to models by a key's calls, checked and compared, within a budget, and across the
//! process's end.

mod feedback;
mod sharing;

use crate::support::gateway::nanos;
use crate::support::postgres::Postgres;
use crate::support::scripted::{Scripted, Seen, Step};
use crate::support::{Call, Gateway, KEY, MASTER, Upstream, chat, chat_stream, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

async fn ask(gateway: &Gateway, method: Method, path: &str, body: &Value) -> Value {
    let path = format!("/api/v1/{path}");
    let answer = gateway.admin(method, &path, (!body.is_null()).then_some(body)).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

async fn dataset(gateway: &Gateway, items: &[Value]) -> String {
    let made = ask(gateway, Method::POST, "datasets", &json!({"name": "questions"})).await;
    let id = made["id"].as_str().unwrap().to_owned();
    ask(gateway, Method::PATCH, &format!("datasets/{id}/items"), &json!({"add": items})).await;
    id
}

async fn evaluation(gateway: &Gateway, dataset: &str, with: Value) -> String {
    let mut body = json!({"name": "which is better", "dataset_id": dataset, "key": KEY, "budget_usd": "5"});
    for (name, value) in with.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = ask(gateway, Method::POST, "evaluations", &body).await;
    made["id"].as_str().unwrap().to_owned()
}

async fn becomes(gateway: &Gateway, id: &str, state: &str) -> Value {
    let path = format!("evaluations/{id}");
    let shown = eventually_within(SOON, &format!("an evaluation that is {state}"), async || {
        let shown = ask(gateway, Method::GET, &path, &Value::Null).await;
        let is_over = ["done", "stopped", "cancelled"].iter().any(|over| shown["state"] == **over);
        (is_over || shown["state"] == state).then_some(shown)
    })
    .await;
    assert_eq!(shown["state"], state, "{shown}");
    shown
}

fn configuration(upstream: &Upstream) -> String {
    format!("{}\nkeys: [{{ name: tester, key: {KEY} }}]\n", upstream.providers())
}

/// A model that says how good answers are: those that say "three" are.
async fn judge() -> Scripted {
    Scripted::by_request(|_, seen: &Seen| {
        let request: Value = serde_json::from_str(&seen.body).unwrap();
        let material: Value =
            serde_json::from_str(request["messages"][1]["content"].as_str().unwrap()).unwrap();
        let is_good = material["answer"].as_str().unwrap().contains("three");
        let said = json!({"reason": "=SUM(A1)", "score": if is_good { 0.9 } else { 0.2 }}).to_string();
        let message = json!({"role": "assistant", "content": said});
        let body = json!({"id": "x", "object": "chat.completion", "model": "j",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}})
        .to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
        vec![Step::Send(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes())]
    })
    .await
}

/// Two models, each with four items, by all kinds of checks.
async fn compared(gateway: &Gateway, judge: &str) -> String {
    let stream = json!({"request": chat_stream("any", "two and one"), "expected": "You said: two and one"});
    let items = [
        json!({"request": chat("any", "one"), "expected": "You said: one"}),
        stream,
        json!({"request": chat("any", "three"), "expected": "something else"}),
        json!({"format": "messages", "request": chat("any", "=HYPERLINK(1)")}),
    ];
    let dataset = dataset(gateway, &items).await;
    let checks = json!([
        {"kind": "exact"},
        {"kind": "regex", "pattern": "^You said"},
        {"kind": "similarity", "at_least": 0.0},
        {"kind": "llm_judge", "model": judge, "rubric": "it must count", "at_least": 0.1},
        {"kind": "cost", "at_most_usd": "1"},
        {"kind": "latency", "at_most_ms": 60_000},
    ]);
    let targets = json!([{"model": "up/chat-model", "parameters": {"temperature": 0}},
        {"name": "broken", "model": "nowhere/model"}]);
    evaluation(gateway, &dataset, json!({"targets": targets, "checks": checks, "concurrency": 2})).await
}

async fn results(gateway: &Gateway, id: &str) -> Vec<Value> {
    gateway.rows(&format!("/api/v1/evaluations/{id}/results?limit=3")).await
}

async fn told(gateway: &Gateway, id: &str, done: &Value) {
    assert_eq!(
        done["progress"],
        json!({"total": 8, "done": 8, "passed": 3, "failed": 1, "errors": 4}),
        "{done}"
    );
    let (good, broken) = (&done["summary"][0], &done["summary"][1]);
    assert_eq!((&good["passed"], &good["failed"], &good["pass_rate"]), (&json!(3), &json!(1), &json!(0.75)));
    assert_eq!((&broken["errors"], &broken["mean_score"]), (&json!(4), &Value::Null));
    let wins = json!([{"a": "up/chat-model", "b": "broken", "a_wins": 4, "b_wins": 0, "ties": 0}]);
    assert_eq!(done["comparison"], wins);
    let all = results(gateway, id).await;
    assert_eq!(all.len(), 8);
    assert_eq!((&all[0]["answer"], &all[0]["verdict"]), (&json!("You said: one"), &json!("passed")));
    assert_eq!(
        (&all[2]["answer"], &all[2]["prompt"]),
        (&json!("You said: two and one"), &json!("two and one"))
    );
    assert_eq!(all[4]["checks"][0]["passed"], false, "{}", all[4]);
    assert_eq!(all[4]["checks"][3]["score"], 0.9);
    assert_eq!(
        (&all[6]["checks"][0]["passed"], &all[6]["verdict"]),
        (&Value::Null, &json!("passed")),
        "{}",
        all[6]
    );
    assert!(all[1]["error"].as_str().unwrap().starts_with("404 model_not_found"), "{}", all[1]);
    // What it cost is what its records say, judges included.
    let spent = nanos(done["spent_usd"].as_str().unwrap());
    let cost_of =
        |rows: &[Value]| rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum::<i128>();
    let rows = eventually_within(SOON, "all that was spent is in records", async || {
        let rows = gateway.rows(&format!("/api/v1/logs?session={id}&limit=100")).await;
        (cost_of(&rows) >= spent).then_some(rows)
    })
    .await;
    let cost = cost_of(&rows);
    let of_results: i128 = all.iter().map(|one| nanos(one["cost_usd"].as_str().unwrap())).sum();
    assert_eq!((cost, of_results), (spent, cost));
    assert!(cost > 0 && rows.len() >= 12, "{} records", rows.len());
    let of = rows.iter().find(|row| row["request_id"] == all[0]["request_id"]).expect("a record");
    assert_eq!(of["metadata"]["evaluation_id"], json!(id), "{of}");
    assert_eq!(of["input_tokens"], all[0]["input_tokens"]);
}

async fn taken_away(gateway: &Gateway, id: &str) {
    let export = async |format: &str| {
        let path = format!("/api/v1/evaluations/{id}/export?format={format}");
        gateway.send(Call::get(&path).key(MASTER)).await.ok().text()
    };
    let lines = export("jsonl").await;
    assert_eq!(lines.lines().count(), 8);
    let table = export("csv").await;
    assert!(table.starts_with("item_id,target,model,verdict,score"), "{table}");
    assert!(table.contains("\"'=HYPERLINK(1)\""), "no formula begins a cell: {table}");
    let shown = gateway.rows("/api/v1/audit?kind=evaluation").await;
    assert!(shown.iter().any(|entry| entry["action"] == "evaluation.export"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_compared_over_a_dataset() {
    let (upstream, judge) = (Upstream::start().await, judge().await);
    let url = judge.url();
    let price = "{ j: { input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 1 } }";
    let judging = format!(
        "  judge: {{ kind: openai-compatible, base_url: \"{url}/v1\", api_key: k, models: {price} }}"
    );
    let config = format!("{}{judging}\nkeys: [{{ name: tester, key: {KEY} }}]\n", upstream.providers());
    let gateway = Gateway::start(&config).await;
    let id = compared(&gateway, "judge/j").await;
    let done = becomes(&gateway, &id, "done").await;
    told(&gateway, &id, &done).await;
    taken_away(&gateway, &id).await;
    // Once more is another one; the first is removed with all that it has.
    let again = ask(&gateway, Method::POST, &format!("evaluations/{id}/rerun"), &json!({})).await;
    let again = again["id"].as_str().unwrap().to_owned();
    assert_ne!(again, id);
    becomes(&gateway, &again, "done").await;
    assert_eq!(gateway.rows("/api/v1/evaluations").await.len(), 2);
    ask(&gateway, Method::DELETE, &format!("evaluations/{id}"), &Value::Null).await;
    let gone = gateway.admin(Method::GET, &format!("/api/v1/evaluations/{id}/results"), None).await;
    gone.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_so_they_are_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let (upstream, judge) = (Upstream::start().await, judge().await);
    let url = server.database("evaluations");
    let variables =
        [("GATEWRIGHT_DATABASE_URL", url.as_str()), ("GATEWRIGHT_ENCRYPTION_KEY", "of the tests")];
    let price = "{ j: { input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 1 } }";
    let judging = format!(
        "  judge: {{ kind: openai-compatible, base_url: \"{}/v1\", api_key: k, models: {price} }}",
        judge.url()
    );
    let config = format!("{}{judging}\nkeys: [{{ name: tester, key: {KEY} }}]\n", upstream.providers());
    let gateway = Gateway::start_with(&config, &variables).await;
    let id = compared(&gateway, "judge/j").await;
    let done = becomes(&gateway, &id, "done").await;
    told(&gateway, &id, &done).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_is_not_overspent_and_more_goes_on() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&configuration(&upstream)).await;
    let items: Vec<Value> =
        (0..30).map(|number| json!({"request": chat("any", &format!("item {number}"))})).collect();
    let dataset = dataset(&gateway, &items).await;
    // A call holds some 0.02 USD, and costs some 0.002.
    let with = json!({"models": ["up/chat-model"], "budget_usd": "0.04", "concurrency": 4});
    let id = evaluation(&gateway, &dataset, with).await;
    let stopped = becomes(&gateway, &id, "stopped").await;
    let spent = nanos(stopped["spent_usd"].as_str().unwrap());
    assert!(spent > 0 && spent <= nanos("0.04"), "{stopped}");
    assert!(stopped["error"].as_str().unwrap().contains("budget_usd"), "{stopped}");
    let passed = stopped["progress"]["passed"].as_u64().unwrap();
    assert!((1..30).contains(&passed) && stopped["progress"]["errors"] == 0, "{stopped}");
    ask(&gateway, Method::POST, &format!("evaluations/{id}/resume"), &json!({"budget_usd": "4"})).await;
    let done = becomes(&gateway, &id, "done").await;
    assert_eq!(done["progress"]["passed"], 30, "{done}");
    // Each item was paid for once.
    assert_eq!(done["summary"][0]["repeated"], 0, "{done}");
    let paid = async || gateway.rows(&format!("/api/v1/logs?session={id}&outcome=success&limit=100")).await;
    eventually_within(SOON, "all are in records", async || (paid().await.len() >= 30).then_some(())).await;
    assert_eq!(paid().await.len(), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_not_paid_for_where_nothing_is_left_for_their_judge() {
    let (upstream, judge) = (Upstream::start().await, judge().await);
    // A judgement holds about 1 USD, and costs 0.02.
    let price = "{ j: { input_usd_per_million_tokens: 1000, output_usd_per_million_tokens: 1000 } }";
    let url = judge.url();
    let judging = format!(
        "  judge: {{ kind: openai-compatible, base_url: \"{url}/v1\", api_key: k, models: {price} }}"
    );
    let config = format!("{}{judging}\nkeys: [{{ name: tester, key: {KEY} }}]\n", upstream.providers());
    let gateway = Gateway::start(&config).await;
    let items: Vec<Value> =
        (0..12).map(|number| json!({"request": chat("any", &format!("three {number}"))})).collect();
    let dataset = dataset(&gateway, &items).await;
    let checks = json!([{"kind": "llm_judge", "model": "judge/j", "rubric": "it must count"}]);
    let with = json!({"models": ["up/chat-model"], "checks": checks, "budget_usd": "0.5", "concurrency": 4});
    let id = evaluation(&gateway, &dataset, with).await;
    let stopped = becomes(&gateway, &id, "stopped").await;
    assert!(stopped["error"].as_str().unwrap().contains("budget_usd"), "{stopped}");
    let unjudged = stopped["progress"]["errors"].as_u64().unwrap();
    assert!((1..=4).contains(&unjudged), "only those that were under way: {stopped}");
    assert_eq!(stopped["progress"]["done"], unjudged, "{stopped}");
    let results = results(&gateway, &id).await;
    let why = results.iter().find_map(|one| one["error"].as_str()).unwrap();
    assert!(why.contains("before the judge"), "{why}");
    // Judgements that fit one after the other are waited for.
    ask(&gateway, Method::POST, &format!("evaluations/{id}/resume"), &json!({"budget_usd": "3"})).await;
    let done = becomes(&gateway, &id, "done").await;
    assert_eq!(done["progress"]["passed"], 12, "{done}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cut_goes_on_and_what_is_done_is_not_done_again() {
    let upstream = Upstream::start().await;
    let mut gateway = Gateway::start(&configuration(&upstream)).await;
    upstream.faults("slow", "latency=300", None);
    let items: Vec<Value> =
        (0..20).map(|number| json!({"request": chat("any", &format!("item {number}"))})).collect();
    let dataset = dataset(&gateway, &items).await;
    let id = evaluation(&gateway, &dataset, json!({"models": ["up/slow"], "concurrency": 2})).await;
    eventually_within(SOON, "some are done", async || {
        let shown = ask(&gateway, Method::GET, &format!("evaluations/{id}"), &Value::Null).await;
        (shown["summary"][0]["passed"].as_u64() >= Some(3)).then_some(())
    })
    .await;
    gateway.kill().await;
    let gateway = gateway.restart().await;
    let done = becomes(&gateway, &id, "done").await;
    assert_eq!((&done["progress"]["passed"], &done["interruptions"]), (&json!(20), &json!(1)), "{done}");
    let repeated = done["summary"][0]["repeated"].as_u64().unwrap();
    assert!(repeated <= 2, "only what was under way: {done}");
    let all = gateway.rows(&format!("/api/v1/evaluations/{id}/results?limit=100")).await;
    assert_eq!(all.iter().filter(|one| one["tries"] == 2).count() as u64, repeated);
    let paid = async || gateway.rows(&format!("/api/v1/logs?session={id}&outcome=success&limit=100")).await;
    eventually_within(SOON, "all are in records", async || (paid().await.len() >= 20).then_some(())).await;
    let good = paid().await.len() as u64;
    assert!((20..=20 + repeated).contains(&good), "{good}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_want_it_any_more_ends_it_and_a_key_that_is_gone_stops_it() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&configuration(&upstream)).await;
    let dataset = dataset(&gateway, &[json!({"request": chat("any", "hi")})]).await;
    let hanging = evaluation(&gateway, &dataset, json!({"models": ["up/fault-hang"]})).await;
    becomes(&gateway, &hanging, "running").await;
    ask(&gateway, Method::POST, &format!("evaluations/{hanging}/cancel"), &Value::Null).await;
    becomes(&gateway, &hanging, "cancelled").await;
    let (id, key) = gateway.make_key(&json!({"name": "short", "models": ["up/quick"]})).await;
    let with = json!({"key": key, "models": ["up/quick", "up/chat-model"], "checks": [{"kind": "exact"}]});
    let allowed = evaluation(&gateway, &dataset, with.clone()).await;
    let done = becomes(&gateway, &allowed, "done").await;
    assert_eq!(done["progress"]["errors"], 1, "the key's rules hold: {done}");
    let by_id = json!({"key": null, "key_id": id, "models": ["up/quick"]});
    let by_id = evaluation(&gateway, &dataset, by_id).await;
    becomes(&gateway, &by_id, "done").await;
    ask(&gateway, Method::DELETE, &format!("keys/{id}"), &Value::Null).await;
    let body = json!({"budget_usd": "1"});
    let again =
        gateway.admin(Method::POST, &format!("/api/v1/evaluations/{by_id}/resume"), Some(&body)).await;
    again.ok();
    let refused = gateway.admin(Method::POST, &format!("/api/v1/evaluations/{by_id}/rerun"), None).await;
    assert!(refused.status.is_success() || refused.json()["error"]["field"] == "key", "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_evaluation_is_refused_with_its_member() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&configuration(&upstream)).await;
    let filled = dataset(&gateway, &[json!({"request": chat("any", "hi")})]).await;
    let empty = dataset(&gateway, &[]).await;
    let good =
        json!({"name": "n", "dataset_id": filled, "models": ["up/quick"], "key": KEY, "budget_usd": "1"});
    let wrong = [
        (json!({"name": ""}), "name"),
        (json!({"dataset_id": "ds_1"}), "dataset_id"),
        (json!({"dataset_id": empty}), "dataset_id"),
        (json!({"models": []}), "models"),
        (json!({"models": ["a", "a"]}), "targets"),
        (json!({"targets": [{"model": "m", "parameters": {"stream": true}}]}), "targets"),
        (json!({"targets": [{"model": 5}]}), "targets"),
        (json!({"checks": [{"kind": "vibes"}]}), "checks"),
        (json!({"checks": [{"kind": "exact"}, {"kind": "regex", "pattern": "("}]}), "checks[1]"),
        (json!({"key": MASTER}), "key"),
        (json!({"key": "gw-nobody"}), "key"),
        (json!({"key": null, "key_id": "key_00000000000000000000000000000001"}), "key"),
        (json!({"budget_usd": null}), "budget_usd"),
        (json!({"budget_usd": 0}), "budget_usd"),
        (json!({"budget_usd": "-1"}), "budget_usd"),
        (json!({"concurrency": 0}), "concurrency"),
        (json!({"max_items": "all"}), "max_items"),
    ];
    for (change, field) in wrong {
        let mut body = good.clone();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refused = gateway.admin(Method::POST, "/api/v1/evaluations", Some(&body)).await;
        assert_eq!(refused.status, 400, "{change}: {}", refused.text());
        assert_eq!(refused.json()["error"]["field"], field, "{change}: {}", refused.text());
    }
    assert!(gateway.rows("/api/v1/evaluations").await.is_empty());
}

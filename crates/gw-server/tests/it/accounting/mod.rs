//! What callers count, what stands in the records, what usage says by each dimension, what budgets say was spent, and what
//! metrics show is the same, to the nano-dollar, after a mixed run with tries that fail, other targets, answers from the
//! cache, streams, and callers and upstreams that leave. The rules stand in `docs/accounting.md`.

mod mix;

use super::support::gateway::nanos;
use super::support::{Gateway, Upstream, eventually_within, is_long};
use http::Method;
use mix::Seen;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const CALLERS: usize = 48;
/// Machines are slow.
const SOON: Duration = Duration::from_secs(60);
/// What calls count for beside their key.
const LEVELS: [&str; 5] = ["organization", "team", "project", "user", "tag"];

fn calls() -> usize {
    if is_long() { 100_000 } else { 2_400 }
}

/// The gateway, and the accounts that its key belongs to, each with a budget.
async fn set_up(upstream: &Upstream) -> (Gateway, String) {
    let gateway =
        Gateway::start(&format!("{}customers: {{ on_sight: true }}\n", mix::config(upstream))).await;
    let mut above = json!({});
    for level in LEVELS {
        let mut body = json!({"name": "mix", "budget": {"limit_usd": "1000000", "period": "total"}});
        match level {
            "team" => body["organization_id"] = above["organization_id"].clone(),
            "project" => body["team_id"] = above["team_id"].clone(),
            "user" => body = json!({"name": "mix", "budget": body["budget"], "email": "mix@example.com"}),
            _ => {}
        }
        let answer = gateway.admin(Method::POST, &format!("/api/v1/{level}s"), Some(&body)).await;
        assert_eq!(answer.status, 201, "{level}: {}", answer.text());
        above[format!("{level}_id")] = answer.json()["id"].clone();
    }
    let key = json!({"name": "mix", "project_id": above["project_id"], "user_id": above["user_id"],
        "budget": {"limit_usd": "1000000", "period": "total"}});
    let (_, key) = gateway.make_key(&key).await;
    (gateway, key)
}

/// All calls, some dozens at a time.
async fn run(gateway: &Gateway, key: &str, calls: usize) -> Vec<Seen> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (addr, key, next) = (gateway.addr, key.to_owned(), Arc::clone(&next));
        callers.spawn(async move {
            let mut seen = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= calls {
                    return seen;
                }
                seen.push(mix::make(addr, &key, n).await);
            }
        });
    }
    callers.join_all().await.into_iter().flatten().collect()
}

/// What all say.
#[derive(Debug, PartialEq, Eq)]
struct Sums {
    requests: i128,
    cost: i128,
}

impl Sums {
    fn of(rows: &[Value]) -> Self {
        let sum = |add: fn(&Value) -> i128| rows.iter().map(add).sum();
        Self {
            requests: sum(|row| row["requests"].as_i64().unwrap_or_default().into()),
            cost: sum(|row| nanos(row["cost_usd"].as_str().unwrap_or("0"))),
        }
    }
}

async fn usage(gateway: &Gateway, dimension: &str) -> Sums {
    Sums::of(&gateway.rows(&format!("/api/v1/usage?group_by={dimension}")).await)
}

/// What stands in the records agrees with what each caller saw; and what they sum up to.
async fn records(gateway: &Gateway, seen: &[Seen], upstream: &Upstream) -> Sums {
    let rows = gateway.rows("/api/v1/logs?limit=1000").await;
    assert_eq!(rows.len(), seen.len(), "one record for each call");
    let by_id: HashMap<&str, &Value> =
        rows.iter().map(|row| (row["request_id"].as_str().unwrap_or_default(), row)).collect();
    assert_eq!(by_id.len(), seen.len(), "each with an id of its own");
    for call in seen {
        let row = by_id[call.request_id.as_str()];
        assert_eq!(row["outcome"], call.outcome, "{call:?}: {row}");
        let cost = nanos(row["cost_usd"].as_str().unwrap());
        assert!(call.cost.is_none_or(|known| known == cost), "{call:?}: {row}");
        // Of an answer that was not finished, what came is charged.
        assert!(call.cost.is_some() || cost > 0, "{call:?}: {row}");
    }
    let tries: u64 = rows.iter().filter_map(|row| row["attempts"].as_u64()).sum();
    assert_eq!(tries, upstream.stats().requests, "each try is in a record");
    let cost = rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum();
    Sums { requests: rows.len() as i128, cost }
}

/// Usage and budgets say the same as the records.
async fn books_agree(gateway: &Gateway, truth: &Sums) {
    for dimension in ["key", "team", "project", "organization", "user", "tag", "customer", "model", "day"] {
        assert_eq!(usage(gateway, dimension).await, *truth, "usage by {dimension}");
    }
    // Calls that went to no provider have no row there.
    assert_eq!(usage(gateway, "provider").await.cost, truth.cost, "usage by provider");
    for level in LEVELS.into_iter().chain(["key"]) {
        let rows = gateway.rows(&format!("/api/v1/budgets?level={level}")).await;
        let [row] = rows.as_slice() else { panic!("{level}: {rows:?}") };
        assert_eq!(nanos(row["spent_usd"].as_str().unwrap()), truth.cost, "{level}: {row}");
        assert_eq!(row["reserved_usd"], "0", "{level}: {row}");
    }
}

/// Metrics begin with the process, so they are asked before it is started again.
async fn metrics_agree(gateway: &Gateway, truth: &Sums, outcomes: &BTreeMap<&str, usize>) {
    let text = gateway.admin(Method::GET, "/metrics", None).await.ok().text();
    for (outcome, count) in outcomes {
        let label = format!("outcome=\"{outcome}\"");
        let lines = text
            .lines()
            .filter(|line| line.starts_with("gatewright_requests_total{") && line.contains(&label));
        let shown: f64 = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum();
        assert!((shown - *count as f64).abs() < 0.5, "{outcome}: {shown}, not {count}");
    }
    // A sum over labels of what is exact in each of them.
    let shown = gateway.metric("gatewright_cost_usd_total").await * 1e9;
    assert!((shown - truth.cost as f64).abs() < 0.5, "{shown}, not {}", truth.cost);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_records_usage_budgets_and_metrics_agree() {
    let upstream = Upstream::start().await;
    let (gateway, key) = set_up(&upstream).await;
    mix::some_tries_fail(&upstream).await;
    let seen = run(&gateway, &key, calls()).await;
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &seen {
        *outcomes.entry(call.outcome).or_default() += 1;
    }
    assert_eq!(outcomes.len(), 5, "all endings were met: {outcomes:?}");
    eventually_within(SOON, "all calls are in the books", async || {
        (usage(&gateway, "day").await.requests == seen.len() as i128).then_some(())
    })
    .await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
    let truth = records(&gateway, &seen, &upstream).await;
    books_agree(&gateway, &truth).await;
    metrics_agree(&gateway, &truth, &outcomes).await;
    let tries = upstream.stats().requests;
    println!("{} calls, {tries} tries, {} nano-dollars; {outcomes:?}", truth.requests, truth.cost);
    // Whoever comes next reads the same.
    let mut gateway = gateway;
    gateway.kill().await;
    let gateway = gateway.restart().await;
    assert_eq!(records(&gateway, &seen, &upstream).await, truth);
    books_agree(&gateway, &truth).await;
}

//! Several gateways on one PostgreSQL: what one is told the others know, nothing is lost when the server or a gateway
//! goes away, and no request waits for either.

use super::support::gateway::{nanos, run};
use super::support::postgres::Postgres;
use super::support::{Answer, Call, Gateway, KEY, MASTER, Upstream, chat, eventually, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::task::JoinSet;

/// Within that, another gateway knows.
const SOON: Duration = Duration::from_secs(1);

const SECRET: &str = "an encryption key for tests only";

fn config(upstream: &Upstream, url: &str) -> String {
    format!(
        "{}database_url: {url}\nkeys:\n  - {{ name: loader, key: {KEY}, budget: {{ limit_usd: 1000000, period: total }} }}\n",
        upstream.providers()
    )
}

async fn gateway(upstream: &Upstream, url: &str) -> Gateway {
    Gateway::start_with(&config(upstream, url), &[("GATEWRIGHT_ENCRYPTION_KEY", SECRET)]).await
}

async fn ask(gateway: &Gateway, model: &str, key: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(key)).await
}

/// Requests and cost of all usage, as this gateway reports it.
async fn usage(gateway: &Gateway) -> (u64, i128) {
    let rows = gateway.rows("/api/v1/usage?group_by=model").await;
    let requests = rows.iter().filter_map(|row| row["requests"].as_u64()).sum();
    (requests, rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum())
}

/// What the ledger and the sums beside it come to, asked of the server itself.
fn ledger(server: &Postgres, database: &str) -> (i128, i128, i128) {
    let sum = |table: &str| {
        server
            .sql(database, &format!("SELECT COALESCE(SUM(cost), 0) FROM gatewright.{table}"))
            .parse()
            .unwrap()
    };
    (sum("ledger"), sum("usage"), sum("records"))
}

async fn store_is(gateway: &Gateway, state: &str) {
    eventually_within(Duration::from_secs(20), &format!("the store is {state}"), async || {
        let ready = gateway.send(Call::get("/readyz")).await.ok().json();
        (ready["store"] == state).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_on_one_gateway_is_in_force_on_the_other_within_a_second() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("two");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let (id, key) = here.make_key(&json!({"name": "app"})).await;
    eventually_within(SOON, "the key works there", async || {
        (ask(&there, "up/chat-model", &key).await.status == 200).then_some(())
    })
    .await;
    let path = format!("/api/v1/keys/{id}");
    let taken = there.admin(Method::POST, "/api/v1/keys", Some(&json!({"name": "app"}))).await;
    taken.refused(409, "conflict");
    there.admin(Method::PATCH, &path, Some(&json!({"models": ["up/quick"]}))).await.ok();
    eventually_within(SOON, "what it may do is changed here", async || {
        (ask(&here, "up/chat-model", &key).await.status == 403).then_some(())
    })
    .await;
    assert_eq!(ask(&here, "up/quick", &key).await.status, 200);
    assert_eq!(there.admin(Method::DELETE, &path, None).await.status, 204);
    eventually_within(SOON, "it is revoked here", async || {
        (ask(&here, "up/quick", &key).await.status == 401).then_some(())
    })
    .await;

    let graph = json!({"name": "talk", "document": {"start": "a", "nodes": {"a": {"type": "model", "model": "up/quick"}}}});
    let made = here.admin(Method::POST, "/api/v1/routes", Some(&graph)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    here.admin(Method::POST, &format!("/api/v1/routes/{id}/publish"), Some(&json!({}))).await.ok();
    eventually_within(SOON, "the route is called there", async || {
        (ask(&there, "talk", MASTER).await.status == 200).then_some(())
    })
    .await;
    assert_eq!(here.admin(Method::DELETE, &format!("/api/v1/routes/{id}"), None).await.status, 204);
    eventually_within(SOON, "the route is gone there", async || {
        (ask(&there, "talk", MASTER).await.status == 404).then_some(())
    })
    .await;
    let both = async || (usage(&here).await, usage(&there).await);
    eventually("usage of both stands in both", async || {
        let (a, b) = both().await;
        (a == b && a.0 >= 4).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_spent_on_one_gateway_counts_in_the_budget_on_the_other() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("budget");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let budget = json!({"limit_usd": "0.1", "period": "month"});
    let (id, key) = here.make_key(&json!({"name": "app", "budget": budget})).await;
    let mut refused = ask(&here, "up/chat-model", &key).await;
    for _ in 0..200 {
        if refused.status != 200 {
            break;
        }
        refused = ask(&here, "up/chat-model", &key).await;
    }
    refused.refused(402, "budget_exceeded");
    eventually_within(Duration::from_secs(3), "it is spent there too", async || {
        (ask(&there, "up/chat-model", &key).await.status == 402).then_some(())
    })
    .await;
    let spent = async |gateway: &Gateway| {
        let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.ok().json();
        nanos(shown["budget"]["spent_usd"].as_str().unwrap())
    };
    eventually("both know all that was spent", async || {
        let all = usage(&here).await.1;
        (spent(&here).await == all && spent(&there).await == all).then_some(())
    })
    .await;
}

/// Windows that the sums of the calendar in UTC say nothing about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_spend_counts_under_budgets_of_time_zones_and_rolling_ones() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("windows");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let zone = json!({"limit_usd": "0.05", "period": "month", "time_zone": "Asia/Kolkata"});
    for (name, budget) in [("zone", zone), ("rolling", json!({"limit_usd": "0.05", "period": "30d"}))] {
        let (id, key) = here.make_key(&json!({"name": name, "budget": budget})).await;
        // Each spends, and each is told of it.
        eventually("the key is known there", async || {
            (ask(&there, "up/chat-model", &key).await.status == 200).then_some(())
        })
        .await;
        ask(&here, "up/chat-model", &key).await.ok();
        let spent = async |gateway: &Gateway| {
            let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.ok().json();
            nanos(shown["budget"]["spent_usd"].as_str().unwrap())
        };
        let known = async |gateway: &Gateway| {
            let rows = gateway.rows("/api/v1/usage?group_by=key").await;
            let row = rows.iter().find(|row| row["key_id"] == id.as_str());
            row.map_or(0, |row| nanos(row["cost_usd"].as_str().unwrap()))
        };
        eventually_within(Duration::from_secs(20), "both know all that was spent", async || {
            let all = known(&here).await;
            (all > 0 && spent(&here).await == all && spent(&there).await == all).then_some(())
        })
        .await;
        let mut refused = ask(&here, "up/chat-model", &key).await;
        for _ in 0..200 {
            if refused.status != 200 {
                break;
            }
            refused = ask(&here, "up/chat-model", &key).await;
        }
        refused.refused(402, "budget_exceeded");
        eventually_within(Duration::from_secs(20), "it is spent there too", async || {
            (ask(&there, "up/chat-model", &key).await.status == 402).then_some(())
        })
        .await;
    }
}

/// Asks until `stop`; the ids of all answers. None may fail.
async fn load(addr: SocketAddr, stop: Arc<AtomicBool>, done: Arc<AtomicUsize>) -> Vec<String> {
    let mut ids = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let answer = Call::chat(&chat("up/chat-model", "count")).key(KEY).send(addr).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        ids.push(answer.request_id());
        done.fetch_add(1, Ordering::Relaxed);
    }
    ids
}

struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    callers: JoinSet<Vec<String>>,
}

impl Load {
    fn start(addrs: &[SocketAddr]) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut callers = JoinSet::new();
        for addr in addrs {
            callers.spawn(load(*addr, Arc::clone(&stop), Arc::clone(&done)));
        }
        Self { stop, done, callers }
    }

    /// Waits until so many more are answered.
    async fn more(&self, answers: usize) {
        let until = self.done.load(Ordering::Relaxed) + answers;
        eventually_within(Duration::from_secs(30), "requests are answered", async || {
            (self.done.load(Ordering::Relaxed) >= until).then_some(())
        })
        .await;
    }

    async fn end(self) -> HashSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        let all: Vec<String> = self.callers.join_all().await.into_iter().flatten().collect();
        let ids: HashSet<String> = all.iter().cloned().collect();
        assert_eq!(ids.len(), all.len());
        ids
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_and_nothing_is_lost_when_postgresql_stops_mid_load() {
    let Some(mut server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("load");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let running = Load::start(&[here.addr, there.addr, here.addr]);
    running.more(50).await;

    server.hold();
    running.more(50).await;
    let started = Instant::now();
    let refused = here.admin(Method::POST, "/api/v1/keys", Some(&json!({"name": "held"}))).await;
    refused.refused(503, "storage_unavailable");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    store_is(&here, "down").await;
    assert_eq!(here.metric("gatewright_store_up").await, 0.0);
    server.go_on();
    store_is(&here, "up").await;

    running.more(50).await;
    server.kill();
    store_is(&there, "down").await;
    running.more(50).await;
    let refused = there.admin(Method::POST, "/api/v1/keys", Some(&json!({"name": "killed"}))).await;
    refused.refused(503, "storage_unavailable");
    assert!(refused.header("retry-after").is_some());
    // A change of the file is still put in force.
    here.write_config(&config(&upstream, &url).replace("1000000", "2000000"));
    eventually("the new file is in force", async || {
        let row = here.rows("/api/v1/budgets").await.into_iter().next()?;
        (row["limit_usd"] == "2000000").then_some(())
    })
    .await;
    server.back();
    store_is(&here, "up").await;
    store_is(&there, "up").await;
    running.more(50).await;

    let ids = running.end().await;
    let count = u64::try_from(ids.len()).unwrap();
    for gateway in [&here, &there] {
        eventually_within(Duration::from_secs(20), "every answer is counted once", async || {
            (usage(gateway).await.0 == count).then_some(())
        })
        .await;
    }
    let (entries, sums, records) = ledger(&server, "load");
    assert!(entries > 0 && entries == sums && sums == records, "{entries} {sums} {records}");
    assert_eq!(usage(&there).await, (count, entries));
    let (_, key) = there.make_key(&json!({"name": "afterwards"})).await;
    eventually_within(SOON, "changes are followed again", async || {
        (ask(&here, "up/quick", &key).await.status == 200).then_some(())
    })
    .await;
    ends_and_starts_again(&server, here, &key).await;
}

/// A server that stands still does not keep a gateway from ending, and what is in its journal then is written after the
/// next start.
async fn ends_and_starts_again(server: &Postgres, mut gateway: Gateway, key: &str) {
    server.hold();
    let last = ask(&gateway, "up/quick", key).await.ok().request_id();
    assert!(gateway.stop().await.success());
    server.go_on();
    let gateway = gateway.restart().await;
    assert_eq!(gateway.record(&last).await["outcome"], "success");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_killed_mid_load_starts_again_without_postgresql_and_sums_are_right() {
    let Some(mut server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("killed");
    let (mut here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let (_, key) = there.make_key(&json!({"name": "app"})).await;
    let running = Load::start(&[there.addr]);
    let mut answered = Vec::new();
    for _ in 0..60 {
        answered.push(ask(&here, "up/chat-model", KEY).await.ok().request_id());
    }
    let copy = here.folder().join("data/last-state.sealed");
    eventually("the key works here", async || {
        (ask(&here, "up/quick", &key).await.status == 200).then_some(())
    })
    .await;
    let known = SystemTime::now();
    // What a change begins is a copy that holds all before it; one of the key alone may have been made already.
    there.make_key(&json!({"name": "another"})).await;
    eventually("the copy is newer than the key", async || {
        (copy.metadata().ok()?.modified().ok()? > known).then_some(())
    })
    .await;
    let bytes = std::fs::read(&copy).unwrap();
    assert!(!bytes.windows(3).any(|window| window == b"app"), "the copy is sealed");
    server.kill();
    for _ in 0..20 {
        answered.push(ask(&here, "up/chat-model", KEY).await.ok().request_id());
    }
    here.kill().await;
    let here = here.restart().await;
    assert_eq!(ask(&here, "up/quick", &key).await.status, 200, "keys of the API are known");
    let ready = here.send(Call::get("/readyz")).await.ok().json();
    assert_eq!((ready["status"].as_str(), ready["store"].as_str()), (Some("ready"), Some("down")));
    answered.push(ask(&here, "up/chat-model", KEY).await.ok().request_id());
    let routes = here.admin(Method::GET, "/api/v1/routes", None).await.ok().json();
    assert_eq!(routes["data"], json!([]));

    server.back();
    store_is(&here, "up").await;
    store_is(&there, "up").await;
    answered.extend(running.end().await);
    let rows: Vec<Value> = eventually_within(Duration::from_secs(20), "all are in the logs", async || {
        let rows = here.rows("/api/v1/logs?limit=1000").await;
        let ids: HashSet<&str> = rows.iter().filter_map(|row| row["request_id"].as_str()).collect();
        (ids.len() == rows.len() && answered.iter().all(|id| ids.contains(id.as_str()))).then_some(rows)
    })
    .await;
    eventually("both count every record once", async || {
        let count = u64::try_from(rows.len()).unwrap();
        (usage(&here).await.0 == count && usage(&there).await.0 == count).then_some(())
    })
    .await;
    let (entries, sums, records) = ledger(&server, "killed");
    assert!(entries > 0 && entries == sums && sums == records, "{entries} {sums} {records}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_is_moved_from_its_data_directory() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let mut old = Gateway::start(&upstream.providers()).await;
    let (id, key) =
        old.make_key(&json!({"name": "app", "budget": {"limit_usd": 5, "period": "total"}})).await;
    for _ in 0..3 {
        ask(&old, "up/chat-model", &key).await.ok();
    }
    let used = eventually("all is counted", async || {
        let used = usage(&old).await;
        (used.0 == 3).then_some(used)
    })
    .await;
    let (url, data) = (server.database("moved"), old.folder().join("data"));
    let migrate = async |more: &[&str]| {
        run(&[&["migrate", "--to", &url, "--data-dir", data.to_str().unwrap()], more].concat()).await
    };
    let (code, _, error) = migrate(&[]).await;
    assert!(code == 1 && error.contains("in use"), "{error}");
    assert!(old.stop().await.success());
    let (code, out, error) = migrate(&[]).await;
    assert!(
        code == 0 && out.contains("3  records") && out.contains("GATEWRIGHT_ENCRYPTION_KEY"),
        "{out}{error}"
    );
    let (code, _, error) = migrate(&[]).await;
    assert!(code == 1 && error.contains("--force"), "{error}");

    let secret = std::fs::read_to_string(data.join("encryption.key")).unwrap();
    let variables = [("GATEWRIGHT_ENCRYPTION_KEY", secret.trim())];
    let new =
        Gateway::start_with(&format!("{}database_url: {url}\n", upstream.providers()), &variables).await;
    assert_eq!(usage(&new).await, used);
    let shown = new.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.ok().json();
    assert_eq!(nanos(shown["budget"]["spent_usd"].as_str().unwrap()), used.1);
    assert_eq!(ask(&new, "up/chat-model", &key).await.status, 200);
}

/// Starts a gateway on this database and waits until it is ready or ended: is it ready, and its log.
async fn comes_up(upstream: &Upstream, url: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gatewright.yaml"), upstream.providers()).unwrap();
    let mut command = Gateway::command(folder.path(), "127.0.0.1:0");
    command.env("GATEWRIGHT_DATABASE_URL", url).env("GATEWRIGHT_ENCRYPTION_KEY", SECRET);
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let read = tokio::time::timeout(Duration::from_secs(20), out.read_line(&mut line)).await;
    assert!(read.is_ok(), "neither ready nor ended");
    (line.contains("is ready"), std::fs::read_to_string(folder.path().join("stderr.log")).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_the_server_proves_itself_as_the_address_wants_it() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["elsewhere".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let access = "hostssl all all 127.0.0.1/32 scram-sha-256\n";
    let files = [("tls.crt", certificate.as_str()), ("tls.key", &key), ("pg_hba.conf", access)];
    let settings = ["ssl=on", "ssl_cert_file=tls.crt", "ssl_key_file=tls.key"];
    let Some(server) = Postgres::start_with(&files, &settings) else { return };
    let upstream = Upstream::start().await;
    let folder = tempfile::tempdir().unwrap();
    let root = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        format!("&sslrootcert={}", folder.path().join(name).display())
    };
    let (right, wrong) = (root("right.pem", &certificate), root("wrong.pem", &other.cert.pem()));
    for (is_right, password, host, options) in [
        (true, "geheim", "localhost", format!("sslmode=verify-full{right}")),
        (true, "geheim", "127.0.0.1", format!("sslmode=verify-ca{right}")),
        (true, "geheim", "127.0.0.1", "sslmode=require".to_owned()),
        (true, "geheim", "127.0.0.1", "sslmode=prefer".to_owned()),
        (false, "geheim", "127.0.0.1", format!("sslmode=verify-full{right}")),
        (false, "geheim", "localhost", format!("sslmode=verify-full{wrong}")),
        (false, "geheim", "localhost", format!("sslmode=verify-ca{wrong}")),
        (false, "geheim", "localhost", "sslmode=verify-full".to_owned()),
        (false, "geheim", "127.0.0.1", "sslmode=disable".to_owned()),
        (false, "falsch", "127.0.0.1", "sslmode=require".to_owned()),
    ] {
        let url = server.url_as(&format!("gatewright:{password}"), host, &format!("postgres?{options}"));
        let (is_up, log) = comes_up(&upstream, &url).await;
        assert!(is_up == is_right && !log.contains(password), "{password} {host} {options}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_at_start_is_said() {
    let upstream = Upstream::start().await;
    let start = async |url: &str, variables: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("gatewright.yaml"), config(&upstream, "/nowhere/unused.db"))
            .unwrap();
        let mut command = Gateway::command(folder.path(), "127.0.0.1:0");
        command.env("GATEWRIGHT_DATABASE_URL", url).envs(variables.iter().copied());
        let status = tokio::time::timeout(Duration::from_secs(20), command.status()).await.unwrap().unwrap();
        (status.code(), std::fs::read_to_string(folder.path().join("stderr.log")).unwrap())
    };
    let key = [("GATEWRIGHT_ENCRYPTION_KEY", SECRET)];
    let (code, log) = start("postgres://u:geheim@127.0.0.1:1/d", &[]).await;
    assert!(code == Some(2) && log.contains("GATEWRIGHT_ENCRYPTION_KEY"), "{log}");
    let (code, log) = start("postgres://u:geheim@127.0.0.1:1/d", &key).await;
    assert!(code == Some(1) && log.contains("PostgreSQL") && !log.contains("geheim"), "{log}");
    let (code, log) = start("postgres://u:gehe@im@127.0.0.1:1/d", &key).await;
    assert!(code == Some(2) && log.contains("%40") && !log.contains("gehe"), "{log}");
    let Some(server) = Postgres::start() else { return };
    let (code, log) = start(&server.url("missing"), &key).await;
    assert!(code == Some(1) && log.contains("missing"), "{log}");
}

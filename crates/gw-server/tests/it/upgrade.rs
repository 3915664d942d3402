//! Versions beside each other on one PostgreSQL: nodes are replaced one by one while all serve, so an earlier one works
//! on with the tables of a later one, and a later one goes on with what an earlier one wrote.
//!
//! `GATEWRIGHT_EARLIER` names the program of an earlier version, which `cargo xtask accept` builds. Without it, a database
//! that such a program wrote is taken over, and the program under test is the earlier one beside tables of the future.

use super::support::gateway::nanos;
use super::support::postgres::Postgres;
use super::support::{Answer, Call, Gateway, Upstream, chat, chat_stream, eventually, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

const SECRET: &str = "an encryption key for tests only";

/// What an earlier version wrote, as `pg_dump` says it: an organization, a team, two keys, calls, a budget of the team. Its
/// tables had version 4.
const EARLIER: &str = include_str!("samples/tables_v4.sql");
/// The keys in it: in a team, and revoked.
const KEY_IN_TEAM: &str = include_str!("samples/tables_v4.key");

/// Machines are slow.
const SOON: Duration = Duration::from_secs(30);

fn config(upstream: &Upstream, url: &str) -> String {
    format!("{}database_url: {url}\n", upstream.providers())
}

async fn gateway(config: &str) -> Gateway {
    Gateway::start_with(config, &[("GATEWRIGHT_ENCRYPTION_KEY", SECRET)]).await
}

async fn ask(gateway: &Gateway, key: &str) -> Answer {
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(key)).await
}

async fn works_on(gateway: &Gateway, key: &str, status: u16) {
    eventually_within(SOON, "what the other was told is in force", async || {
        (ask(gateway, key).await.status == status).then_some(())
    })
    .await;
}

/// Calls that go on at the gateways that there are, one after the other; none may fail.
struct Load {
    doors: Arc<Mutex<Vec<SocketAddr>>>,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    callers: JoinSet<i128>,
}

impl Load {
    fn start(key: &str, first: SocketAddr) -> Self {
        let doors = Arc::new(Mutex::new(vec![first]));
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut callers = JoinSet::new();
        for caller in 0..4 {
            let (doors, stop, done, key) =
                (Arc::clone(&doors), Arc::clone(&stop), Arc::clone(&done), key.to_owned());
            callers.spawn(async move {
                let mut whole = 0;
                for turn in caller.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let addr = {
                        let doors = doors.lock().unwrap();
                        doors[turn % doors.len()]
                    };
                    let is_stream = turn.is_multiple_of(3);
                    let text = format!("call {turn}");
                    let body = match is_stream {
                        true => chat_stream("up/chat-model", &text),
                        false => chat("up/chat-model", &text),
                    };
                    let answer = Call::chat(&body).key(&key).send(addr).await;
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    whole += answer.header("x-gatewright-cost-usd").map_or(0, nanos);
                    done.fetch_add(1, Ordering::Relaxed);
                }
                whole
            });
        }
        Self { doors, stop, done, callers }
    }

    fn go_to(&self, addrs: &[SocketAddr]) {
        *self.doors.lock().unwrap() = addrs.to_vec();
    }

    async fn more(&self, answers: usize) {
        let until = self.done.load(Ordering::Relaxed) + answers;
        eventually_within(SOON, "requests are answered", async || {
            assert!(self.callers.len() == 4);
            (self.done.load(Ordering::Relaxed) >= until).then_some(())
        })
        .await;
    }

    /// How many were answered, and what those cost that say so.
    async fn end(self) -> (usize, i128) {
        self.stop.store(true, Ordering::Relaxed);
        let whole = self.callers.join_all().await.into_iter().sum();
        (self.done.load(Ordering::Relaxed), whole)
    }
}

/// A team with a budget, and a key in it.
async fn team_and_key(gateway: &Gateway) -> (String, String, String) {
    let make = async |path: &str, body: Value| {
        let made = gateway.admin(Method::POST, path, Some(&body)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let organization = make("/api/v1/organizations", json!({"name": "acme"})).await;
    let budget = json!({"limit_usd": "1000", "period": "total"});
    let team = json!({"name": "research", "organization_id": organization, "budgets": [budget]});
    let team = make("/api/v1/teams", team).await;
    let (id, key) = gateway.make_key(&json!({"name": "app", "team_id": team})).await;
    (team, id, key)
}

/// What the team's budget says is spent, and what the ledger knows of it.
async fn spent(gateway: &Gateway, server: &Postgres, database: &str, team: &str) -> (i128, i128) {
    let shown = gateway.admin(Method::GET, &format!("/api/v1/teams/{team}"), None).await.ok().json();
    let said = nanos(shown["budgets"][0]["spent_usd"].as_str().unwrap());
    let ledger = server.sql(database, "SELECT COALESCE(SUM(cost), 0) FROM gatewright.ledger");
    (said, ledger.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_earlier_and_a_later_version_serve_together() {
    let Some(earlier) = std::env::var_os("GATEWRIGHT_EARLIER").map(PathBuf::from) else {
        eprintln!("SKIPPED: GATEWRIGHT_EARLIER names no earlier program; `cargo xtask accept` builds one");
        return;
    };
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = config(&upstream, &server.database("rolling"));
    let mut old = Gateway::start_other(&earlier, &config, SECRET).await;
    let (team, _, key) = team_and_key(&old).await;
    works_on(&old, &key, 200).await;
    let load = Load::start(&key, old.addr);
    load.more(30).await;
    // The later one changes the tables while the earlier one serves.
    let new = gateway(&config).await;
    works_on(&new, &key, 200).await;
    load.go_to(&[old.addr, new.addr]);
    load.more(60).await;
    for (here, there) in [(&old, &new), (&new, &old)] {
        let (id, key) = here.make_key(&json!({"name": format!("of {}", here.addr), "team_id": team})).await;
        works_on(there, &key, 200).await;
        there
            .admin(Method::PATCH, &format!("/api/v1/keys/{id}"), Some(&json!({"models": ["none"]})))
            .await
            .ok();
        works_on(here, &key, 403).await;
        assert_eq!(there.admin(Method::DELETE, &format!("/api/v1/keys/{id}"), None).await.status, 204);
        works_on(here, &key, 401).await;
    }
    load.more(60).await;
    // An earlier one may also come back beside the tables of the later one.
    let back = Gateway::start_other(&earlier, &config, SECRET).await;
    works_on(&back, &key, 200).await;
    load.go_to(&[new.addr, back.addr]);
    load.more(60).await;
    assert!(old.stop().await.success());
    load.go_to(&[new.addr]);
    load.more(30).await;
    let (_, seen) = load.end().await;
    // What nobody waited for any more may come a moment later, so all are asked anew.
    eventually_within(SOON, "the budget, the ledger and the records say the same", async || {
        let (said, ledger) = spent(&new, &server, "rolling", &team).await;
        let records = server.sql("rolling", "SELECT SUM(cost) FROM gatewright.records");
        (said == ledger && ledger >= seen && records.parse() == Ok(ledger)).then_some(())
    })
    .await;
}

/// Writes the sample above anew, where `GATEWRIGHT_SAMPLES` names its folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn samples_come_from_an_earlier_version() {
    let folder = std::env::var_os("GATEWRIGHT_SAMPLES").map(PathBuf::from);
    let earlier = std::env::var_os("GATEWRIGHT_EARLIER").map(PathBuf::from);
    let (Some(folder), Some(earlier), Some(server)) = (folder, earlier, Postgres::start()) else {
        eprintln!("SKIPPED: nobody asks for new samples");
        return;
    };
    let upstream = Upstream::start().await;
    let url = server.database("sample");
    let mut old = Gateway::start_other(&earlier, &config(&upstream, &url), SECRET).await;
    let (_, _, key) = team_and_key(&old).await;
    let load = Load::start(&key, old.addr);
    load.more(20).await;
    load.end().await;
    assert!(old.stop().await.success());
    let dump = tokio::process::Command::new("pg_dump").args(["--no-owner", "--inserts", &url]).output().await;
    let dump = String::from_utf8(dump.unwrap().stdout).unwrap();
    // Without what only psql's prompt knows, and without comments.
    let lines = dump.lines().filter(|line| !line.starts_with(['\\', '-']) && !line.is_empty());
    std::fs::write(folder.join("tables_v4.sql"), lines.flat_map(|line| [line, "\n"]).collect::<String>())
        .unwrap();
    std::fs::write(folder.join("tables_v4.key"), key).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_version_wrote_is_taken_over_by_nodes_that_start_together() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("earlier");
    server.sql("earlier", EARLIER);
    let before: i128 = server.sql("earlier", "SELECT SUM(cost) FROM gatewright.ledger").parse().unwrap();
    assert!(before > 0);
    let config = config(&upstream, &url);
    let (one, two) = tokio::join!(gateway(&config), gateway(&config));
    let key = KEY_IN_TEAM.trim();
    let teams = one.rows("/api/v1/teams").await;
    let team = teams[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(spent(&one, &server, "earlier", &team).await.0, before);
    let load = Load::start(key, one.addr);
    load.go_to(&[one.addr, two.addr]);
    load.more(40).await;
    load.end().await;
    for gateway in [&one, &two] {
        eventually("the budget goes on from what was spent", async || {
            let (said, ledger) = spent(gateway, &server, "earlier", &team).await;
            (said == ledger && ledger > before).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_serves_on_beside_tables_of_a_later_version() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = config(&upstream, &server.database("later"));
    let (mut one, two) = tokio::join!(gateway(&config), gateway(&config));
    let (team, _, key) = team_and_key(&one).await;
    works_on(&two, &key, 200).await;
    let load = Load::start(&key, one.addr);
    load.go_to(&[one.addr, two.addr]);
    load.more(30).await;
    // What later versions may do to tables: add to them.
    let tables = server
        .sql("later", "SELECT table_name FROM information_schema.tables WHERE table_schema = 'gatewright'");
    let mut later =
        "BEGIN; SET lock_timeout = '20s'; CREATE TABLE gatewright.of_the_future (id BIGINT PRIMARY KEY);"
            .to_owned();
    for table in tables.lines() {
        later.push_str(&format!(
            "ALTER TABLE gatewright.{table} ADD COLUMN of_the_future TEXT NOT NULL DEFAULT 'x';"
        ));
    }
    later.push_str("UPDATE gatewright.tables SET version = 1000; COMMIT");
    server.sql("later", &later);
    load.more(60).await;
    load.go_to(&[two.addr]);
    load.more(10).await;
    assert!(one.stop().await.success());
    let one = one.restart().await;
    load.go_to(&[one.addr, two.addr]);
    load.more(30).await;
    let (id, other) = one.make_key(&json!({"name": "later", "team_id": team})).await;
    works_on(&two, &other, 200).await;
    assert_eq!(two.admin(Method::DELETE, &format!("/api/v1/keys/{id}"), None).await.status, 204);
    works_on(&one, &other, 401).await;
    // A version that takes something away says so: what runs goes on, and who starts is refused.
    server.sql("later", "UPDATE gatewright.tables SET min_reader = 1000");
    load.more(30).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gatewright.yaml"), &config).unwrap();
    let mut command = Gateway::command(folder.path(), "127.0.0.1:0");
    let output = command.env("GATEWRIGHT_ENCRYPTION_KEY", SECRET).output();
    let output = tokio::time::timeout(SOON, output).await.expect("it ends").unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("run the newer program"), "{said}");
    let (_, seen) = load.end().await;
    eventually_within(SOON, "nothing is lost", async || {
        let (said, ledger) = spent(&one, &server, "later", &team).await;
        (said == ledger && ledger >= seen).then_some(())
    })
    .await;
}

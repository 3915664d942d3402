//! A disk that is full while calls are made: they go on, what they cost stays in the journal, bodies are dropped and counted;
//! and all of it is in the database once there is space, whether the process ends meanwhile or not. No file of the process
//! may be larger than a limit, which looks as a full disk does and needs no right.

use super::support::gateway::nanos;
use super::support::{Call, Gateway, MASTER, Upstream, chat, eventually, eventually_within};
use http::Method;
use serde_json::Value;
use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Bytes that a file may have, in blocks of 512: the journal's segments are smaller, the database and its log are not for
/// long.
const BLOCKS: usize = 6_144;
const SOON: Duration = Duration::from_secs(60);

/// A program that is the gateway with such a limit.
fn limited(folder: &Path) -> PathBuf {
    let path = folder.join("limited");
    let gateway = env!("CARGO_BIN_EXE_gatewright");
    // Who writes too much is told so and not killed.
    let script = format!("#!/bin/sh\ntrap '' XFSZ\nulimit -S -f {BLOCKS}\nexec {gateway} \"$@\"\n");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Takes the limit away.
fn lift(program: &Path) {
    let text = std::fs::read_to_string(program).unwrap();
    std::fs::write(program, text.replace(&format!("ulimit -S -f {BLOCKS}\n"), "")).unwrap();
}

async fn started(program: &Path, upstream: &Upstream, bodies_in: &str) -> Gateway {
    let config = format!(
        "{}\nrecords: {{ logging: full, max_body_bytes: 262144, bodies_in: {bodies_in} }}\nstorage: {{ journal_segment_bytes: 1048576 }}\n",
        upstream.providers()
    );
    Gateway::start_other(program, &config, "a-secret-of-forty-characters-at-the-least").await
}

/// Calls with bodies that cannot be compressed, until some are dropped; ids of the answers, and more calls behind.
async fn fill(gateway: &Gateway) -> HashSet<String> {
    let mut ids = HashSet::new();
    let mut left = 20;
    while left > 0 {
        let text: String = std::iter::repeat_with(fastrand::alphanumeric).take(150_000).collect();
        let answer = gateway.send(Call::chat(&chat("up/chat-model", &text)).key(MASTER)).await;
        assert_eq!(answer.status, 200, "traffic goes on: {}", answer.text());
        ids.insert(answer.request_id());
        assert!(ids.len() < 1_000, "the disk is never full");
        if gateway.metric("gatewright_record_bodies_dropped_total").await > 0.0 {
            left -= 1;
        }
    }
    let ready = gateway.admin(Method::GET, "/readyz", None).await;
    assert_eq!(ready.status, 200, "{}", ready.text());
    ids
}

/// All of them are in the records, once, and usage says the same.
async fn nothing_is_lost(gateway: &Gateway, ids: &HashSet<String>) {
    let rows = eventually_within(SOON, "every call is in the records", async || {
        let rows = gateway.rows("/api/v1/logs?limit=1000").await;
        let known: HashSet<&str> = rows.iter().filter_map(|row| row["request_id"].as_str()).collect();
        ids.iter().all(|id| known.contains(id.as_str())).then_some(rows.clone())
    })
    .await;
    let mine: Vec<&Value> =
        rows.iter().filter(|row| ids.contains(row["request_id"].as_str().unwrap_or_default())).collect();
    assert_eq!(mine.len(), ids.len(), "each once");
    assert!(mine.iter().all(|row| row["outcome"] == "success"), "{mine:?}");
    let spent: i128 = rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum();
    eventually("usage says the same", async || {
        let usage = gateway.rows("/api/v1/usage?group_by=key").await;
        let sum: i128 = usage.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum();
        (sum == spent).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_dies_while_the_disk_is_full_has_lost_no_accounting() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start().await);
    let program = limited(folder.path());
    let mut gateway = started(&program, &upstream, "database").await;
    let ids = fill(&gateway).await;
    gateway.kill().await;
    lift(&program);
    let mut gateway = gateway.restart().await;
    nothing_is_lost(&gateway, &ids).await;
    assert!(gateway.stop().await.success(), "{}", gateway.log());
    // And the next start finds everything in order.
    let gateway = gateway.restart().await;
    nothing_is_lost(&gateway, &ids).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_is_stored_once_there_is_space_again() {
    space_again("database").await;
}

/// A file of bodies is full where the database is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_bodies_are_written_again_once_there_is_space() {
    space_again("files").await;
}

async fn space_again(bodies_in: &str) {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start().await);
    let gateway = started(&limited(folder.path()), &upstream, bodies_in).await;
    let ids = fill(&gateway).await;
    let freed = Command::new("prlimit")
        .args(["--pid", &gateway.id().to_string(), "--fsize=unlimited"])
        .status()
        .expect("prlimit of util-linux");
    assert!(freed.success());
    nothing_is_lost(&gateway, &ids).await;
    let before = gateway.metric("gatewright_record_bodies_written_total").await;
    gateway.send(Call::chat(&chat("up/chat-model", "again")).key(MASTER)).await.ok();
    eventually("bodies are kept again", async || {
        (gateway.metric("gatewright_record_bodies_written_total").await > before).then_some(())
    })
    .await;
}

//! Answers on disk outlive the process, with the turns that others find them by; a damaged file holds nobody up.

use super::{alike, ask, config, purge, said};
use crate::support::{Gateway, eventually};
use serde_json::json;

const FIRST: &str = "How do I reset my password?";
const SAME: &str = "How can I reset my password?";
const DISK: &str = ", store: disk, store_timeout_ms: 10000";

/// Until so many answers are in the file: they are written behind the calls' backs.
async fn kept(gateway: &Gateway, count: i64) {
    let file = gateway.folder().join("data/answers.db");
    eventually("the answers are on disk", async || {
        let db = rusqlite::Connection::open(&file).ok()?;
        let found: i64 =
            db.query_row("SELECT COUNT(*) FROM answers WHERE turn IS NOT NULL", [], |row| row.get(0)).ok()?;
        (found == count).then_some(())
    })
    .await;
}

async fn turns(gateway: &Gateway, count: f64) {
    eventually("the turns are there", async || {
        (gateway.metric("gatewright_cache_index_entries").await == count).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_outlive_the_process() {
    let upstream = alike().await;
    let gateway = Gateway::start(&config(&upstream, DISK)).await;
    let first = ask(&gateway, FIRST).await;
    ask(&gateway, "Who wrote Hamlet?").await;
    kept(&gateway, 2).await;
    let gateway = gateway.restart().await;
    turns(&gateway, 2.0).await;
    let hit = ask(&gateway, SAME).await;
    assert_eq!((said(&hit), &hit.body), ("semantic-hit", &first.body));
    let hit = ask(&gateway, FIRST).await;
    assert_eq!((said(&hit), &hit.body), ("hit", &first.body));
    // Of another turn, which is not in memory yet.
    assert_eq!(said(&ask(&gateway, "Who wrote Hamlet?").await), "hit");
    // The answers to the gateway's own calls for vectors are among them.
    assert!(purge(&gateway, &json!({"all": true})).await.as_u64().unwrap() >= 2);
    let gateway = gateway.restart().await;
    assert_eq!(said(&ask(&gateway, FIRST).await), "miss");
    // Nothing of it can be read.
    for name in ["answers.db", "answers.db-wal"] {
        let bytes = std::fs::read(gateway.folder().join("data").join(name)).unwrap_or_default();
        assert!(!bytes.windows(8).any(|window| window == b"password"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_thrown_away() {
    let upstream = alike().await;
    let mut gateway = Gateway::start(&config(&upstream, DISK)).await;
    ask(&gateway, FIRST).await;
    kept(&gateway, 1).await;
    gateway.stop().await;
    // What is not in the file yet is in the other.
    for name in ["data/answers.db", "data/answers.db-wal"] {
        let file = gateway.folder().join(name);
        let mut bytes = std::fs::read(&file).unwrap_or_default();
        bytes.iter_mut().for_each(|byte| *byte ^= 0x5a);
        std::fs::write(&file, bytes).unwrap();
    }
    let gateway = gateway.restart().await;
    assert_eq!(said(&ask(&gateway, FIRST).await), "miss");
    assert_eq!(said(&ask(&gateway, SAME).await), "semantic-hit");
    assert!(gateway.log().contains("the cache on disk is damaged and begins anew"), "{}", gateway.log());
    kept(&gateway, 1).await;
    let gateway = gateway.restart().await;
    turns(&gateway, 1.0).await;
    assert_eq!(said(&ask(&gateway, FIRST).await), "hit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_to_be_written_is_written_before_the_process_ends() {
    let upstream = alike().await;
    let mut gateway = Gateway::start(&config(&upstream, DISK)).await;
    let texts: Vec<String> = (0..40).map(|number| format!("Who wrote book {number}?")).collect();
    for text in &texts {
        ask(&gateway, text).await;
    }
    // Nobody looks whether they are on disk.
    assert!(gateway.stop().await.success());
    let gateway = gateway.restart().await;
    for text in &texts {
        assert_eq!(said(&ask(&gateway, text).await), "hit", "{text}");
    }
}

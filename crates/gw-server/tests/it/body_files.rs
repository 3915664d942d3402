//! Bodies of calls in files of the data directory: they outlive the process however it ends, are found, go when their time is
//! over, and nothing of them is in the way of calls.

use super::support::gateway::run;
use super::support::{Call, Gateway, MASTER, Upstream, chat, eventually, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("data/bodies")) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Makes calls one after the other, each once the bodies of the one before are written.
async fn say(gateway: &Gateway, texts: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for text in texts {
        let id = gateway.send(Call::chat(&chat("up/chat-model", text)).key(MASTER)).await.request_id();
        eventually("bodies are kept", async || said(gateway, &id).await).await;
        ids.push(id);
    }
    ids
}

/// What is kept of a call's request, if anything.
async fn said(gateway: &Gateway, id: &str) -> Option<String> {
    let answer = gateway.admin(Method::GET, &format!("/api/v1/logs/{id}/bodies"), None).await;
    assert!([200, 404].contains(&answer.status.as_u16()), "{}", answer.text());
    (answer.status == 200).then(|| answer.json()["request"]["body"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_outlive_a_process_that_is_killed_and_a_torn_end_takes_only_what_is_torn() {
    let upstream = Upstream::start().await;
    let config = |more: &str| format!("{}\nrecords: {{ logging: full{more} }}\n", upstream.providers());
    let mut gateway = Gateway::start(&config("")).await;
    let ids = say(&gateway, &["the first of three", "the second of three", "the third of three"]).await;
    let written = files(gateway.folder());
    assert_eq!(written.len(), 1, "{written:?}");
    gateway.kill().await;
    let file = std::fs::OpenOptions::new().write(true).open(&written[0]).unwrap();
    file.set_len(file.metadata().unwrap().len() - 3).unwrap();
    gateway.write_config(&config(", body_segment_bytes: 1048576"));
    let mut gateway = gateway.restart().await;
    let texts = [said(&gateway, &ids[0]).await, said(&gateway, &ids[1]).await, said(&gateway, &ids[2]).await];
    assert!(texts[0].as_ref().unwrap().contains("the first") && texts[1].is_some(), "{texts:?}");
    assert_eq!(texts[2], None, "its end is missing");
    assert_eq!(gateway.rows("/api/v1/logs?text=of%20three").await.len(), 2);
    say(&gateway, &["a fourth one"]).await;
    assert_eq!(files(gateway.folder()).len(), 2, "each run has files of its own");
    assert!(gateway.stop().await.success(), "{}", gateway.log());
    // Whoever wants them in the database has what is kept already all the same.
    gateway.write_config(&config(", bodies_in: database"));
    let gateway = gateway.restart().await;
    let last = say(&gateway, &["a fifth one"]).await;
    assert_eq!(files(gateway.folder()).len(), 2);
    for (text, found) in [("of%20three", 2), ("fourth", 1), ("fifth", 1)] {
        assert_eq!(gateway.rows(&format!("/api/v1/logs?text={text}")).await.len(), found, "{text}");
    }
    let (_, key) = gateway.make_key(&json!({"name": "again", "logging": "metadata"})).await;
    for id in [&ids[0], &last[0]] {
        let again = json!({"key": key});
        let replayed = gateway.admin(Method::POST, &format!("/api/v1/logs/{id}/replay"), Some(&again)).await;
        assert_eq!(replayed.status, 200, "{}", replayed.text());
    }
    // A file that somebody removes is no bodies, and no error.
    let mut gateway = gateway;
    gateway.kill().await;
    std::fs::remove_dir_all(gateway.folder().join("data/bodies")).unwrap();
    let gateway = gateway.restart().await;
    assert_eq!(said(&gateway, &ids[0]).await, None);
    assert_eq!(gateway.rows("/api/v1/logs?text=of%20three").await.len(), 0);
    assert!(said(&gateway, &last[0]).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_says_how_long_and_what_goes_early_is_erased() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let data = folder.path().join("data").display().to_string();
    std::fs::write(folder.path().join("gatewright.yaml"), "{}").unwrap();
    let seed =
        ["emulate", "--seed-records", "2000", "--days", "5", "--with-bodies", "100", "--data-dir", &data];
    let (code, _, problem) = run(&seed).await;
    assert_eq!(code, 0, "{problem}");
    assert!(!files(folder.path()).is_empty());
    let gateway = Gateway::start_in(Arc::clone(&folder), "127.0.0.1:0").await;
    let rows = gateway.rows("/api/v1/logs?limit=1000&has_body=true").await;
    let oldest = rows.iter().rfind(|row| row["organization_id"].is_string()).unwrap();
    let (organization, id) = (oldest["organization_id"].as_str().unwrap(), oldest["id"].as_str().unwrap());
    assert!(said(&gateway, id).await.is_some());
    let other =
        rows.iter().rfind(|row| row["organization_id"].as_str().is_some_and(|other| other != organization));
    let other = other.unwrap()["id"].as_str().unwrap();
    let of = |rows: &[Value]| rows.iter().filter(|row| row["organization_id"] == organization).count();
    let before = of(&rows);
    let path = format!("/api/v1/organizations/{organization}");
    gateway.admin(Method::PATCH, &path, Some(&json!({"body_retention_days": 1}))).await.ok();
    eventually_within(Duration::from_secs(60), "old bodies of the organization go", async || {
        said(&gateway, id).await.is_none().then_some(())
    })
    .await;
    let after = gateway.rows("/api/v1/logs?limit=1000&has_body=true").await;
    assert!(of(&after) < before, "{} {before}", of(&after));
    assert!(said(&gateway, other).await.is_some(), "others keep theirs");
    assert!(!gateway.admin(Method::GET, &format!("/api/v1/logs/{id}"), None).await.text().is_empty());
}

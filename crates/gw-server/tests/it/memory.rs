//! A gateway whose database is in its memory: all of it works, nothing of it stays, and no command takes its data directory for one with a
//! file.

use super::support::gateway::{binary, nanos};
use super::support::{Call, Gateway, Upstream, chat, eventually};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_memory_goes_with_the_process() {
    let upstream = Upstream::start().await;
    let config = format!("database_url: 'memory:'\n{}", upstream.providers());
    let mut gateway = Gateway::start(&config).await;
    let made = json!({"name": "app", "budget": {"limit_usd": 1, "period": "day"}});
    let (id, key) = gateway.make_key(&made).await;
    let mut calls = tokio::task::JoinSet::new();
    for turn in 0..40 {
        let (address, key) = (gateway.addr, key.clone());
        let call = Call::chat(&chat("up/chat-model", &format!("turn {turn}"))).key(&key);
        calls.spawn(async move { call.send(address).await.status });
    }
    while let Some(status) = calls.join_next().await {
        assert_eq!(status.unwrap(), 200);
    }
    let rows = eventually("all have a record", async || {
        let rows = gateway.rows("/api/v1/logs").await;
        (rows.len() == 40).then_some(rows)
    })
    .await;
    let amount = |row: &Value, name: &str| nanos(row[name].as_str().expect("an amount"));
    let cost: i128 = rows.iter().map(|row| amount(row, "cost_usd")).sum();
    let budgets = gateway.rows("/api/v1/budgets").await;
    let budget = budgets.iter().find(|row| row["key_id"] == id.as_str()).expect("its budget is listed");
    assert_eq!(amount(budget, "spent_usd"), cost);
    assert!(gateway.rows("/api/v1/audit").await.iter().any(|entry| entry["action"] == "key.create"));
    assert!(!gateway.folder().join("data/gatewright.db").exists());

    gateway.stop().await;
    let data = gateway.folder().join("data");
    let save = ["backup", "--data-dir", data.to_str().unwrap(), "copy"];
    let told = binary().args(save).current_dir(gateway.folder()).output().await.unwrap();
    let told = (told.status.success(), String::from_utf8_lossy(&told.stderr).into_owned());
    assert!(!told.0 && told.1.contains("in the memory of its gateway"), "{told:?}");

    let gateway = gateway.restart().await;
    assert!(gateway.rows("/api/v1/keys").await.is_empty());
    let refused = gateway.send(Call::chat(&chat("up/chat-model", "again")).key(&key)).await;
    assert_eq!(refused.status, 401, "{}", refused.text());
}

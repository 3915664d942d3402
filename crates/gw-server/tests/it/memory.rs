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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_one_leaves_nothing_to_any_database_and_takes_nothing() {
    let upstream = Upstream::start().await;
    let config = |more: &str| {
        format!("{more}keys: [{{ name: app, key: sk-gw-written-in-the-file }}]\n{}", upstream.providers())
    };
    let mut gateway = Gateway::start(&config("database_url: 'memory:'\n")).await;
    let ask = async |gateway: &Gateway| {
        let call = Call::chat(&chat("up/chat-model", "hello")).key("sk-gw-written-in-the-file");
        assert_eq!(gateway.send(call).await.status, 200);
    };
    let records = async |gateway: &Gateway, wanted: usize| {
        eventually("the records are there", async || {
            let rows = gateway.rows("/api/v1/logs").await;
            (rows.len() == wanted).then_some(())
        })
        .await;
    };
    for _ in 0..3 {
        ask(&gateway).await;
    }
    records(&gateway, 3).await;
    gateway.kill().await;
    let mut gateway = gateway.restart().await;
    ask(&gateway).await;
    records(&gateway, 1).await;
    gateway.kill().await;

    // With a file from now on: what was in memory is not in it.
    gateway.write_config(&config(""));
    let mut gateway = gateway.restart().await;
    ask(&gateway).await;
    ask(&gateway).await;
    records(&gateway, 2).await;
    gateway.kill().await;

    // Its calls may be in the journal alone: nothing in memory takes them.
    let data = gateway.folder().join("data");
    let start = ["serve", "--data-dir", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let mut command = binary();
    command.args(start).env("GATEWRIGHT_DATABASE_URL", "memory:").current_dir(gateway.folder());
    let told =
        tokio::time::timeout(std::time::Duration::from_secs(30), command.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&told.stderr).into_owned() + &String::from_utf8_lossy(&told.stdout);
    assert!(!told.status.success() && text.contains("has calls that are not in its database yet"), "{text}");
    let gateway = gateway.restart().await;
    records(&gateway, 2).await;
}

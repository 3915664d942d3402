//! Records are kept as long as the organization says whose calls they are of; those of others as long as the configuration does.

use super::support::gateway::run;
use super::support::{Gateway, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How many records of each organization are older than a day, and how many are not.
async fn counts(gateway: &Gateway, since: &str) -> BTreeMap<String, [usize; 2]> {
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for row in gateway.rows("/api/v1/logs?limit=1000&include=subcalls").await {
        let of = row["organization_id"].as_str().unwrap_or("nobody").to_owned();
        let is_new = row["time"].as_str().unwrap() >= since;
        counts.entry(of).or_default()[usize::from(is_new)] += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_go_when_their_organization_says() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let data = folder.path().join("data").display().to_string();
    std::fs::write(folder.path().join("gatewright.yaml"), "{}").unwrap();
    let (code, _, problem) =
        run(&["emulate", "--seed-records", "2000", "--data-dir", &data, "--days", "5"]).await;
    assert_eq!(code, 0, "{problem}");
    let gateway = Gateway::start_in(folder, "127.0.0.1:0").await;
    let day_ago = std::time::SystemTime::now() - Duration::from_secs(86_400);
    let day_ago = day_ago.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
    let since = gw_model::time::format(i64::try_from(day_ago).unwrap());
    let before = counts(&gateway, &since).await;
    let used = gateway.rows("/api/v1/usage?group_by=model").await;
    let (id, [old, _]) =
        before.iter().filter(|(id, _)| *id != "nobody").max_by_key(|(_, counts)| counts[0]).unwrap();
    assert!(*old > 0 && before.len() > 1, "{before:?}");
    let path = format!("/api/v1/organizations/{id}");
    for (days, field) in [(json!(0), "record_retention_days"), (json!("1"), "record_retention_days")] {
        let answer = gateway.admin(Method::PATCH, &path, Some(&json!({ field: days }))).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["field"]), (400, &json!(field)));
    }
    let shown = gateway.admin(Method::PATCH, &path, Some(&json!({"record_retention_days": 1}))).await;
    assert_eq!(
        (&shown.ok().json()["record_retention_days"], &shown.json()["body_retention_days"]),
        (&json!(1), &Value::Null)
    );
    let after =
        eventually_within(Duration::from_secs(60), "no old records of the organization", async || {
            // A minute may have passed since it was asked what is old.
            let now = counts(&gateway, &since).await;
            now.get(id).is_none_or(|counts| counts[0] == 0).then_some(now)
        })
        .await;
    for (other, counts) in &before {
        if other != id {
            assert_eq!(after.get(other), Some(counts), "{other}");
        }
    }
    assert_eq!(gateway.rows("/api/v1/usage?group_by=model").await, used, "sums stay");
    // What says so is not removed, lest what is kept longer than others goes by itself.
    let refused = gateway.admin(Method::DELETE, &path, None).await;
    let error = &refused.json()["error"];
    assert_eq!((refused.status.as_u16(), &error["field"]), (409, &json!("record_retention_days")), "{error}");
    let longer = json!({ "name": "brief", "record_retention_days": 7 });
    let made = gateway.admin(Method::POST, "/api/v1/organizations", Some(&longer)).await.json();
    let path = format!("/api/v1/organizations/{}", made["id"].as_str().unwrap());
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 409);
    let unsaid = json!({ "record_retention_days": null });
    gateway.admin(Method::PATCH, &path, Some(&unsaid)).await.ok();
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
}

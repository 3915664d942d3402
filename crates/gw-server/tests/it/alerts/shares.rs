//! What the channels of one organization do, or do not do, holds up no other.

use super::api::{id, made, tenant};
use super::{ask, place, told_so_many};
use crate::support::{Gateway, eventually_within};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// More than there are places for all.
const CHANNELS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_that_never_answer_hold_up_no_other_organization() {
    let place = place().await;
    // Takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", silent.local_addr().unwrap());
    let text = "alerts:\n  evaluate_every_seconds: 1\n  private_addresses: true\n  max_waiting: 60\n";
    let gateway = Gateway::start(&format!("{}{text}", place.provider())).await;
    let (storm, storm_key, storm_token) = tenant(&gateway, "storm").await;
    let (calm, calm_key, calm_token) = tenant(&gateway, "calm").await;
    let mut channels = Vec::new();
    for number in 0..CHANNELS {
        let channel = json!({"name": format!("c{number}"), "kind": "webhook", "organization_id": storm, "url": url,
            "timeout_ms": 60_000});
        channels.push(id(&made(&gateway, &storm_token, "alerts/channels", channel).await));
    }
    let names: Vec<String> = (0..CHANNELS).map(|number| format!("c{number}")).collect();
    let rule = |organization: &str, channels: Value| json!({"name": "fresh", "kind": "new_model", "organization_id": organization, "channels": channels});
    let rule_of_storm = made(&gateway, &storm_token, "alerts/rules", rule(&storm, json!(names))).await;
    assert_eq!(rule_of_storm.status, 201, "{}", rule_of_storm.text());
    let hook = json!({"name": "hook", "kind": "webhook", "organization_id": calm, "url": format!("{}/hook", place.url())});
    let hook = id(&made(&gateway, &calm_token, "alerts/channels", hook).await);
    assert_eq!(made(&gateway, &calm_token, "alerts/rules", rule(&calm, json!(["hook"]))).await.status, 201);

    ask(&gateway, &storm_key, "hi").await.ok();
    let events = eventually_within(super::SOON, "it fires", async || {
        let events = gateway.rows("/api/v1/alerts/events").await;
        (events.len() == 1).then_some(events)
    })
    .await;
    // It may take half of what may wait; the rest is counted, and has no rows.
    assert_eq!(events[0]["deliveries"].as_array().unwrap().len(), 30, "{}", events[0]);
    assert_eq!(events[0]["dropped"], 10);
    let dropped =
        gateway.metric("gatewright_alerts_deliveries_total{channel=\"webhook\",outcome=\"dropped\"}").await;
    assert!((dropped - 10.0).abs() < f64::EPSILON, "{dropped}");
    // Its tests never end either.
    let mut tests = JoinSet::new();
    for channel in channels.into_iter().take(8) {
        let call = crate::support::Call::post(&format!("/api/v1/alerts/channels/{channel}/test"), "");
        let (call, addr) = (call.key(&storm_token), gateway.addr);
        tests.spawn(async move { call.send(addr).await.status });
    }
    for _ in 0..4 {
        assert_eq!(tests.join_next().await.unwrap().unwrap(), 503, "half of the places are for others");
    }
    ask(&gateway, &calm_key, "hi").await.ok();
    let told = told_so_many(&place, "/hook", 1).await;
    assert_eq!(told[0]["organization_id"], calm.as_str());
    let test =
        made(&gateway, &calm_token, &format!("alerts/channels/{hook}/test"), Value::Null).await.ok().json();
    assert_eq!(test["sent"], true, "{test}");
}

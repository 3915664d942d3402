//! Budgets, failures and first uses: who is told, and how often.

use super::{HOSTILE, ask, looked_again, place, told, told_so_many};
use crate::support::gateway::nanos;
use crate::support::postgres::Postgres;
use crate::support::scripted::Scripted;
use crate::support::{Gateway, MASTER, eventually_within};
use http::Method;
use serde_json::{Value, json};

fn configuration(place: &Scripted, rules: &str) -> String {
    format!(
        "{}alerts:\n  evaluate_every_seconds: 1\n  channels:\n    hook: {{ kind: webhook, url: \"{}/hook\", secret: the-secret, \
         headers: {{ x-team: ops }} }}\n    late: {{ kind: webhook, url: \"{}/late\" }}\n    chat: {{ kind: slack, url: \"{}/slack\" }}\n  \
         rules:\n{rules}",
        place.provider(),
        place.url(),
        place.url(),
        place.url()
    )
}

/// What a call costs.
async fn cost(gateway: &Gateway) -> i128 {
    nanos(ask(gateway, MASTER, "hi").await.ok().header("x-gatewright-cost-usd").unwrap())
}

fn thresholds(told: &[Value]) -> Vec<i64> {
    told.iter().map(|one| one["details"]["threshold_percent"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_share_of_a_budget_is_told_once_also_over_a_restart() {
    let place = place().await;
    let rules =
        "    spent: { kind: budget, channels: [hook], levels: [key], forecast: false, severity: critical }\n";
    let gateway = Gateway::start(&configuration(&place, rules)).await;
    let cost = cost(&gateway).await;
    let limit = format!("{}.{:09}", cost * 10 / 1_000_000_000, cost * 10 % 1_000_000_000);
    let budget = json!({"limit_usd": limit, "period": "month", "shadow": true});
    let (id, key) = gateway.make_key(&json!({"name": "app", "budget": budget})).await;
    let mut expected = Vec::new();
    for call in 1..=11 {
        ask(&gateway, &key, "hi").await.ok();
        match call {
            5 => expected.push(50),
            8 => expected.push(80),
            10 => expected.push(100),
            _ => continue,
        }
        let told = told_so_many(&place, "/hook", expected.len()).await;
        assert_eq!(thresholds(&told), expected, "after {call} calls");
    }
    let first = told(&place, "/hook").remove(0);
    let body: Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(
        (&body["type"], &body["severity"], &body["version"]),
        (&json!("firing"), &json!("critical"), &json!(1))
    );
    assert_eq!(body["subject"], json!({"kind": "key", "id": id, "name": "app"}));
    assert_eq!(first.header("x-team"), Some("ops"));
    let (event, at) = (first.header("webhook-id").unwrap(), first.header("webhook-timestamp").unwrap());
    assert_eq!(body["event_id"], event);
    let key_of = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"the-secret");
    use base64::Engine as _;
    let signature = first.header("webhook-signature").unwrap().strip_prefix("v1,").unwrap();
    let signature = base64::engine::general_purpose::STANDARD.decode(signature).unwrap();
    assert!(
        ring::hmac::verify(&key_of, format!("{event}.{at}.{}", first.body).as_bytes(), &signature).is_ok()
    );
    let gateway = gateway.restart().await;
    looked_again(&gateway).await;
    assert_eq!(told(&place, "/hook").len(), 3, "nobody is told again");
    let rows = gateway.rows("/api/v1/alerts").await;
    assert_eq!(rows.len(), 3, "they go on until the month ends: {rows:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budgets_own_shares_need_no_rule_and_names_do_no_harm() {
    let place = place().await;
    let text = configuration(&place, "    fresh: { kind: new_key, channels: [chat] }\n");
    let text = text.replace("kind: webhook, url: \"", "kind: webhook, default: true, url: \"");
    let gateway = Gateway::start(&text).await;
    let budget = json!({"limit_usd": "0.000001", "period": "total", "shadow": true, "alert_at": [70]});
    let (_, key) = gateway.make_key(&json!({"name": HOSTILE, "budgets": [budget]})).await;
    ask(&gateway, &key, "hi").await.ok();
    let told = told_so_many(&place, "/hook", 1).await;
    assert_eq!(thresholds(&told), [70]);
    assert_eq!(told[0]["subject"]["name"], HOSTILE);
    let slack = told_so_many(&place, "/slack", 1).await;
    let text = slack[0]["text"].as_str().unwrap();
    assert!(text.contains("is used for the first time"), "{text}");
    assert!(
        !text.contains('<') && !text.contains("](") && !text.contains("://") && !text.contains("*x*"),
        "{text}"
    );
    // The one that was down is told when it is back.
    let late = told_so_many(&place, "/late", 1).await;
    assert_eq!(thresholds(&late[..1]), [70]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_told_when_they_begin_and_when_they_are_over() {
    let place = place().await;
    let rules = "    down: { kind: provider_down, channels: [hook] }\n    \
                 failing: { kind: error_rate, above_percent: 50, min_requests: 3, window_minutes: 1, per: model, channels: [chat] }\n";
    let health = "health: { consecutive_failures: 3, open_ms: 300, max_open_ms: 300, slow_start_ms: 0 }\n";
    let gateway = Gateway::start(&format!("{}{health}", configuration(&place, rules))).await;
    for _ in 0..4 {
        ask(&gateway, MASTER, "fail").await;
    }
    let down = told_so_many(&place, "/hook", 1).await;
    assert_eq!((&down[0]["type"], &down[0]["subject"]["id"]), (&json!("firing"), &json!("up")));
    let failing = told_so_many(&place, "/slack", 1).await;
    assert!(failing[0]["text"].as_str().unwrap().contains("failed in the last 1 minutes"), "{}", failing[0]);
    let silence = json!({"rule": "failing", "until": "2099-01-01"});
    gateway.admin(Method::POST, "/api/v1/alerts/silences", Some(&silence)).await;
    eventually_within(super::SOON, "it is back", async || {
        ask(&gateway, MASTER, "hi").await;
        (told(&place, "/hook").len() >= 2).then_some(())
    })
    .await;
    let told = told_so_many(&place, "/hook", 2).await;
    assert_eq!(told[1]["type"], "resolved");
    assert_eq!(told[1]["fired_at"], told[0]["fired_at"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_gateways_one_tells() {
    let Some(server) = Postgres::start() else { return };
    let url = server.database("alerts");
    let place = place().await;
    let rules = "    spent: { kind: budget, channels: [hook], forecast: false }\n    fresh: { kind: new_key, channels: [hook] }\n";
    let variables =
        [("GATEWRIGHT_DATABASE_URL", url.as_str()), ("GATEWRIGHT_ENCRYPTION_KEY", "of the tests")];
    let text = configuration(&place, rules);
    let (one, other) =
        tokio::join!(Gateway::start_with(&text, &variables), Gateway::start_with(&text, &variables));
    let budget = json!({"limit_usd": "0.000001", "period": "month", "shadow": true});
    let (id, key) = one.make_key(&json!({"name": "app", "budget": budget})).await;
    ask(&one, &key, "hi").await.ok();
    // Three shares, and a key that is new.
    told_so_many(&place, "/hook", 4).await;
    let other = other.restart().await;
    for gateway in [&one, &other] {
        looked_again(gateway).await;
    }
    let all = told_so_many(&place, "/hook", 4).await;
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all.iter().all(|one| one["subject"]["id"] == id.as_str()));
    let events = other.rows("/api/v1/alerts/events").await;
    assert_eq!(events.len(), 4, "and it is written down once");
    assert!(events.iter().all(|event| event["deliveries"][0]["state"] == "sent"), "{events:?}");
}

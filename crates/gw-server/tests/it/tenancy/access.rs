//! From where, when and with what calls may come, by what stands above and beside their keys.

use super::{Call, Gateway, ask, chat, make, patch, refused, set_up};
use http::Method;
use serde_json::{Value, json};

/// Hours that do not hold now, whatever the time is.
fn other_hours() -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let zone = if now % 86_400 < 43_200 { "Etc/GMT-6" } else { "Etc/GMT+6" };
    json!([{"days": ["mon-sun"], "from": "00:00", "to": "00:01", "time_zone": zone}])
}

async fn with_metadata(gateway: &Gateway, key: &str, metadata: &str) -> super::Answer {
    let call = Call::chat(&chat("up/chat-model", "hi")).key(key);
    gateway.send(call.header("x-gatewright-metadata", metadata)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_level_restricts_where_when_and_with_what_calls_come() {
    let (_upstream, gateway) = set_up().await;
    let organization = make(&gateway, "organizations", &json!({"name": "acme"})).await;
    let plan = make(&gateway, "plans", &json!({"name": "free"})).await;
    let team = json!({"name": "core", "organization_id": organization, "plan_id": plan});
    let team = make(&gateway, "teams", &team).await;
    let project = make(&gateway, "projects", &json!({"name": "app", "team_id": team})).await;
    let user = make(&gateway, "users", &json!({"email": "ada@example.com"})).await;
    let of_key = json!({"name": "a", "project_id": project, "user_id": user});
    let (id, key) = gateway.make_key(&of_key).await;
    ask(&gateway, &key).await.ok();
    let all = [
        (format!("organizations/{organization}"), "organization 'acme'"),
        (format!("teams/{team}"), "team 'core'"),
        (format!("projects/{project}"), "project 'app'"),
        (format!("users/{user}"), "user 'ada@example.com'"),
        // What a plan says is said of whoever has it.
        (format!("plans/{plan}"), "team 'core'"),
    ];
    for (path, holder) in all {
        patch(&gateway, &path, &json!({"allowed_ips": ["192.0.2.0/24"]})).await.ok();
        let text = ask(&gateway, &key).await.refused(403, "address_not_allowed").text();
        assert!(text.contains(holder), "{text}");
        patch(&gateway, &path, &json!({"allowed_ips": ["127.0.0.0/8"], "hours": other_hours()})).await.ok();
        let text = ask(&gateway, &key).await.refused(403, "time_not_allowed").text();
        assert!(text.contains(holder), "{text}");
        patch(&gateway, &path, &json!({"hours": null, "required_metadata": ["job"]})).await.ok();
        let text = ask(&gateway, &key).await.refused(400, "invalid_request").text();
        assert!(text.contains(holder) && text.contains("job"), "{text}");
        with_metadata(&gateway, &key, r#"{"job":"7"}"#).await.ok();
        let effective =
            gateway.admin(Method::GET, &format!("/api/v1/keys/{id}/effective"), None).await.json();
        assert_eq!(effective["allowed_ips"][0]["value"], json!(["127.0.0.0/8"]), "{effective}");
        assert_eq!(effective["required_metadata"]["effective"], json!(["job"]));
        let lifted = json!({"allowed_ips": null, "required_metadata": []});
        patch(&gateway, &path, &lifted).await.ok();
        ask(&gateway, &key).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_on_several_levels_adds_up_and_outlives_a_start() {
    let (_upstream, gateway) = set_up().await;
    let team = make(&gateway, "teams", &json!({"name": "core", "required_metadata": ["team_job"]})).await;
    let (_, key) =
        gateway.make_key(&json!({"name": "a", "team_id": team, "required_metadata": ["job"]})).await;
    let both = r#"{"job":"7","team_job":1}"#;
    let gateway = gateway.restart().await;
    with_metadata(&gateway, &key, both).await.ok();
    for one in [r#"{"job":"7"}"#, r#"{"team_job":1}"#] {
        with_metadata(&gateway, &key, one).await.refused(400, "invalid_request");
    }
    make(&gateway, "customers", &json!({"name": "c", "hours": other_hours()})).await;
    make(&gateway, "tags", &json!({"name": "t", "required_metadata": ["more"]})).await;
    let named = |name: &str, value: &str| {
        let call = Call::chat(&chat("up/chat-model", "hi")).key(&key).header(name, value);
        call.header("x-gatewright-metadata", both)
    };
    let text =
        gateway.send(named("x-gatewright-customer", "c")).await.refused(403, "time_not_allowed").text();
    assert!(text.contains("customer 'c'"), "{text}");
    let text = gateway.send(named("x-gatewright-tags", "t")).await.refused(400, "invalid_request").text();
    assert!(text.contains("tag 't'") && text.contains("more"), "{text}");
    let wrong = gateway
        .admin(Method::POST, "/api/v1/tags", Some(&json!({"name": "u", "allowed_ips": ["::1"]})))
        .await;
    refused(&wrong, 400, Some("allowed_ips"));
    let wrong = patch(&gateway, &format!("teams/{team}"), &json!({"allowed_ips": ["300.1.1.1"]})).await;
    refused(&wrong, 400, Some("allowed_ips[0]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_told_why_a_key_cannot_be_used_now() {
    let (_upstream, gateway) = set_up().await;
    let team = make(&gateway, "teams", &json!({"name": "core"})).await;
    let (id, key) = gateway.make_key(&json!({"name": "a", "team_id": team})).await;
    let why = async || {
        let path = format!("/api/v1/keys/{id}/effective");
        let shown = gateway.admin(Method::GET, &path, None).await.ok().json();
        let reasons = shown["unusable_because"].as_array().unwrap().clone();
        assert_eq!(shown["usable"], reasons.is_empty(), "{shown}");
        let of = |row: &Value| {
            format!("{} {}", row["reason"].as_str().unwrap(), row["from"]["level"].as_str().unwrap())
        };
        reasons.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(why().await, [] as [String; 0]);
    let (own, above) = (format!("keys/{id}"), format!("teams/{team}"));
    let spent = json!([{"limit_usd": "0", "period": "day"}]);
    for (path, change, back, reason, status) in [
        (
            &own,
            json!({"expires_at": "2020-01-01T00:00:00Z"}),
            json!({"expires_at": null}),
            "expired key",
            401,
        ),
        (&own, json!({"disabled": true}), json!({"disabled": false}), "disabled key", 401),
        (&above, json!({"disabled": true}), json!({"disabled": false}), "parent_disabled team", 401),
        (&own, json!({"hours": other_hours()}), json!({"hours": null}), "outside_hours key", 403),
        (&above, json!({"hours": other_hours()}), json!({"hours": null}), "outside_hours team", 403),
        (&own, json!({"budgets": spent}), json!({"budgets": []}), "budget_exhausted key", 402),
        (&above, json!({"budgets": spent}), json!({"budgets": []}), "budget_exhausted team", 402),
    ] {
        patch(&gateway, path, &change).await.ok();
        assert_eq!(why().await, [reason]);
        assert_eq!(ask(&gateway, &key).await.status, status, "{reason}");
        patch(&gateway, path, &back).await.ok();
    }
    assert_eq!(why().await, [] as [String; 0]);
    ask(&gateway, &key).await.ok();
}

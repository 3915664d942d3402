//! Plans: counted for each holder, changed for all of them at once.

use super::{Method, ask, make, patch, refused, set_up};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_counted_for_each_holder_and_changes_for_all_at_once() {
    let (_upstream, gateway) = set_up().await;
    let plan = json!({"name": "Free", "limits": {"rpm": 2}, "budget": {"limit_usd": "5", "period": "month"}});
    let plan = make(&gateway, "plans", &plan).await;
    let (first_id, first) = gateway.make_key(&json!({"name": "a", "plan_id": plan})).await;
    let own = json!({"name": "b", "plan_id": plan, "limits": {"rpm": 100}});
    let (_, second) = gateway.make_key(&own).await;
    let team = make(&gateway, "teams", &json!({"name": "core", "plan_id": plan})).await;
    let (_, third) = gateway.make_key(&json!({"name": "c", "team_id": team})).await;
    for key in [&first, &second, &third] {
        ask(&gateway, key).await.ok();
        ask(&gateway, key).await.ok();
        ask(&gateway, key).await.refused(429, "rate_limit_exceeded");
    }
    let rows = gateway.rows("/api/v1/budgets").await;
    assert_eq!(rows.iter().filter(|row| row["plan_id"] == plan.as_str()).count(), 3, "{rows:?}");
    assert!(rows.iter().all(|row| row["spent_usd"] != "0"), "each holder spent its own: {rows:?}");

    let path = format!("plans/{plan}");
    patch(&gateway, &path, &json!({"limits": {"rpm": 3}})).await.ok();
    for key in [&first, &second, &third] {
        ask(&gateway, key).await.ok();
        ask(&gateway, key).await.refused(429, "rate_limit_exceeded");
    }
    patch(&gateway, &path, &json!({"limits": null, "providers": ["claude"]})).await.ok();
    for key in [&first, &second, &third] {
        ask(&gateway, key).await.refused(403, "model_not_allowed");
    }
    let gone = gateway.admin(Method::DELETE, &format!("/api/v1/{path}?cascade=true"), None).await;
    refused(&gone, 409, Some("id"));
    patch(&gateway, &format!("keys/{first_id}"), &json!({"plan_id": null})).await.ok();
    ask(&gateway, &first).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn effective_values_say_where_they_come_from() {
    let (_upstream, gateway) = set_up().await;
    let plan = json!({"name": "Pro", "max_output_tokens": 900, "limits": {"rpm": 30}});
    let plan = make(&gateway, "plans", &plan).await;
    let organization = json!({"name": "acme", "models": ["up/*", "claude/chat-model"], "providers": ["up", "claude"],
        "limits": {"rpm": 500}, "budget": {"limit_usd": "9", "period": "month"}});
    let organization = make(&gateway, "organizations", &organization).await;
    let team = json!({"name": "core", "organization_id": organization, "providers": ["up"],
        "max_output_tokens": 1000});
    let team = make(&gateway, "teams", &team).await;
    let key = json!({"name": "a", "team_id": team, "plan_id": plan, "models": ["up/chat-model", "claude/*"],
        "limits": {"rpm": 60}, "budget": {"limit_usd": "20", "period": "month"}});
    let (id, _) = gateway.make_key(&key).await;
    let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}/effective"), None).await.ok().json();
    assert_eq!(shown["models"]["effective"], json!(["claude/chat-model", "up/chat-model"]));
    assert_eq!(shown["models"]["from"][1]["id"], organization.as_str());
    assert_eq!(shown["providers"]["effective"], json!(["up"]));
    let most = &shown["max_output_tokens"];
    assert_eq!((&most["effective"], &most["from"]["plan"]["name"]), (&json!(900), &json!("Pro")));
    assert_eq!(most["considered"].as_array().unwrap().len(), 4, "{most}");
    let limit = &shown["limits"][0];
    assert_eq!((&limit["unit"], &limit["effective"]["limit"]), (&json!("requests"), &json!(30)));
    assert_eq!(limit["considered"].as_array().unwrap().len(), 3);
    let budget = &shown["budgets"][0];
    assert_eq!(
        (&budget["from"]["level"], &budget["effective"]["limit_usd"]),
        (&json!("organization"), &json!("9"))
    );
}

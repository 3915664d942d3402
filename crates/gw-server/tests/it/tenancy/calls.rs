//! What accounts do to calls: shared limits and budgets, closing, restrictions, customers and tags.

use super::{Call, Gateway, Method, ask, chat, make, patch, set_up};
use crate::support::eventually_within;
use serde_json::{Value, json};
use std::time::Duration;

/// An organization with two teams, and a key in each.
async fn two_teams(gateway: &Gateway, organization: &Value) -> (String, [String; 2], [String; 2]) {
    let organization = make(gateway, "organizations", organization).await;
    let mut teams = Vec::new();
    let mut keys = Vec::new();
    for name in ["red", "blue"] {
        let team = make(gateway, "teams", &json!({"name": name, "organization_id": organization})).await;
        keys.push(gateway.make_key(&json!({"name": name, "team_id": team})).await.1);
        teams.push(team);
    }
    (organization, teams.try_into().unwrap(), keys.try_into().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_a_team_share_its_requests() {
    let (_upstream, gateway) = set_up().await;
    let team = make(&gateway, "teams", &json!({"name": "core", "limits": {"rpm": 3}})).await;
    let project = make(&gateway, "projects", &json!({"name": "app", "team_id": team})).await;
    let (_, first) = gateway.make_key(&json!({"name": "a", "team_id": team})).await;
    let (id, second) = gateway.make_key(&json!({"name": "b", "project_id": project})).await;
    let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.ok().json();
    assert_eq!(shown["team_id"], team.as_str(), "a project brings its team along");
    for key in [&first, &second, &first] {
        ask(&gateway, key).await.ok();
    }
    for key in [&first, &second] {
        let refused = ask(&gateway, key).await;
        assert!(
            refused.refused(429, "rate_limit_exceeded").text().contains("team 'core'"),
            "{}",
            refused.text()
        );
    }
    // A change is in force at once, and what was counted stays counted.
    patch(&gateway, &format!("teams/{team}"), &json!({"limits": {"rpm": 4}})).await.ok();
    ask(&gateway, &second).await.ok();
    ask(&gateway, &first).await.refused(429, "rate_limit_exceeded");
    // Whoever moves away counts there no more.
    patch(&gateway, &format!("keys/{id}"), &json!({"project_id": null, "team_id": null})).await.ok();
    ask(&gateway, &second).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn teams_share_the_budget_of_their_organization() {
    let (_upstream, gateway) = set_up().await;
    // A call may cost about 0.013 dollars: 64 tokens at 200 a million, and its input.
    let budget = json!({"name": "acme", "budget": {"limit_usd": "0.02", "period": "month"}});
    let (organization, _, [red, blue]) = two_teams(&gateway, &budget).await;
    let mut refusals = Vec::new();
    for key in [&red, &blue].into_iter().cycle().take(30) {
        let answer = ask(&gateway, key).await;
        if answer.status != 200 {
            refusals.push(answer.refused(402, "budget_exceeded").text());
        }
    }
    assert!(refusals.len() > 1, "the budget holds for both teams");
    assert!(refusals.iter().all(|text| text.contains("organization 'acme'")), "{refusals:?}");
    let rows = gateway.rows("/api/v1/budgets?level=organization").await;
    assert_eq!((&rows[0]["id"], &rows[0]["name"]), (&json!(organization), &json!("acme")));
    let spent: f64 = rows[0]["spent_usd"].as_str().unwrap().parse().unwrap();
    assert!(spent > 0.0 && spent <= 0.02, "{rows:?}");
    let one = gateway.rows(&format!("/api/v1/budgets?id={organization}")).await;
    assert_eq!(one.len(), 1);
    let shown =
        gateway.admin(Method::GET, &format!("/api/v1/organizations/{organization}"), None).await.json();
    assert_eq!(shown["budget"]["spent_usd"], rows[0]["spent_usd"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_disabled_stops_its_keys_within_a_second() {
    let (_upstream, gateway) = set_up().await;
    let (organization, [red_team, _], [red, blue]) = two_teams(&gateway, &json!({"name": "acme"})).await;
    for (path, keys) in [
        (format!("teams/{red_team}"), vec![&red]),
        (format!("organizations/{organization}"), vec![&red, &blue]),
    ] {
        patch(&gateway, &path, &json!({"disabled": true})).await.ok();
        for key in &keys {
            eventually_within(Duration::from_secs(1), "the key stops", async || {
                (ask(&gateway, key).await.status == 401).then_some(())
            })
            .await;
        }
        if keys.len() == 1 {
            ask(&gateway, &blue).await.ok();
        }
        patch(&gateway, &path, &json!({"disabled": false})).await.ok();
        ask(&gateway, keys[0]).await.ok();
    }
    let (id, key) = gateway.make_key(&json!({"name": "own"})).await;
    patch(&gateway, &format!("keys/{id}"), &json!({"disabled": true})).await.ok();
    let refused = ask(&gateway, &key).await;
    assert!(refused.refused(401, "invalid_api_key").text().contains("disabled"), "{}", refused.text());
    patch(&gateway, &format!("keys/{id}"), &json!({"disabled": false})).await.ok();
    ask(&gateway, &key).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_above_restricts_models_endpoints_providers_and_output() {
    let (upstream, gateway) = set_up().await;
    let team = make(&gateway, "teams", &json!({"name": "core"})).await;
    let (_, key) = gateway.make_key(&json!({"name": "a", "team_id": team})).await;
    let path = format!("teams/{team}");
    let claude = || Call::chat(&chat("claude/chat-model", "hi")).key(&key);
    gateway.send(claude()).await.ok();

    patch(&gateway, &path, &json!({"providers": ["up"]})).await.ok();
    gateway.send(claude()).await.refused(403, "model_not_allowed");
    ask(&gateway, &key).await.ok();
    let listed = gateway.send(Call::get("/v1/models").key(&key)).await.ok().text();
    assert!(listed.contains("up/chat-model") && !listed.contains("claude/chat-model"), "{listed}");
    patch(&gateway, &path, &json!({"providers": null, "models": ["claude/*"]})).await.ok();
    gateway.send(claude()).await.ok();
    ask(&gateway, &key).await.refused(403, "model_not_allowed");
    patch(&gateway, &path, &json!({"models": null, "endpoints": ["embeddings"]})).await.ok();
    ask(&gateway, &key).await.refused(403, "endpoint_not_allowed");

    patch(&gateway, &path, &json!({"endpoints": null, "max_output_tokens": 50})).await.ok();
    let refused = ask(&gateway, &key).await;
    assert!(refused.refused(400, "invalid_request").text().contains("50"), "{}", refused.text());
    for stream in [false, true] {
        let body = json!({"model": "up/chat-model", "stream": stream, "messages": [{"role": "user", "content": "hi"}]});
        gateway.send(Call::chat(&body).key(&key)).await.ok();
        let sent: Value = serde_json::from_slice(&upstream.last_body()).unwrap();
        let bound = sent["max_tokens"].as_u64().or_else(|| sent["max_completion_tokens"].as_u64());
        assert_eq!(bound, Some(50), "{sent}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_and_tags_are_counted_whatever_key_names_them() {
    let (_upstream, gateway) = set_up().await;
    let team = make(&gateway, "teams", &json!({"name": "core"})).await;
    make(&gateway, "customers", &json!({"name": "c-1", "limits": {"rpm": 2}})).await;
    let near = json!({"name": "c-1", "team_id": team, "limits": {"rpm": 1}});
    let near = make(&gateway, "customers", &near).await;
    make(&gateway, "tags", &json!({"name": "batch", "limits": {"rpm": 1}})).await;
    let (_, bare) = gateway.make_key(&json!({"name": "bare"})).await;
    let (_, of_team) = gateway.make_key(&json!({"name": "of team", "team_id": team})).await;
    let named = |key: &str, name: &str, value: &str| {
        Call::chat(&chat("up/chat-model", "hi")).key(key).header(name, value)
    };
    let customer = async |key: &str| gateway.send(named(key, "x-gatewright-customer", "c-1")).await;
    customer(&bare).await.ok();
    customer(&bare).await.ok();
    assert!(customer(&bare).await.refused(429, "rate_limit_exceeded").text().contains("customer 'c-1'"));
    // The team's own customer of that name is another one.
    customer(&of_team).await.ok();
    customer(&of_team).await.refused(429, "rate_limit_exceeded");
    let mut in_body = chat("up/chat-model", "hi");
    in_body["user"] = "c-1".into();
    gateway.send(Call::chat(&in_body).key(&of_team)).await.refused(429, "rate_limit_exceeded");
    ask(&gateway, &of_team).await.ok();

    gateway.send(named(&bare, "x-gatewright-tags", "night, batch")).await.ok();
    let refused = gateway.send(named(&of_team, "x-gatewright-tags", "batch")).await;
    assert!(refused.refused(429, "rate_limit_exceeded").text().contains("tag 'batch'"), "{}", refused.text());
    patch(&gateway, &format!("customers/{near}"), &json!({"disabled": true})).await.ok();
    customer(&of_team).await.refused(401, "invalid_api_key");
    ask(&gateway, &of_team).await.ok();
}

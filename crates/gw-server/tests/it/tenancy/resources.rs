//! The resources themselves: made, listed, changed, removed, kept over a restart; bad input.

use super::{Method, ask, make, patch, refused, set_up};
use crate::support::eventually_within;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_kept_over_a_restart() {
    let (_upstream, mut gateway) = set_up().await;
    let plan = make(&gateway, "plans", &json!({"name": "Free", "limits": {"rpm": 1}})).await;
    let organization = make(&gateway, "organizations", &json!({"name": "acme", "plan_id": plan})).await;
    let team = json!({"name": "core", "organization_id": organization, "metadata": {"cost centre": "7"}});
    let team = make(&gateway, "teams", &team).await;
    let project = make(&gateway, "projects", &json!({"name": "app", "team_id": team})).await;
    let user = json!({"email": "Ada@Example.com", "memberships": [{"account_id": team, "role": "admin"}]});
    let user = make(&gateway, "users", &user).await;
    let (_, key) = gateway.make_key(&json!({"name": "a", "project_id": project, "user_id": user})).await;
    gateway.kill().await;
    let gateway = gateway.restart().await;
    let shown = gateway.admin(Method::GET, &format!("/api/v1/teams/{team}"), None).await.ok().json();
    assert_eq!((&shown["name"], &shown["organization_id"]), (&json!("core"), &json!(organization)));
    assert_eq!(shown["metadata"]["cost centre"], "7");
    let people = gateway.rows(&format!("/api/v1/users?member_of={team}&email=ADA@example.com")).await;
    assert_eq!((&people[0]["id"], &people[0]["email"]), (&json!(user), &json!("ada@example.com")));
    assert_eq!(people[0]["memberships"][0]["role"], "admin");
    ask(&gateway, &key).await.ok();
    let over = ask(&gateway, &key).await;
    assert!(
        over.refused(429, "rate_limit_exceeded").text().contains("organization 'acme'"),
        "{}",
        over.text()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_paged_and_filtered() {
    let (_upstream, gateway) = set_up().await;
    let organization = make(&gateway, "organizations", &json!({"name": "acme"})).await;
    for number in 0..7 {
        let parent = if number % 2 == 0 { json!(organization) } else { Value::Null };
        let body = json!({"name": format!("team {number}"), "organization_id": parent});
        make(&gateway, "teams", &body).await;
    }
    assert_eq!(gateway.rows("/api/v1/teams?limit=3").await.len(), 7);
    assert_eq!(gateway.rows(&format!("/api/v1/teams?organization_id={organization}")).await.len(), 4);
    assert_eq!(gateway.rows("/api/v1/teams?name=team%203").await.len(), 1);
    let team = &gateway.rows("/api/v1/teams?name=team%200").await[0]["id"];
    gateway.make_key(&json!({"name": "of acme", "team_id": team})).await;
    gateway.make_key(&json!({"name": "off", "disabled": true})).await;
    gateway.make_key(&json!({"name": "past", "expires_at": "2020-01-01T00:00:00Z"})).await;
    for (query, name) in [
        (format!("organization_id={organization}"), "of acme"),
        ("state=active".to_owned(), "of acme"),
        ("state=disabled".to_owned(), "off"),
        ("state=expired".to_owned(), "past"),
    ] {
        let rows = gateway.rows(&format!("/api/v1/keys?{query}&managed_by=api")).await;
        assert_eq!((rows.len(), &rows[0]["name"]), (1, &json!(name)), "{query}: {rows:?}");
    }
    for (query, field) in
        [("limit=0", "limit"), ("cursor=x", "cursor"), ("organization_id=x", "organization_id")]
    {
        let answer = gateway.admin(Method::GET, &format!("/api/v1/teams?{query}"), None).await;
        refused(&answer, 400, Some(field));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_with_its_field() {
    let (_upstream, gateway) = set_up().await;
    let nobody = "00000000000000000000000000000001";
    let organization = make(&gateway, "organizations", &json!({"name": "acme"})).await;
    let team = make(&gateway, "teams", &json!({"name": "core", "organization_id": organization})).await;
    let project = make(&gateway, "projects", &json!({"name": "app", "team_id": team})).await;
    let other = make(&gateway, "teams", &json!({"name": "other"})).await;
    make(&gateway, "users", &json!({"email": "ada@example.com"})).await;
    let long: Value =
        (0..300).map(|n| (format!("k{n}"), json!("v"))).collect::<serde_json::Map<_, _>>().into();
    let cases = [
        ("organizations", json!({"name": "acme"}), 409, "name"),
        ("organizations", json!({"name": "a", "metadata": long}), 400, "metadata"),
        ("organizations", json!({"name": "a", "limits": {"rpm": -1}}), 400, "limits.rpm"),
        (
            "organizations",
            json!({"name": "a", "budget": {"limit_usd": -1, "period": "day"}}),
            400,
            "budget.limit_usd",
        ),
        ("organizations", json!({"name": "a", "parent": organization}), 400, "parent"),
        ("teams", json!({"name": "x", "organization_id": format!("org_{nobody}")}), 400, "organization_id"),
        ("teams", json!({"name": "x", "organization_id": team}), 400, "organization_id"),
        ("teams", json!({"name": "x", "plan_id": format!("plan_{nobody}")}), 400, "plan_id"),
        ("projects", json!({"name": "x"}), 400, "team_id"),
        ("users", json!({"email": "ADA@example.com"}), 409, "email"),
        (
            "users",
            json!({"email": "b@c", "memberships": [{"account_id": format!("team_{nobody}"), "role": "admin"}]}),
            400,
            "memberships[0].account_id",
        ),
        ("keys", json!({"name": "k", "team_id": format!("team_{nobody}")}), 400, "team_id"),
        ("keys", json!({"name": "k", "project_id": team}), 400, "project_id"),
        ("keys", json!({"name": "k", "project_id": project, "team_id": other}), 400, "team_id"),
        ("keys", json!({"name": "k", "plan_id": "gold"}), 400, "plan_id"),
    ];
    for (resource, body, status, field) in cases {
        let answer = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await;
        refused(&answer, status, Some(field));
    }
    refused(
        &patch(&gateway, &format!("teams/{team}"), &json!({"organization_id": null})).await,
        400,
        Some("organization_id"),
    );
    let hex = team.split_once('_').unwrap().1;
    for path in [
        format!("organizations/{team}"),
        format!("projects/proj_{hex}"),
        "teams/x".to_owned(),
        "plans/%27;--".to_owned(),
    ] {
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            let body = (method == Method::PATCH).then(|| json!({"name": "y"}));
            refused(&gateway.admin(method, &format!("/api/v1/{path}"), body.as_ref()).await, 404, None);
        }
    }
    // A name that is no id is a label, as ever.
    gateway.make_key(&json!({"name": "labelled", "team_id": "core-team", "project_id": "p"})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_referred_to_goes_only_with_all_below_it() {
    let (_upstream, gateway) = set_up().await;
    let organization = make(&gateway, "organizations", &json!({"name": "acme"})).await;
    let team = make(&gateway, "teams", &json!({"name": "core", "organization_id": organization})).await;
    let project = make(&gateway, "projects", &json!({"name": "app", "team_id": team})).await;
    let (id, key) = gateway.make_key(&json!({"name": "a", "project_id": project})).await;
    let (_, bystander) = gateway.make_key(&json!({"name": "b"})).await;
    let path = format!("/api/v1/organizations/{organization}");
    let answer = gateway.admin(Method::DELETE, &path, None).await;
    refused(&answer, 409, Some("id"));
    let text = answer.text();
    assert!(text.contains("1 key, 1 project, 1 team") && text.contains("cascade"), "{text}");
    assert_eq!(answer.json()["error"]["referred_by"]["keys"], json!([id]));
    ask(&gateway, &key).await.ok();
    let gone = gateway.admin(Method::DELETE, &format!("{path}?cascade=true"), None).await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    eventually_within(Duration::from_secs(1), "the key stops", async || {
        (ask(&gateway, &key).await.status == 401).then_some(())
    })
    .await;
    for path in [
        path,
        format!("/api/v1/teams/{team}"),
        format!("/api/v1/projects/{project}"),
        format!("/api/v1/keys/{id}"),
    ] {
        refused(&gateway.admin(Method::GET, &path, None).await, 404, None);
    }
    ask(&gateway, &bystander).await.ok();
    let gateway = gateway.restart().await;
    ask(&gateway, &key).await.refused(401, "invalid_api_key");
    make(&gateway, "organizations", &json!({"name": "acme"})).await;
}

//! Service accounts in documents: within what they belong to, with their keys; exported as they were written.

use super::Site;
use http::Method;
use serde_json::json;

const DOCUMENT: &str = "\
version: 1
organizations:
  - name: Acme
    service_accounts:
      - name: auditor
        memberships:
          - { organization: Acme, role: auditor }
    teams:
      - name: Search
        projects:
          - name: web
            service_accounts:
              - name: deploy-bot
                memberships:
                  - { project: Acme/Search/web, role: member }
                limits: { rpm: 60 }
                keys:
                  - { name: deploys }
        service_accounts:
          - name: deploy-bot
            keys:
              - { name: search-deploys }
service_accounts:
  - { name: top-bot, team: Acme/Search }
keys:
  - { name: also, user: Acme/Search/web/deploy-bot }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_makes_them_once_and_stops_and_removes_them() {
    let site = Site::start().await;
    let done = site.apply(DOCUMENT, &[]).await.ok();
    assert!(done.out.contains("+ user Acme/Search/web/deploy-bot"), "{}", done.out);
    let again = site.apply(DOCUMENT, &[]).await.ok();
    assert!(again.out.contains("no changes"), "{}", again.out);
    let all = site.gateway.rows("/api/v1/users?kind=service").await;
    let mut names: Vec<&str> = all.iter().filter_map(|user| user["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["auditor", "deploy-bot", "deploy-bot", "top-bot"]);
    let of_project = all.iter().find(|user| !user["project_id"].is_null()).expect("one of the project");
    let keys =
        site.gateway.rows(&format!("/api/v1/keys?user_id={}", of_project["id"].as_str().unwrap())).await;
    assert_eq!(keys.len(), 2);
    assert!(
        keys.iter().all(|key| key["project_id"] == of_project["project_id"] && !key["team_id"].is_null())
    );
    site.ask(&site.key("deploys")).await.ok();

    // What is exported makes the same elsewhere.
    let exported = site.gateway.admin(Method::GET, "/api/v1/export?format=yaml", None).await;
    let text = exported.ok().text();
    let other = Site::start().await;
    other.apply(&text, &[]).await.ok();
    assert!(other.apply(&text, &[]).await.ok().out.contains("no changes"), "{text}");
    assert_eq!(other.gateway.rows("/api/v1/users?kind=service").await.len(), 4);
    let here = site.apply(&text, &["--dry-run"]).await.ok();
    assert!(here.out.contains("no changes"), "{}\n{text}", here.out);

    let stopped = DOCUMENT.replace("limits: { rpm: 60 }", "disabled: true");
    site.apply(&stopped, &[]).await.ok();
    site.ask(&site.key("deploys")).await.refused(401, "invalid_api_key");
    site.ask(&site.key("search-deploys")).await.ok();
    let without = DOCUMENT.replace("service_accounts:\n  - { name: top-bot, team: Acme/Search }\n", "");
    let pruned = site.apply(&without, &["--prune", "--yes"]).await.ok();
    assert!(pruned.out.contains("- user Acme/Search/top-bot"), "{}", pruned.out);
    assert_eq!(site.gateway.rows("/api/v1/users?kind=service").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_with_its_place() {
    let site = Site::start().await;
    let cases = [
        ("service_accounts: [{ name: a }]", "belongs to something"),
        ("teams: [{ name: t, service_accounts: [{ name: a, email: a@example.com }] }]", "no member 'email'"),
        (
            "teams: [{ name: t, service_accounts: [{ name: a, gateway_role: admin }] }]",
            "no member 'gateway_role'",
        ),
        ("teams: [{ name: t, service_accounts: [{ name: a }, { name: a }] }]", "already"),
        ("teams: [{ name: t, service_accounts: [{ name: a, team: t }] }]", "said twice"),
        ("users: [{ email: a@example.com, team_id: x }]", "no member 'team_id'"),
        (
            "teams: [{ name: u }, { name: t, service_accounts: [{ name: a, memberships: [{ team: u, role: member }] }] }]",
            "roles only at what it belongs to",
        ),
        (
            "teams: [{ name: u, keys: [{ name: k, user: t/a }] }, { name: t, service_accounts: [{ name: a }] }]",
            "which belongs to 't'",
        ),
        (
            "teams: [{ name: t, service_accounts: [{ name: a, keys: [{ name: k, team_label: x }] }] }]",
            "team_label",
        ),
    ];
    for (document, wanted) in cases {
        let ran = site.apply(document, &[]).await;
        assert!(
            ran.code != 0 && format!("{}{}", ran.out, ran.err).contains(wanted),
            "{document}: {}{}",
            ran.out,
            ran.err
        );
    }
    // A person is not made one by an id, nor is one moved.
    let body = json!({"email": "ada@example.com"});
    let ada = site.gateway.admin(Method::POST, "/api/v1/users", Some(&body)).await.json();
    let id = ada["id"].as_str().expect("an id");
    let ran = site
        .apply(&format!("teams: [{{ name: t, service_accounts: [{{ id: {id}, name: a }}] }}]"), &[])
        .await;
    assert!(ran.code != 0 && format!("{}{}", ran.out, ran.err).contains("cannot be changed"), "{}", ran.err);
    assert_eq!(site.gateway.rows("/api/v1/users").await.len(), 1);
}

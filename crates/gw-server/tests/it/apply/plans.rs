//! What a document makes, changes and removes.

use super::{Site, Value};
use http::Method;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

const TENANTS: &str = "\
plans:
  - name: Free
    limits: { rpm: 100 }
organizations:
  - name: Acme
    budget: { limit_usd: 500.000000001, period: month, time_zone: Europe/Berlin }
    metadata: { cost_center: 0042 }
    teams:
      - name: Search
        limits:
          rpm: 600
          more:
            - { unit: cost, limit_usd: 1.5, per: hour, models: [up/*] }
        projects:
          - name: web
            keys:
              - { name: web-prod, user: Ada@Example.com }
        keys:
          - name: search-prod
            plan: Free
            models: [up/chat-model]
            expires_at: 2031-01-01T00:00:00Z
    customers:
      - { name: c-1, limits: { rpm: 5 } }
users:
  - email: ada@example.com
    name: Ada
    memberships:
      - { team: Acme/Search, role: admin }
      - { organization: Acme, role: viewer }
tags:
  - name: batch
keys:
  - { name: given, key: '${GIVEN_KEY:-gw-given-given-given-given}', team_label: night }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_applied_once_and_then_there_are_no_changes() {
    let site = Site::start().await;
    let dry = site.apply(TENANTS, &["--dry-run"]).await.ok();
    assert!(dry.out.contains("plan: 10 create, 0 change, 0 delete, 0 unchanged"), "{}", dry.out);
    assert!(site.gateway.rows("/api/v1/organizations").await.is_empty(), "nothing was done");
    assert!(!site.file("gatewright-keys.jsonl").exists());

    let done = site.apply(TENANTS, &[]).await.ok();
    assert!(done.out.contains("+ team Acme/Search") && done.out.contains("limits.rpm: 600"), "{}", done.out);
    let mode = std::fs::metadata(site.file("gatewright-keys.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for name in ["web-prod", "search-prod"] {
        let key = site.key(name);
        site.ask(&key).await.ok();
        assert!(!done.out.contains(&key) && !done.err.contains(&key), "keys are not printed");
    }
    site.ask("gw-given-given-given-given").await.ok();

    let organization = site.row("organizations", "Acme").await;
    assert_eq!(organization["budget"]["limit_usd"], "500.000000001");
    assert_eq!(organization["metadata"]["cost_center"], "0042", "texts stay as they are written");
    let (team, user) = (site.row("teams", "Search").await, site.row("users", "Ada").await);
    assert_eq!(team["organization_id"], organization["id"]);
    assert_eq!(team["limits"]["more"][0]["limit_usd"], "1.5");
    let memberships = user["memberships"].as_array().unwrap();
    assert!(memberships.contains(&json!({"account_id": team["id"], "role": "admin"})), "{memberships:?}");
    let key = site.row("keys", "web-prod").await;
    assert_eq!(
        (&key["team_id"], &key["user_id"]),
        (&team["id"], &user["id"]),
        "a project brings its team along"
    );
    assert_eq!(site.row("keys", "given").await["team_id"], "night");
    assert_eq!(site.row("customers", "c-1").await["organization_id"], organization["id"]);

    let again = site.apply(TENANTS, &[]).await.ok();
    assert!(again.out.contains("no changes: 10 entries"), "{}", again.out);
    let before = std::fs::read_to_string(site.file("gatewright-keys.jsonl")).unwrap();
    assert_eq!(before.lines().count(), 2, "no key is made again");
    let pruned = site.apply(TENANTS, &["--prune"]).await.ok();
    assert!(pruned.out.contains("no changes"), "{}", pruned.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_are_changed_and_what_is_no_longer_said_is_lifted() {
    let site = Site::start().await;
    site.apply(TENANTS, &[]).await.ok();
    let key = site.key("search-prod");
    let changed = TENANTS.replace("rpm: 600", "rpm: 700").replace("            plan: Free\n", "");
    let done = site.apply(&changed, &[]).await.ok();
    assert!(done.out.contains("~ team Acme/Search\n    limits.rpm: 600 -> 700"), "{}", done.out);
    assert!(done.out.contains("~ key search-prod\n    plan: Free -> nothing"), "{}", done.out);
    assert!(done.out.contains("plan: 0 create, 2 change, 0 delete, 8 unchanged"), "{}", done.out);
    assert_eq!(site.row("teams", "Search").await["limits"]["rpm"], 700);
    assert_eq!(site.row("keys", "search-prod").await["plan_id"], Value::Null);
    site.ask(&key).await.ok();

    // Somebody changes it by hand: the next run says so, and makes it as the document says.
    let id = site.row("teams", "Search").await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/teams/{id}");
    site.gateway.admin(Method::PATCH, &path, Some(&json!({"disabled": true}))).await.ok();
    let done = site.apply(&changed, &[]).await.ok();
    assert!(done.out.contains("disabled: true -> nothing"), "{}", done.out);
    assert_eq!(site.row("teams", "Search").await["disabled"], false);

    // Another secret in the document takes the place of the present one.
    let other = changed.replace("gw-given-given-given-given", "gw-other-other-other-other");
    let done = site.apply(&other, &[]).await.ok();
    assert!(
        done.out.contains("key: (present) -> (another)") && !done.out.contains("gw-other"),
        "{}",
        done.out
    );
    site.ask("gw-other-other-other-other").await.ok();
    site.ask("gw-given-given-given-given").await.refused(401, "invalid_api_key");

    // By its id something may get another name.
    let renamed = other.replace("      - name: Search", &format!("      - name: Find\n        id: {id}"));
    let done = site.apply(&renamed.replace("Acme/Search", "Acme/Find"), &[]).await.ok();
    assert!(done.out.contains("name: Search -> Find"), "{}", done.out);
    assert_eq!(site.row("teams", "Find").await["id"], id.as_str());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_the_document_manages_is_pruned() {
    let site = Site::start().await;
    site.apply(TENANTS, &[]).await.ok();
    let by_hand = json!({"name": "by hand", "team_id": site.row("teams", "Search").await["id"]});
    let (by_hand, by_hand_key) = site.gateway.make_key(&by_hand).await;
    let (search, given) = (site.key("search-prod"), "gw-given-given-given-given");

    let fewer = TENANTS.split("tags:").next().unwrap();
    let done = site.apply(fewer, &[]).await.ok();
    assert!(done.err.contains("key given is no longer in the document; --prune removes it"), "{}", done.err);
    let refused = site.apply(fewer, &["--prune"]).await;
    assert!(refused.code == 2 && refused.err.contains("2 would be removed: add --yes"), "{}", refused.err);
    site.ask(given).await.ok();
    let done = site.apply(fewer, &["--prune", "--yes"]).await.ok();
    assert!(done.out.contains("- key given\n- tag batch"), "{}", done.out);
    site.ask(given).await.refused(401, "invalid_api_key");
    for key in [&by_hand_key, &search] {
        site.ask(key).await.ok();
    }

    // A team goes only if nothing is in it that somebody else keeps.
    let rest = "plans: [{ name: Free }]\n";
    let refused = site.apply(rest, &["--prune", "--yes"]).await;
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(
        refused.err.contains(
            "the team 'Acme/Search' is no longer in the document, and cannot be removed: key 'by hand' belong"
        ),
        "{}",
        refused.err
    );
    site.gateway.admin(Method::DELETE, &format!("/api/v1/keys/{by_hand}"), None).await;
    let done = site.apply(rest, &["--prune", "--yes"]).await.ok();
    assert!(done.out.contains("1 change, 7 delete"), "{}", done.out);
    site.ask(&search).await.refused(401, "invalid_api_key");
    for resource in ["organizations", "teams", "projects", "users", "customers", "keys"] {
        assert!(site.gateway.rows(&format!("/api/v1/{resource}")).await.is_empty(), "{resource}");
    }
    // What a document names it manages; another one may not by the way.
    let other = "document: other\nplans: [{ name: Free, limits: { rpm: 1 } }]\n";
    let refused = site.apply(other, &[]).await;
    assert!(refused.code == 2 && refused.err.contains("tenants.yaml:2:11"), "{}", refused.err);
    assert!(refused.err.contains("the document 'default' manages this plan"), "{}", refused.err);
    site.apply(other, &["--take-over"]).await.ok();
    let done = site.apply("keys: []", &["--prune", "--yes"]).await.ok();
    assert!(done.out.contains("no changes"), "{}", done.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_is_applied_elsewhere_and_is_the_same_there() {
    let (here, there) = (Site::start().await, Site::start().await);
    let odd = json!({"name": "a \"b\": ${C}\n#é\u{7}", "metadata": {"$x": "$y", "${a}": "$${b}$", "yes": "no", "n": "1e3", "": " "},
        "budgets": [{"limit_usd": "1", "period": "30d", "alert_at": [50, 80], "mode": "leased",
            "on_unavailable": "closed", "strict": true, "shadow": true,
            "increases": [{"amount_usd": "3", "until": "2099-01-01T00:00:00Z"}]}, {"limit_usd": "2", "period": "day"}],
        "limits": {"kind": "gcra", "rpm": 3, "burst": 2, "more": [{"unit": "parallel", "limit": 2, "shadow": true}]},
        "models": [], "allowed_ips": ["10.0.0.0/8", "::1"], "required_metadata": ["job"],
        "max_input_tokens": 1000, "max_output_tokens": 10, "fallbacks": false, "tools": ["a*"],
        "parameters": {"denied": ["seed"], "forced": {"temperature": 0, "stop": ["1", "$", "true"]},
            "defaults": {"logprobs": true, "response_format": {"type": "json_object"}}},
        "deny_when": "metadata.x == '${y}'", "deny_message": "no",
        "hours": [{"days": ["mon", "fri"], "from": "08:00", "to": "17:30", "time_zone": "Europe/Berlin"}]});
    here.apply(TENANTS, &[]).await.ok();
    let named = json!({"name": odd["metadata"]["n"], "metadata": odd["metadata"], "budgets": odd["budgets"],
        "limits": odd["limits"], "models": [], "allowed_ips": odd["allowed_ips"], "hours": odd["hours"],
        "required_metadata": odd["required_metadata"], "max_input_tokens": 1000, "max_output_tokens": 10,
        "fallbacks": false, "tools": ["a*"], "parameters": odd["parameters"], "deny_when": odd["deny_when"],
        "deny_message": "no", "cache": {"mode": "exact", "opt_in": true, "scope": "team", "ttl_seconds": 30, "max_ttl_seconds": 60}});
    here.gateway.make_key(&named).await;
    let kept = json!({"name": "Kept", "record_retention_days": 5, "body_retention_days": 3, "cache": {"opt_in": false}});
    assert_eq!(here.gateway.admin(Method::POST, "/api/v1/organizations", Some(&kept)).await.status, 201);
    let plan = json!({"name": "Pro ${X} #1", "metadata": odd["metadata"], "providers": ["up"], "max_output_tokens": 9});
    assert_eq!(here.gateway.admin(Method::POST, "/api/v1/plans", Some(&plan)).await.status, 201);
    let exported = here.run(&["export"], &[]).await.ok().out;
    assert!(!exported.contains("gw-given"), "secrets are not in it");

    let done = there.apply(&exported, &[]).await.ok();
    assert!(done.out.contains("13 create"), "{}", done.out);
    assert_eq!(there.run(&["export"], &[]).await.ok().out, exported);
    let again = there.apply(&exported, &[]).await.ok();
    assert!(again.out.contains("no changes"), "{}", again.out);
    let as_json = here.run(&["export", "--json"], &[]).await.ok().out;
    let again = there.apply(&as_json, &[]).await.ok();
    assert!(again.out.contains("no changes"), "{}", again.out);
    there.ask(&there.key("given")).await.ok();

    let one = here.run(&["export", "--organization", "Acme", "--json", "--ids"], &[]).await.ok().out;
    let one: Value = serde_json::from_str(&one).unwrap();
    assert!(one.get("keys").is_none() && one["organizations"][0]["teams"][0]["id"].is_string(), "{one}");
    assert_eq!(one["users"][0]["email"], "ada@example.com");
    let unknown = here.run(&["export", "--organization", "None"], &[]).await;
    assert!(unknown.code == 1 && unknown.err.contains("there is no organization 'None'"), "{}", unknown.err);
    // How budgets hold is told of where it changes.
    let name = "1e3";
    let key = here.row("keys", name).await;
    assert_eq!(
        (&key["budgets"][0]["limit_usd"], &key["budgets"][0]["limit_now_usd"]),
        (&json!("1"), &json!("4"))
    );
    let opened = exported.replace("on_unavailable: closed", "on_unavailable: open");
    let plan = here.post("/api/v1/apply?dry_run=true", &opened).await.ok().json();
    let fields = plan["changes"][0]["fields"].to_string();
    assert!(fields.contains("\"on_unavailable\":\"open\"") && fields.contains("closed"), "{plan}");
    let again = here.apply(&exported, &[]).await.ok();
    assert!(again.out.contains("no changes"), "{}", again.out);
    assert_eq!(here.row("keys", name).await["budgets"], key["budgets"]);
    // With ids, the same document says the same, too.
    let with_ids = here.run(&["export", "--ids"], &[]).await.ok().out;
    let again = here.apply(&with_ids, &[]).await.ok();
    assert!(again.out.contains("no changes"), "{}", again.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_makes_keys_and_does_nothing_if_the_plan_is_another_by_then() {
    let site = Site::start().await;
    let text = "keys: [{ name: one }, { name: two }]\n";
    let plan = site.post("/api/v1/apply?dry_run=true", text).await.ok().json();
    assert_eq!((&plan["dry_run"], &plan["summary"]["create"]), (&json!(true), &json!(2)));
    let mark = plan["plan"].as_str().unwrap().to_owned();
    site.gateway.make_key(&json!({"name": "two"})).await;
    let other = site.post(&format!("/api/v1/apply?plan={mark}"), text).await;
    assert_eq!(other.status, 409, "{}", other.text());
    assert_eq!(other.json()["error"]["result"]["summary"]["create"], 1);
    assert!(site.gateway.rows("/api/v1/keys?name=one").await.is_empty());

    let done = site.post("/api/v1/apply", text).await.ok().json();
    assert_eq!((done["applied"].as_u64(), done["keys"].as_array().unwrap().len()), (Some(1), 1));
    site.ask(done["keys"][0]["key"].as_str().unwrap()).await.ok();

    // Of one whose name is taken before the change is made, the rest is told.
    let given = json!({"files": [{"name": "a.yaml", "text": "keys: [{ name: three, key: '${K}' }]"}],
        "variables": {"K": "gw-three-three-three"}});
    let call = site.gateway.admin(Method::POST, "/api/v1/apply", Some(&given)).await;
    assert_eq!(call.status, 200, "{}", call.text());
    site.ask("gw-three-three-three").await.ok();
    let weak = json!({"files": [{"name": "a.yaml", "text": "keys: [{ name: four }]"}], "secrets": {"four": "short"}});
    let refused = site.gateway.admin(Method::POST, "/api/v1/apply", Some(&weak)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.json()["error"]["field"].as_str()),
        (400, Some("secrets.four"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_one_name_are_told_apart_and_one_that_was_moved_stays_the_same() {
    let site = Site::start().await;
    let document = "organizations:
- name: Acme
  teams:
  - name: CI
    keys: [{ name: deploy }]
    projects: [{ name: Web }]
  - name: Other
    keys: [{ name: deploy }, { name: lone }]
  service_accounts:
  - name: CI
    keys: [{ name: deploy }]
";
    site.apply(document, &[]).await.ok();
    let id = async |name: &str, team: &str| {
        let team = site.row("teams", team).await["id"].clone();
        let rows = site.gateway.rows("/api/v1/keys").await;
        let found = rows.iter().find(|row| row["name"] == name && row["team_id"] == team);
        found.map(|row| row["id"].as_str().unwrap().to_owned())
    };
    let deploys = site.gateway.rows("/api/v1/keys?name=deploy").await;
    assert_eq!(deploys.len(), 3);
    let (lone, key) = (id("lone", "Other").await.unwrap(), site.key("lone"));
    let same = site.apply(document, &["--prune", "--yes"]).await.ok();
    assert!(!same.out.contains("deploy"), "{}", same.out);

    // Somebody moves it; and then the document does.
    let web = site.row("projects", "Web").await["id"].clone();
    let moved = json!({"team_id": null, "project_id": web});
    let path = format!("/api/v1/keys/{lone}");
    site.gateway.admin(Method::PATCH, &path, Some(&moved)).await.ok();
    site.apply(document, &["--prune", "--yes"]).await.ok();
    assert_eq!(id("lone", "Other").await.as_ref(), Some(&lone));
    let there = document.replace("{ name: deploy }, { name: lone }", "{ name: deploy }").replace(
        "  - name: CI\n    keys: [{ name: deploy }]\n    p",
        "  - name: CI\n    keys: [{ name: deploy }, { name: lone }]\n    p",
    );
    site.apply(&there, &["--prune", "--yes"]).await.ok();
    assert_eq!(id("lone", "CI").await.as_ref(), Some(&lone));
    site.ask(&key).await.ok();
    // What goes is called so that it is known which one; and a name may pass from one key to another.
    let fewer = there.replace("keys: [{ name: deploy }]\n  service", "keys: []\n  service");
    let left = site.apply(&fewer, &[]).await.ok();
    assert!(left.err.contains("key Acme/Other/deploy is no longer in the document"), "{}", left.err);
    let passed = fewer
        .replace("{ name: lone }", "{ name: lone }, { name: other }")
        .replace("keys: []\n  service", &format!("keys: [{{ id: {lone}, name: lone }}]\n  service"));
    site.apply(&passed, &["--prune", "--yes"]).await.ok();
    assert_eq!(id("lone", "Other").await.as_ref(), Some(&lone));
    assert!(id("lone", "CI").await.is_some_and(|new| new != lone));
}

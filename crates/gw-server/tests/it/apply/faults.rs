//! Documents that cannot be applied: every fault says where it is and the way out, and nothing is done.

use super::Site;

/// Documents, and what is told of each.
const CASES: [(&str, &str); 30] = [
    (
        "organizations: [{ nam: x }]",
        "1:19: organizations[0].nam: there is no member 'nam', did you mean 'name'?",
    ),
    (
        "organisations: []",
        "1:1: organisations: there is no member 'organisations', did you mean 'organizations'?",
    ),
    (
        "teams:\n  - name: a\n    limits: { rpm: -5 }",
        "3:20: teams[0].limits.rpm: 'limits.rpm' must be a whole number from 1",
    ),
    ("teams:\n  - name: a\n    limits: { rpm: 1000000000000000000000 }", "3:20: teams[0].limits.rpm:"),
    (
        "teams:\n  - name: a\n    limits:\n      more:\n        - { unit: token, limit: 1 }",
        "5:19: teams[0].limits.more[0].unit:",
    ),
    (
        "keys:\n  - name: a\n    budget: { limit_usd: 1, period: month, time_zone: Europe/Berln }",
        "3:55: keys[0].budget.time_zone: there is no time zone 'Europe/Berln'",
    ),
    (
        "keys:\n  - name: a\n    budgets: [{ limit_usd: -1, period: day }]",
        "3:28: keys[0].budgets[0].limit_usd:",
    ),
    ("keys:\n  - name: a\n    team: nope", "3:11: keys[0].team: there is no team 'nope'"),
    (
        "keys:\n  - name: a\n    team_id: team_00000000000000000000000000000001",
        "3:14: keys[0].team_id: there is no team with the id",
    ),
    ("keys: [{ name: a, plan: Gold }]", "1:25: keys[0].plan: there is no plan 'Gold'"),
    ("keys: [{ name: a }, { name: a }]", "1:23: keys[1]: the key 'a' stands on line 1 already"),
    ("teams:\n  - name: a\n  - name: a", "3:5: teams[1]: the team 'a' stands on line 2 already"),
    (
        "teams:\n  - name: a\n    guardrails: [nope]",
        "3:18: teams[0].guardrails[0]: there is no guardrail 'nope'",
    ),
    (
        "keys:\n  - name: a\n    guardrails:\n      - nope",
        "4:9: keys[0].guardrails[0]: there is no guardrail 'nope'",
    ),
    (
        "teams:\n  - name: a\n    deny_when: request.modl == 'x'",
        "3:16: teams[0].deny_when: 'deny_when' is no condition:",
    ),
    (
        "keys:\n  - name: a\n    parameters: { forced: { model: x } }",
        "keys[0].parameters.forced.model: 'model' is what a request is",
    ),
    ("keys: [{ name: a, name: b }]", "1:19: duplicate key 'name'"),
    ("projects: [{ name: p }]", "1:12: projects[0].team: a project belongs to a team"),
    ("users:\n  - email: nobody", "2:12: users[0].email: 'email' must be an address"),
    (
        "users:\n  - email: a@b\n    memberships: [{ team: t, role: king }]",
        "3:36: users[0].memberships[0].role: 'role' must be one of owner",
    ),
    ("keys: [{ name: a, key: short }]", "1:24: keys[0].key: a key must have at least 16 characters"),
    (
        "keys: [{ name: a, key: '${NOT_SET_ANYWHERE}' }]",
        "1:24: environment variable 'NOT_SET_ANYWHERE' is not set",
    ),
    ("keys: [{ name: a, expires_at: soon }]", "1:31: keys[0].expires_at:"),
    ("teams: [{ name: a, providers: [nobody] }]", "1:31: teams[0].providers: there is no provider 'nobody'"),
    ("teams: { name: a }", "1:8: teams: 'teams' must be a list"),
    ("a: &x [*x]", "this alias stands inside the value that it names"),
    ("teams: [", "not valid YAML"),
    ("version: 2", "1:10: version: 'version' must be 1"),
    (
        "organizations: [{ name: A, teams: [{ name: t }] }, { name: B, teams: [{ name: t }] }]\nkeys: [{ name: a, team: t }]",
        "2:25: keys[0].team: several go by 't': write 'A/t' or 'B/t', or an id",
    ),
    (
        "teams: [{ name: t, projects: [{ name: p }] }, { name: u }]\nkeys: [{ name: a, team: u, project: p }]",
        "2:10: keys[0]: its project belongs to the team 't'",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_has_its_place_and_field() {
    let site = Site::start().await;
    for (document, expected) in CASES {
        let refused = site.apply(document, &["--prune", "--yes"]).await;
        assert_eq!(refused.code, 2, "{document}\n{}\n{}", refused.out, refused.err);
        assert!(refused.err.contains(expected), "{document}\n{}", refused.err);
        assert!(refused.err.contains("tenants.yaml:"), "{}", refused.err);
    }
    for resource in ["organizations", "teams", "users", "keys"] {
        assert!(site.gateway.rows(&format!("/api/v1/{resource}")).await.is_empty(), "nothing was done");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_are_told_together_and_keys_are_not_shown() {
    let site = Site::start().await;
    std::fs::write(site.file("a.yaml"), "keys:\n  - { name: a, key: gw-same-same-same-same, team: x }\n")
        .unwrap();
    std::fs::write(site.file("b.yaml"), "keys:\n  - { name: b, key: gw-same-same-same-same, team: y }\n")
        .unwrap();
    let refused = site.run(&["apply", "-f", "a.yaml", "-f", "b.yaml"], &[]).await;
    assert_eq!(refused.code, 2);
    assert_eq!(refused.err.lines().count(), 3, "{}", refused.err);
    assert!(
        refused.err.starts_with("a.yaml:2:")
            && refused.err.contains("b.yaml:2:21: keys[0].key: this is the same"),
        "{}",
        refused.err
    );
    assert!(!refused.err.contains("gw-same"), "{}", refused.err);
    let missing = site.run(&["apply", "-f", "none.yaml"], &[]).await;
    assert!(missing.code == 2 && missing.err.contains("none.yaml: cannot be read"), "{}", missing.err);
    let answer = site.post("/api/v1/apply", "keys: [{ name: a, team: x }]").await;
    assert_eq!(answer.status, 400);
    let error = &answer.json()["error"];
    assert_eq!(
        (error["field"].as_str(), error["code"].as_str()),
        (Some("keys[0].team"), Some("invalid_request"))
    );
    assert!(error["message"].as_str().unwrap().starts_with("document:1:25: there is no team 'x'"), "{error}");
}

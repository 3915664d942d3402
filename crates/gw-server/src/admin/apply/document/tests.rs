//! Tests of [`super`].
use super::*;
use gw_config::document::read as parse;
use gw_model::NanoUsd;

fn read_text(text: &str) -> Result<Wanted, Vec<Fault>> {
    let configured = Configured { provider: &|name| name == "up", guardrail: &|name| name == "pii" };
    read(&[parse(text).unwrap()], configured)
}

#[test]
fn what_is_nested_belongs_to_what_it_stands_in() {
    let wanted = read_text(
        "organizations:\n- name: A\n  teams:\n  - name: t\n    projects:\n    - name: p\n      keys: [{ name: k, user: U@x }]\n\
         users: [{ email: U@x, keys: [{ name: own, team: A/t }] }]\n",
    )
    .unwrap();
    let names: Vec<&str> = wanted.accounts.iter().map(|account| account.profile.name.as_str()).collect();
    assert_eq!((names, wanted.document.as_str()), (vec!["A", "t", "p", "u@x"], "default"));
    assert!(matches!(wanted.accounts[2].above, Some(Above::Within(1))));
    let key = &wanted.keys[0];
    assert!(matches!(key.project, Some(Above::Within(2))) && key.team.is_none());
    assert!(matches!(&key.user, Some(Above::Named(user)) if user.text == "U@x"));
    let own = &wanted.keys[1];
    assert!(matches!(own.user, Some(Above::Within(3))) && matches!(&own.team, Some(Above::Named(_))));
}

#[test]
fn numbers_and_flags_are_known_by_their_members_and_money_keeps_its_digits() {
    let wanted = read_text(
        "keys:\n- name: 0042\n  limits: { rpm: 600, more: [{ unit: cost, limit_usd: 0.000000001, per: 90 }] }\n  \
         budget: { limit_usd: 9007199.254740993, period: 30d, strict: true }\n  metadata: { a: 1, b: true, c: ~ }\n",
    );
    // A text that is null is none.
    assert_eq!(wanted.unwrap_err()[0].entry.field, "keys[0].metadata");
    let wanted = read_text(
        "keys:\n- name: 0042\n  limits: { rpm: 600, more: [{ unit: cost, limit_usd: 0.000000001, per: 90 }] }\n  \
         budget: { limit_usd: 9007199.254740993, period: 30d, strict: true }\n  metadata: { a: 1, b: true, c: '' }\n",
    )
    .unwrap();
    let policy = &wanted.keys[0].policy;
    assert_eq!((policy.name.as_str(), policy.limits.rpm), ("0042", Some(600)));
    assert_eq!((policy.limits.more[0].max, policy.limits.more[0].per_seconds), (1, 90));
    assert_eq!((policy.budgets[0].limit, policy.budgets[0].strict), (NanoUsd(9_007_199_254_740_993), true));
    assert_eq!(policy.metadata["a"], "1");
    assert_eq!(policy.metadata["b"], "true");
}

#[test]
fn faults_stand_where_they_are() {
    let cases = [
        ("tags: [{ name: t, organisation: x }]", "tags[0].organisation", (1, 19)),
        (
            "users: [{ email: a@b, memberships: [{ team: t, org: x, role: admin }] }]",
            "users[0].memberships[0].org",
            (1, 48),
        ),
        (
            "users: [{ email: a@b, memberships: [{ team: t, project: p, role: admin }] }]",
            "users[0].memberships[0]",
            (1, 37),
        ),
        (
            "organizations: [{ name: a, teams: [{ name: t, organization: b }] }]",
            "organizations[0].teams[0].organization",
            (1, 61),
        ),
        ("teams: [{ name: t, keys: [{ name: k, team: u }] }]", "teams[0].keys[0].team", (1, 44)),
        ("teams: [x]", "teams[0]", (1, 9)),
        ("teams: [{ name: t, plan: a, plan_id: b }]", "teams[0].plan_id", (1, 29)),
        ("keys: [{ name: k, key: [] }]", "keys[0].key", (1, 19)),
        ("keys: [{ name: k, id: team_1 }]", "keys[0].id", (1, 23)),
        ("keys: [{ name: k, limits: { rpm: '5' } }]", "keys[0].limits.rpm", (1, 34)),
        ("keys: [{ name: k, endpoints: [chat, char] }]", "keys[0].endpoints", (1, 30)),
        ("keys: [{ limits: {} }]", "keys[0].name", (1, 8)),
        ("document: ''\nkeys: []", "document", (1, 11)),
    ];
    for (text, field, (line, column)) in cases {
        let faults = read_text(text).unwrap_err();
        let found = &faults[0].entry;
        let place = (found.spot.place.line, found.spot.place.column);
        assert_eq!((found.field.as_str(), place), (field, (line, column)), "{text}: {faults:?}");
    }
}

#[test]
fn files_are_one_document_of_one_name() {
    let none = Configured { provider: &|_| false, guardrail: &|_| false };
    let both = |a: &str, b: &str| read(&[parse(a).unwrap(), parse(b).unwrap()], none);
    let wanted = both("document: main\nkeys: [{ name: a }]", "keys: [{ name: b }]").unwrap();
    assert_eq!((wanted.document.as_str(), wanted.keys.len(), wanted.keys[1].entry.spot.file), ("main", 2, 1));
    let faults = both("document: main", "document: other").unwrap_err();
    assert_eq!((faults[0].entry.field.as_str(), faults[0].entry.spot.file), ("document", 1));
}

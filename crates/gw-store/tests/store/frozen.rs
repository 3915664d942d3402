//! What the first release stored as JSON in the database must load for ever.

use gw_model::limits::{LimitKind, LimitUnit, Period};
use gw_model::{AccountPolicy, Endpoint, KeyPolicy, NanoUsd};
use gw_store::types::PendingIntent;
use serde::Deserialize;

#[derive(Deserialize)]
struct Rows {
    policy: KeyPolicy,
    pending: PendingIntent,
}

#[test]
fn rows_of_the_first_release_still_load() {
    let rows: Rows = serde_json::from_str(include_str!("../frozen/rows_v1.json")).unwrap();
    let policy = rows.policy;
    assert_eq!(
        (policy.name.as_str(), policy.team_id.as_deref(), policy.models.len()),
        ("app-a", Some("core"), 2)
    );
    assert_eq!(policy.endpoints, Some(vec![Endpoint::Chat, Endpoint::Embeddings]));
    assert_eq!((policy.limits.rpm, policy.limits.kind), (Some(600), LimitKind::Sliding));
    let budget = &policy.budgets[0];
    assert_eq!((budget.limit, budget.period), (NanoUsd(50_000_000_000), Period::Month));
    assert_eq!((rows.pending.attempt, rows.pending.hold, rows.pending.key), (1, 900, Some(7)));
}

#[test]
fn policies_of_accounts_of_the_first_release_still_load() {
    let policy: AccountPolicy = serde_json::from_str(include_str!("../frozen/account_v1.json")).unwrap();
    assert_eq!((policy.models.map(|list| list.len()), policy.max_output_tokens), (Some(2), Some(900)));
    assert_eq!(policy.endpoints, Some(vec![Endpoint::Chat, Endpoint::Embeddings]));
    assert_eq!(policy.providers, Some(vec!["openai".to_owned()]));
    let more = &policy.limits.more[0];
    assert_eq!(
        (more.unit, more.max, more.kind, more.shadow),
        (LimitUnit::Cost, 500_000_000, LimitKind::Gcra, true)
    );
    let budget = &policy.budgets[0];
    assert_eq!((budget.limit, budget.period), (NanoUsd(50_000_000_000), Period::Rolling(2_592_000)));
    assert_eq!((budget.strict, budget.alert_at.len(), budget.increases.len()), (true, 2, 1));
    let none: AccountPolicy = serde_json::from_str("{}").unwrap();
    assert_eq!(none, AccountPolicy::default());
}

//! What the first release stored as JSON in the database must load for ever.

use gw_model::limits::{LimitKind, Period};
use gw_model::{Endpoint, KeyPolicy, NanoUsd};
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

//! What all gateways hold of a budget, where they count together: rows that say what this one holds are completed with it.
//! It must not decide what a budget is.

use crate::app::state::App;
use gw_model::limits::Mode;
use gw_model::{AccountId, NanoUsd};
use serde_json::Value;

/// Of whom `reserved_usd` speaks: of this gateway's calls, or of all that count together.
pub(super) const SCOPE: &str = "reserved_scope";
pub(super) const HERE: &str = "gateway";
const EVERYWHERE: &str = "all_gateways";

/// Completes rows that are budgets of these accounts.
pub(super) async fn complete(app: &App, rows: &mut [(AccountId, &mut Value)]) {
    let Some(shared) = &app.gateway.shared else { return };
    let mut accounts: Vec<AccountId> =
        rows.iter().filter(|(_, row)| is_shared(row)).map(|(id, _)| *id).collect();
    accounts.sort_unstable();
    accounts.dedup();
    if accounts.is_empty() {
        return;
    }
    let Some(held) = shared.desk.held(accounts.clone()).await else { return };
    for (id, row) in rows.iter_mut().filter(|(_, row)| is_shared(row)) {
        let Some(held) = accounts.binary_search(id).ok().and_then(|at| held.get(at)) else { continue };
        let here =
            row["reserved_usd"].as_str().and_then(|text| NanoUsd::parse_usd(text).ok()).unwrap_or_default();
        // What this gateway held while it could not ask is known to it alone.
        row["reserved_usd"] = here.max(*held).to_string().into();
        row[SCOPE] = EVERYWHERE.into();
    }
}

/// Completes the budgets within rows of keys or accounts.
pub(super) async fn complete_within(app: &App, rows: &mut [(AccountId, &mut Value)]) {
    if app.gateway.shared.is_none() {
        return;
    }
    let mut budgets = Vec::new();
    for (id, row) in rows.iter_mut() {
        let Some(row) = row.as_object_mut() else { continue };
        for (name, value) in row.iter_mut() {
            match (name.as_str(), value) {
                ("budget", one) => budgets.push((*id, one)),
                ("budgets", Value::Array(list)) => budgets.extend(list.iter_mut().map(|one| (*id, one))),
                _ => {}
            }
        }
    }
    complete(app, &mut budgets).await;
}

/// Is it a budget that all gateways count together, and stands somewhere?
fn is_shared(row: &Value) -> bool {
    row["reserved_usd"].is_string() && row["mode"].as_str().is_some_and(|mode| mode != Mode::Local.as_str())
}

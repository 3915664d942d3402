//! Why a key cannot be used now, and by whose doing: all that would refuse a call whatever it asks for. It must not judge
//! calls: which models they may name stands beside it.

use super::Told;
use gw_model::access::Access;
use gw_model::{Level, Micros, time};
use gw_store::memory::{Account, KeyEntry, KeySource, Link};
use serde_json::{Value, json};
use std::sync::Arc;

/// The reasons, those of the key first; none where it can be used. `from` says who an account is.
pub(super) fn reasons(
    entry: &KeyEntry,
    beside: &[Arc<Account>],
    of_key: &Value,
    now: Micros,
    from: impl Fn(&Arc<Account>) -> (Value, Told),
) -> Vec<Value> {
    let mut found = Vec::new();
    let mut add = |reason: &str, from: &Value, message: String| {
        found.push(json!({ "reason": reason, "from": from, "message": message }));
    };
    if let Some(at) = entry.expires_at.filter(|at| *at <= now) {
        add("expired", of_key, format!("it expired at {}", time::format(at)));
    }
    if entry.disabled {
        add("disabled", of_key, "it is disabled".to_owned());
    } else if entry.revoked() && entry.source != KeySource::Token {
        add("closed", of_key, "it has been revoked, or what it belongs to is not there".to_owned());
    }
    let outside = |access: &Access| (!access.allows_time(now)).then_some(());
    let of_plan = entry.plan().and_then(|plan| plan.access(outside));
    if entry.policy.access.as_deref().and_then(outside).is_some() || of_plan.is_some() {
        add("outside_hours", of_key, "calls may not come at this hour".to_owned());
    }
    if let Some(text) = spent(&entry.link(), now, true) {
        add("budget_exhausted", of_key, text);
    }
    for account in entry.above().iter().chain(beside) {
        let (holder, told) = from(account);
        let level = account.id.level.as_str();
        if account.tally().is_closed() {
            add("parent_disabled", &holder, format!("its {level} is disabled or deleted"));
        }
        if account.access(outside).is_some() {
            add("outside_hours", &holder, format!("calls of its {level} may not come at this hour"));
        }
        if let Some(text) = spent(&account.link(), now, told.budgets) {
            add("budget_exhausted", &holder, text);
        }
    }
    found
}

/// Is nothing left of a budget that is enforced? With the amounts, for those who may see them.
fn spent(link: &Link, now: Micros, with_amounts: bool) -> Option<String> {
    let views = link.tally.budget_views(&link.rules, now);
    let mut gone = link.rules.budgets().iter().zip(views).filter(|(budget, _)| !budget.shadow);
    let (budget, view) = gone.find(|(_, view)| view.spent.plus(view.reserved) >= view.limit)?;
    let whose = if link.id.level == Level::Key { "its budget" } else { "the budget above it" };
    let mut text =
        format!("{whose} by {} is used up: calls that cost anything are refused", budget.period.text());
    if with_amounts {
        text.push_str(&format!(" (limit ${}, spent ${}, held ${})", view.limit, view.spent, view.reserved));
    }
    if let Some(at) = view.resets_at {
        text.push_str(&format!("; the next window begins at {}", time::format(at)));
    }
    Some(text)
}

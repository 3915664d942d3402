//! Budgets: which of their shares are used, and whether the period is expected to end above them.

use super::{Observation, called, details};
use crate::notice::Subject;
use gw_model::{Micros, NanoUsd, time};
use serde_json::{Value, json};

/// Where a budget stands.
#[derive(Clone, Debug)]
pub struct BudgetState<'a> {
    /// Whose it is.
    pub subject: &'a Subject,
    /// What tells it from others of the same: `month`, `30d`, `month#2`.
    pub label: &'a str,
    /// The bound at present.
    pub limit: NanoUsd,
    /// Spent in the window.
    pub spent: NanoUsd,
    /// When the window began; `None` where it moves.
    pub window_start: Option<Micros>,
    /// When the next one begins.
    pub resets_at: Option<Micros>,
    /// Shares in percent at which somebody is told.
    pub at: &'a [u16],
    /// What is expected to be spent at the end of the window.
    pub expected: Option<NanoUsd>,
}

/// What is told of it.
pub fn observe(state: &BudgetState<'_>, found: &mut Vec<Observation>) {
    let used_shares = state.at.iter().filter(|share| is_used(state.spent, state.limit, **share));
    found.extend(used_shares.map(|share| used(state, *share)));
    if let Some(expected) = above(state.spent, state.limit, state.expected) {
        found.push(forecast(state, expected));
    }
}

/// Is there anything to tell of such a budget? `at` and `expected` as in [`BudgetState`].
#[must_use]
pub fn is_to_tell(spent: NanoUsd, limit: NanoUsd, at: &[u16], expected: Option<NanoUsd>) -> bool {
    at.iter().any(|share| is_used(spent, limit, *share)) || above(spent, limit, expected).is_some()
}

/// Is that share of it used? Nothing of nothing is no share.
fn is_used(spent: NanoUsd, limit: NanoUsd, share: u16) -> bool {
    spent.0 > 0 && u128::from(spent.0) * 100 >= u128::from(limit.0) * u128::from(share)
}

/// What is expected, where that is too much and it is not so yet.
fn above(spent: NanoUsd, limit: NanoUsd, expected: Option<NanoUsd>) -> Option<NanoUsd> {
    expected.filter(|expected| *expected > limit && spent < limit)
}

fn used(state: &BudgetState<'_>, share: u16) -> Observation {
    let summary = format!(
        "{} has used {} % of its {} budget: ${} of ${}",
        called(state.subject),
        percent(state),
        state.label,
        state.spent,
        state.limit
    );
    one(state, &share.to_string(), summary, &json!({ "threshold_percent": share }))
}

fn forecast(state: &BudgetState<'_>, expected: NanoUsd) -> Observation {
    let summary = format!(
        "{} is expected to exceed its {} budget: ${} of ${}, with ${} spent so far",
        called(state.subject),
        state.label,
        expected,
        state.limit,
        state.spent
    );
    one(state, "forecast", summary, &json!({ "expected_usd": expected.to_string() }))
}

fn one(state: &BudgetState<'_>, what: &str, summary: String, more: &Value) -> Observation {
    let mut told = json!({
        "budget": state.label,
        "limit_usd": state.limit.to_string(),
        "spent_usd": state.spent.to_string(),
        "used_percent": percent(state),
        "resets_at": state.resets_at.map(time::format),
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        told[name] = value.clone();
    }
    let window = state.window_start.map(|start| format!("/{start}")).unwrap_or_default();
    Observation {
        key: format!("{}/{}/{what}{window}", state.subject.id, state.label),
        subject: state.subject.clone(),
        summary,
        details: details(told),
        ends_at: state.resets_at,
    }
}

/// Whole percent, not rounded up: 100 is only said when it is.
fn percent(state: &BudgetState<'_>) -> u64 {
    let used = u128::from(state.spent.0) * 100 / u128::from(state.limit.0.max(1));
    u64::try_from(used).unwrap_or(u64::MAX)
}

/// What is spent at the end of a window if each day costs as much as `daily`.
#[must_use]
pub fn expected(spent: NanoUsd, daily: i64, now: Micros, ends_at: Micros) -> NanoUsd {
    const DAY: i128 = 86_400_000_000;
    let left = i128::from(ends_at.saturating_sub(now).max(0));
    let more = i128::from(daily.max(0)) * left / DAY;
    NanoUsd(u64::try_from(i128::from(spent.0) + more).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;

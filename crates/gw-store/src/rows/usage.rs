//! Sums of usage as reports want them, out of what a database adds up. It must not know a statement of SQL.

use super::sums::HOUR_US;
use crate::accounts::{account_of, each};
use crate::types::{UsageFilter, UsageRow};
use gw_model::{AccountId, Level};
use std::collections::BTreeMap;

/// The first hour, and the one behind the last. Hours below zero are sums of others.
pub(crate) fn hours(filter: &UsageFilter) -> (i64, i64) {
    let first = filter.from.map_or(0, |t| t.div_euclid(HOUR_US).max(0));
    (first, filter.to.map_or(i64::MAX, |t| t.saturating_add(HOUR_US - 1).div_euclid(HOUR_US)))
}

/// Puts a row before the others for the calls that are in none of them, if there are such. `all` is of all calls.
pub(crate) fn with_rest(all: Option<UsageRow>, mut rows: Vec<UsageRow>) -> Vec<UsageRow> {
    let rest = rows.iter().fold(all.unwrap_or_default(), minus);
    if rest != UsageRow::default() {
        rows.insert(0, rest);
    }
    rows
}

/// Projects that are accounts, as calls counted for them; and those that are labels of keys, as keys have them now.
pub(crate) fn projects(labels: Vec<UsageRow>, accounts: Vec<UsageRow>) -> Vec<UsageRow> {
    let mut rows: BTreeMap<String, UsageRow> = BTreeMap::new();
    for row in labels.into_iter().filter(|row| !row.value.is_empty()).chain(accounts) {
        rows.insert(row.value.clone(), row);
    }
    rows.into_values().collect()
}

fn minus(row: UsageRow, part: &UsageRow) -> UsageRow {
    UsageRow {
        requests: row.requests.saturating_sub(part.requests),
        errors: row.errors.saturating_sub(part.errors),
        input_tokens: row.input_tokens.saturating_sub(part.input_tokens),
        output_tokens: row.output_tokens.saturating_sub(part.output_tokens),
        cached_tokens: row.cached_tokens.saturating_sub(part.cached_tokens),
        cost: row.cost.minus(part.cost),
        saved: row.saved.minus(part.saved),
        ..row
    }
}

/// Sums of calls by the accounts that they count for, as sums by each account of a level.
pub(crate) fn by_level(sums: impl IntoIterator<Item = (Vec<u8>, UsageRow)>, level: Level) -> Vec<UsageRow> {
    let mut rows: BTreeMap<AccountId, UsageRow> = BTreeMap::new();
    for (accounts, sum) in sums {
        for id in each(&accounts).filter_map(account_of).filter(|id| id.level == level) {
            let row = rows.entry(id).or_default();
            *row = plus(std::mem::take(row), &sum);
        }
    }
    rows.into_iter().map(|(id, row)| UsageRow { value: id.to_string(), ..row }).collect()
}

fn plus(row: UsageRow, part: &UsageRow) -> UsageRow {
    UsageRow {
        requests: row.requests.saturating_add(part.requests),
        errors: row.errors.saturating_add(part.errors),
        input_tokens: row.input_tokens.saturating_add(part.input_tokens),
        output_tokens: row.output_tokens.saturating_add(part.output_tokens),
        cached_tokens: row.cached_tokens.saturating_add(part.cached_tokens),
        cost: row.cost.plus(part.cost),
        saved: row.saved.plus(part.saved),
        ..row
    }
}

//! Sums of usage by one dimension, from the hourly rows.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::traits::Ledger;
use crate::types::{GroupBy, UsageFilter, UsageRow};
use gw_model::{KeyId, NanoUsd};
use rusqlite::Row;

const HOUR_US: i64 = 3_600_000_000;
const SUMS: &str = "SUM(requests), SUM(errors), SUM(input), SUM(output), SUM(cached), SUM(cost), SUM(saved)";

impl SqliteStore {
    pub(super) fn sum_usage(&self, filter: &UsageFilter) -> Result<Vec<UsageRow>, StoreError> {
        if let Err(error) = self.sum_up(true) {
            // A disk that is full must not hide what was used before.
            tracing::warn!(%error, "usage is reported without the latest calls");
        }
        let (value, name, from) = match filter.group_by {
            GroupBy::Key => ("usage.key", "MAX(key_labels.name)", "usage LEFT JOIN key_labels ON id = key"),
            GroupBy::Team => ("team", "NULL", "usage"),
            GroupBy::Project => {
                ("COALESCE(project, '')", "NULL", "usage LEFT JOIN key_labels ON key_labels.id = usage.key")
            }
            GroupBy::Model => ("model", "NULL", "usage"),
            GroupBy::Provider => ("provider", "NULL", "usage"),
            GroupBy::Customer => ("customer", "NULL", "usage"),
            GroupBy::Day => ("strftime('%Y-%m-%d', hour * 3600, 'unixepoch')", "NULL", "usage"),
        };
        let sql = format!(
            "SELECT {value} AS value, {name}, {SUMS} FROM {from} WHERE hour >= ? AND hour < ? \
             GROUP BY value ORDER BY value"
        );
        let first = filter.from.map_or(i64::MIN, |t| t.div_euclid(HOUR_US));
        let end = filter.to.map_or(i64::MAX, |t| t.saturating_add(HOUR_US - 1).div_euclid(HOUR_US));
        let is_key = filter.group_by == GroupBy::Key;
        self.read("sum up usage", |db| {
            let mut query = db.prepare_cached(&sql)?;
            let rows = query.query_map([first, end], |row| decode(row, is_key))?;
            rows.collect()
        })
    }
}

fn decode(row: &Row<'_>, is_key: bool) -> rusqlite::Result<UsageRow> {
    let count = |column: usize| row.get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    let value = if is_key {
        let id: Vec<u8> = row.get(0)?;
        <[u8; 16]>::try_from(id)
            .map_or_else(|_| String::new(), |id| KeyId(u128::from_be_bytes(id)).to_string())
    } else {
        row.get(0)?
    };
    Ok(UsageRow {
        value,
        key_name: row.get(1)?,
        requests: count(2)?,
        errors: count(3)?,
        input_tokens: count(4)?,
        output_tokens: count(5)?,
        cached_tokens: count(6)?,
        cost: NanoUsd(count(7)?),
        saved: NanoUsd(count(8)?),
    })
}

//! Sums of usage by one dimension, from the hourly rows.

use super::bytes::count;
use super::db::{BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use crate::error::StoreError;
use crate::types::{GroupBy, UsageFilter, UsageRow};
use gw_model::{KeyId, NanoUsd};
use tokio_postgres::Row;

const HOUR_US: i64 = 3_600_000_000;
/// The sum of whole numbers is of a wider kind.
const SUMS: &str = "SUM(requests)::bigint, SUM(errors)::bigint, LEAST(SUM(input), 9223372036854775807)::bigint, \
     LEAST(SUM(output), 9223372036854775807)::bigint, LEAST(SUM(cached), 9223372036854775807)::bigint, \
     LEAST(SUM(cost), 9223372036854775807)::bigint, SUM(saved)::bigint";
const LABELLED: &str = "usage LEFT JOIN key_labels ON key_labels.id = usage.key";

impl PostgresStore {
    pub(super) fn sum_usage(&self, filter: &UsageFilter) -> Result<Vec<UsageRow>, StoreError> {
        let none = "NULL::text";
        let (value, name, from) = match filter.group_by {
            GroupBy::Key => ("encode(usage.key, 'hex')", "MAX(key_labels.name)", LABELLED),
            GroupBy::Team => ("usage.team", none, "usage"),
            GroupBy::Project => ("COALESCE(project, '')", none, LABELLED),
            GroupBy::Model => ("model", none, "usage"),
            GroupBy::Provider => ("provider", none, "usage"),
            GroupBy::Customer => ("customer", none, "usage"),
            GroupBy::Day => ("to_char(to_timestamp(hour * 3600), 'YYYY-MM-DD')", none, "usage"),
        };
        let sql = format!(
            "SELECT ({value}) COLLATE \"C\", {name}, {SUMS} FROM {from} WHERE hour >= $1 AND hour < $2 \
             GROUP BY 1 ORDER BY 1"
        );
        let first = filter.from.map_or(i64::MIN, |t| t.div_euclid(HOUR_US));
        let end = filter.to.map_or(i64::MAX, |t| t.saturating_add(HOUR_US - 1).div_euclid(HOUR_US));
        let is_key = filter.group_by == GroupBy::Key;
        self.run("sum up usage", BULK_LIMIT, async |db| {
            db.query(&sql, &[&first, &end]).await?.iter().map(|row| decode(row, is_key)).collect()
        })
    }
}

fn decode(row: &Row, is_key: bool) -> Result<UsageRow, Fault> {
    let mut value: String = row.try_get(0)?;
    if is_key {
        value = u128::from_str_radix(&value, 16).map_or_else(|_| String::new(), |id| KeyId(id).to_string());
    }
    Ok(UsageRow {
        value,
        key_name: row.try_get(1)?,
        requests: count(row, 2)?,
        errors: count(row, 3)?,
        input_tokens: count(row, 4)?,
        output_tokens: count(row, 5)?,
        cached_tokens: count(row, 6)?,
        cost: NanoUsd(count(row, 7)?),
        saved: NanoUsd(count(row, 8)?),
    })
}

//! What was used at a provider, by day and model.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::rows::search::rows_since;
use crate::rows::{UpstreamSums, id_bytes};
use crate::types::{LogFilter, UpstreamUsage};
use gw_model::{Micros, NanoUsd};
use rusqlite::{Connection, Row, params};

const BETWEEN: &str = "id >= ?1 AND id < ?2 AND time >= ?3 AND time < ?4";

impl SqliteStore {
    pub(super) fn sum_upstream(
        &self,
        provider: &str,
        (from, to): (Micros, Micros),
    ) -> Result<Vec<UpstreamUsage>, StoreError> {
        self.read("sum up what was used at a provider", |db| sum(db, provider, (from, to)))
    }
}

fn sum(
    db: &Connection,
    provider: &str,
    (from, to): (Micros, Micros),
) -> rusqlite::Result<Vec<UpstreamUsage>> {
    let (floor, top) = rows_since(&LogFilter { from: Some(from), to: Some(to), ..LogFilter::default() });
    let (floor, top) = (id_bytes(floor), id_bytes(top));
    let mut sums = UpstreamSums::new(provider);
    let mut one = db.prepare_cached(&format!(
        "SELECT time / 86400000000, COALESCE(upstream_model, ''), COUNT(*), SUM(input), SUM(output), SUM(cached), SUM(cost) \
         FROM records WHERE {BETWEEN} AND provider = ?5 AND (attempts = 1 OR tries IS NULL) GROUP BY 1, 2"
    ))?;
    for row in one.query_map(params![floor, top, from, to, provider], decode)? {
        sums.add(&row?);
    }
    let mut several = db.prepare_cached(&format!(
        "SELECT time, tries FROM records WHERE {BETWEEN} AND attempts > 1 AND tries IS NOT NULL"
    ))?;
    let mut rows = several.query(params![floor, top, from, to])?;
    while let Some(row) = rows.next()? {
        if !sums.add_tries(row.get(0)?, row.get_ref(1)?.as_str()?) {
            tracing::warn!("the attempts of a record cannot be read");
        }
    }
    Ok(sums.rows())
}

fn decode(row: &Row<'_>) -> rusqlite::Result<UpstreamUsage> {
    let count = |column: usize| row.get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    Ok(UpstreamUsage {
        day: row.get(0)?,
        model: row.get(1)?,
        attempts: count(2)?,
        input_tokens: count(3)?,
        output_tokens: count(4)?,
        cached_tokens: count(5)?,
        cost: NanoUsd(count(6)?),
    })
}

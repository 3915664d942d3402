//! What was used at a provider, by day and model.

use super::bytes::{Id, clean, count};
use super::db::{BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use crate::error::StoreError;
use crate::rows::UpstreamSums;
use crate::rows::search::rows_since;
use crate::types::{LogFilter, UpstreamUsage};
use gw_model::{Micros, NanoUsd};
use tokio_postgres::Row;

const ONE: &str = "SELECT time / 86400000000, COALESCE(upstream_model, ''), COUNT(*), \
     LEAST(SUM(input), 9223372036854775807)::bigint, LEAST(SUM(output), 9223372036854775807)::bigint, \
     LEAST(SUM(cached), 9223372036854775807)::bigint, LEAST(SUM(cost), 9223372036854775807)::bigint \
     FROM records WHERE id >= $1 AND id < $2 AND time >= $3 AND time < $4 AND provider = $5 \
     AND (attempts = 1 OR tries IS NULL) GROUP BY 1, 2";
const SEVERAL: &str = "SELECT time, tries FROM records WHERE id >= $1 AND id < $2 AND time >= $3 AND time < $4 \
     AND attempts > 1 AND tries IS NOT NULL";

impl PostgresStore {
    pub(super) fn sum_upstream(
        &self,
        provider: &str,
        (from, to): (Micros, Micros),
    ) -> Result<Vec<UpstreamUsage>, StoreError> {
        let (floor, top) = rows_since(&LogFilter { from: Some(from), to: Some(to), ..LogFilter::default() });
        let (floor, top, name) = (Id(floor), Id(top), clean(provider).into_owned());
        self.transaction("sum up what was used at a provider", BULK_LIMIT, async |db| {
            // What both statements read must be of one moment.
            db.batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
            let mut sums = UpstreamSums::new(provider);
            for row in &db.query(ONE, &[&floor, &top, &from, &to, &name]).await? {
                sums.add(&decode(row)?);
            }
            for row in &db.query(SEVERAL, &[&floor, &top, &from, &to]).await? {
                if !sums.add_tries(row.try_get(0)?, row.try_get(1)?) {
                    tracing::warn!("the attempts of a record cannot be read");
                }
            }
            Ok(sums.rows())
        })
    }
}

fn decode(row: &Row) -> Result<UpstreamUsage, Fault> {
    Ok(UpstreamUsage {
        day: row.try_get(0)?,
        model: row.try_get(1)?,
        attempts: count(row, 2)?,
        input_tokens: count(row, 3)?,
        output_tokens: count(row, 4)?,
        cached_tokens: count(row, 5)?,
        cost: NanoUsd(count(row, 6)?),
    })
}

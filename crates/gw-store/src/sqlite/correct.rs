//! The truth about a request that was written off as lost: its record takes the place of the lost one, and
//! the ledger gets compensating entries, so that the sum is what the call did cost. Rare.

use super::batch::SqliteBatch;
use crate::accounts::unpack;
use crate::journal::{RecordFrame, outcome_code};
use crate::rows::{Row, id_bytes, signed};
use crate::types::PendingIntent;
use gw_model::Outcome;
use rusqlite::{OptionalExtension, params};

/// Corrects a request that has a row already; false when that row is no lost one (the same record again).
pub(super) fn correct(
    batch: &mut SqliteBatch<'_>,
    row: &Row<'_>,
    record: &RecordFrame<'_>,
) -> rusqlite::Result<bool> {
    if row.outcome == Outcome::Lost {
        return Ok(false);
    }
    let Some(lost) = lost_row(batch, row.id)? else { return Ok(false) };
    let written_off = Row::lost(&lost, 0);
    batch.added.corrected = true;
    batch.added.sums.count(&written_off, &[], -1);
    batch.db.prepare_cached("DELETE FROM record_rows WHERE id = ?")?.execute([id_bytes(row.id)])?;
    batch.insert(row)?;
    batch.added.sums.count(row, &record.attempts, 1);

    batch.write_entries()?;
    let entered = entered(batch, row.id)?;
    let attempts = entered.len().max(record.attempts.len());
    for number in 0..attempts {
        let actual = record.attempts.get(number).map_or(0, |a| signed(a.cost));
        match entered.get(number).copied().flatten() {
            None if number < record.attempts.len() => batch.enter(row, number, 0, actual)?,
            Some((entries, sum)) if sum != actual => batch.enter(row, number, entries, actual - sum)?,
            _ => {}
        }
    }
    Ok(true)
}

/// The lost row, as the intent it was made from.
fn lost_row(batch: &SqliteBatch<'_>, id: u128) -> rusqlite::Result<Option<PendingIntent>> {
    let mut query = batch.db.prepare_cached(
        "SELECT time, key, team, format, model, provider, upstream_model, stream, input, cost, \
         parent, role, accounts \
         FROM records WHERE id = ? AND outcome = ?",
    )?;
    query
        .query_row(params![id_bytes(id), outcome_code(Outcome::Lost)], |found| {
            let key: Option<[u8; 16]> = found.get(1)?;
            let text = |column: usize| found.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
            Ok(PendingIntent {
                request: id,
                attempt: 0,
                time: found.get(0)?,
                key: key.map(u128::from_be_bytes),
                team_id: found.get(2)?,
                hold: found.get::<_, i64>(9)?.unsigned_abs(),
                format: text(3)?,
                model: text(4)?,
                provider: text(5)?,
                upstream_model: text(6)?,
                stream: found.get(7)?,
                input_tokens: found.get::<_, i64>(8)?.unsigned_abs(),
                parent: found
                    .get::<_, Option<[u8; 16]>>(10)?
                    .map(u128::from_be_bytes)
                    .zip(found.get::<_, Option<u8>>(11)?),
                accounts: unpack(found.get_ref(12)?.as_blob_or_null()?.unwrap_or_default()),
            })
        })
        .optional()
}

/// By attempt: how many entries there are, and their sum.
fn entered(batch: &SqliteBatch<'_>, id: u128) -> rusqlite::Result<Vec<Option<(i64, i64)>>> {
    let mut query = batch.db.prepare_cached(
        "SELECT attempt, COUNT(*), SUM(cost) FROM ledger_rows WHERE request = ? GROUP BY attempt",
    )?;
    let mut rows = query.query([id_bytes(id)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let attempt = usize::from(row.get::<_, u8>(0)?);
        if found.len() <= attempt {
            found.resize(attempt + 1, None);
        }
        if let Some(place) = found.get_mut(attempt) {
            *place = Some((row.get(1)?, row.get(2)?));
        }
    }
    Ok(found)
}

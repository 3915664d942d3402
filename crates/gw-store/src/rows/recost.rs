//! What sums and roll-ups have to gain or lose where past calls are to cost something else. Serves re-costing. Unlike the fold it
//! adds to rows that are there and makes none: a row whose time is over has gone, and must not come again with money alone. It must
//! not touch a database: a store writes what it is handed.

use super::counted::Counted;
use super::record::signed;
use super::rollups::{MINUTE_US, series_of};
use super::sums::Sums;
use crate::accounts::{bytes_of, pack};
use crate::analytics::{Fold, Span, Told};
use crate::types::Recost;
use crate::{accounts::AccountBytes, rows::id_bytes};
use gw_model::{AccountId, Level};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// A row of `rollups`: kind, start, and the series that it stands under: the first of these that there is.
pub(crate) type CostPlace = (i16, i64, i64, i64);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct CostChanges {
    /// Of `usage` and `account_usage`.
    pub(crate) sums: Sums,
    rollups: BTreeMap<CostPlace, i64>,
}

impl CostChanges {
    pub(crate) fn of(records: &[Recost]) -> Self {
        let mut changes = Self::default();
        records.iter().for_each(|record| changes.add(record));
        changes
    }

    fn add(&mut self, record: &Recost) {
        let row = &record.row;
        let accounts = pack(&row.accounts);
        let guardrails: String = row.verdicts.iter().map(|one| format!("|{}=", one.guardrail)).collect();
        let counted = Counted::listed(row, &accounts, &guardrails);
        for one in &record.repriced {
            let Some(attempt) = record.attempts.get(one.attempt) else { continue };
            let more = signed(one.cost.0).saturating_sub(signed(attempt.cost.0));
            if more != 0 {
                self.sums.add_cost(&counted, &attempt.provider, &attempt.upstream_model, more);
                self.add_to_rollups(&counted, &attempt.provider, more);
            }
        }
    }

    fn add_to_rollups(&mut self, counted: &Counted<'_>, provider: &str, more: i64) {
        let series = series_of(counted, provider);
        let all = series.folded(Fold::All).id();
        let place = series.folded(Fold::Place);
        let (caller, place_id) = (series.id(), place.id());
        let (alone, place_alone) = (series.clone().alone().id(), place.alone().id());
        for span in Span::ALL {
            let start = counted.end_time.div_euclid(MINUTE_US).div_euclid(span.us() / MINUTE_US);
            let mut add = |kind, first, second| {
                let sum = self.rollups.entry((kind, start, first, second)).or_default();
                *sum = sum.saturating_add(more);
            };
            add(span.kind(false), all, all);
            add(span.kind(true), caller, place_id);
            if *span != Span::Minute {
                add(span.kind_of(Told::Callers), alone, place_alone);
            }
        }
    }

    /// What rows of roll-ups gain or lose, in the order of their primary key.
    pub(crate) fn rollups(&self) -> impl Iterator<Item = (CostPlace, i64)> {
        self.rollups.iter().filter(|(_, more)| **more != 0).map(|(place, more)| (*place, *more))
    }

    /// The same by account, keys among them, and hour: budgets stay as they were settled, and take it off again.
    pub(crate) fn apart(&self) -> Vec<(AccountBytes, i64, i64)> {
        let mut apart: BTreeMap<(AccountBytes, i64), i64> = BTreeMap::new();
        let mut add = |account, hour, more: i64| {
            let sum = apart.entry((account, hour)).or_default();
            *sum = sum.saturating_add(more);
        };
        let collected: Result<(), Infallible> = self.sums.each(
            |row| {
                if let Ok(key) = row.key().try_into() {
                    let id = AccountId { level: Level::Key, number: u128::from_be_bytes(key) };
                    add(bytes_of(id), row.group.hour, row.sum.cost);
                }
                Ok(())
            },
            |_, _, _| Ok(()),
        );
        let Ok(()) = collected;
        for (hour, account, sum) in self.sums.account_rows() {
            add(account, hour, sum.cost);
        }
        apart.retain(|_, more| *more != 0);
        apart.into_iter().map(|((account, hour), more)| (account, hour, more)).collect()
    }
}

/// Entries of the ledger that a record's attempts gain: their number, and the difference.
pub(crate) fn entries(record: &Recost) -> impl Iterator<Item = (i64, i64)> {
    record.repriced.iter().filter_map(|one| {
        let was = record.attempts.get(one.attempt)?.cost;
        let more = signed(one.cost.0).saturating_sub(signed(was.0));
        (more != 0).then(|| (signed(one.attempt as u64), more))
    })
}

/// The id of a record, as stored.
pub(crate) const fn id_of(record: &Recost) -> [u8; 16] {
    id_bytes(record.row.request_id.0)
}

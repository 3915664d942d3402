//! What the records of one batch add to the budgets of dynamic routes, by budget, subject and day.

use super::record::signed;
use super::spent::DAY_US;
use super::sums::ALL_DAYS;
use crate::journal::{RecordFrame, TollFrame};
use ahash::AHashMap;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct TollSums(AHashMap<(u64, u64, i64), i64>);

impl TollSums {
    /// Counts what a record says.
    pub(crate) fn count(&mut self, record: &RecordFrame<'_>) {
        self.count_at(record.end_time(), &record.tolls);
    }

    /// Counts what a record says that ended then.
    pub(crate) fn count_at(&mut self, end_time: i64, tolls: &[TollFrame]) {
        let day = end_time.div_euclid(DAY_US);
        for TollFrame { counter, subject, cost } in tolls {
            for day in [day, ALL_DAYS] {
                let sum = self.0.entry((*counter, *subject, day)).or_default();
                *sum = sum.saturating_add(signed(*cost));
            }
        }
    }

    /// Every sum, in the order of its key: counter, subject, day, cost, as databases keep them.
    pub(crate) fn rows(&self) -> Vec<(i64, i64, i64, i64)> {
        let row = |((counter, subject, day), cost): (&(u64, u64, i64), &i64)| {
            (counter.cast_signed(), subject.cast_signed(), *day, *cost)
        };
        let mut rows: Vec<_> = self.0.iter().map(row).collect();
        rows.sort_unstable();
        rows
    }
}

//! Sums over records by account and hour, beside those by key: what `account_usage` does not hold yet. Serves the
//! fold. It must not touch the database but to write itself out.

use super::sums::UsageSum;
use crate::accounts::{AccountBytes, each};
use ahash::AHashMap;
use rusqlite::{Connection, params};

/// The hour that stands for all hours.
pub(super) const ALL_HOURS: i64 = -1;

const ADD: &str = "INSERT INTO account_usage (hour, account, requests, errors, input, output, cached, cost, saved) \
     VALUES (?,?,?,?,?,?,?,?,0) \
     ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors, \
     input = input + excluded.input, output = output + excluded.output, cached = cached + excluded.cached, \
     cost = cost + excluded.cost";

/// See the module.
#[derive(Debug, Default)]
pub(super) struct AccountSums(AHashMap<(i64, AccountBytes), UsageSum>);

impl AccountSums {
    /// Adds the same to each of the packed accounts.
    pub(super) fn add(&mut self, hour: i64, accounts: &[u8], sum: &UsageSum) {
        for account in each(accounts) {
            self.0.entry((hour, *account)).or_default().add(sum);
        }
    }

    /// Adds what other sums hold.
    pub(super) fn merge(&mut self, other: &Self) {
        for (cell, sum) in &other.0 {
            self.0.entry(*cell).or_default().add(sum);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets all, and keeps the room for as much again.
    pub(super) fn clear(&mut self) {
        let used = self.0.len();
        self.0.clear();
        self.0.shrink_to(used);
    }

    /// Adds all to the table in the order of its primary key: neighbours share a page.
    pub(super) fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut ever: AHashMap<AccountBytes, UsageSum> = AHashMap::new();
        for ((_, account), sum) in &self.0 {
            ever.entry(*account).or_default().add(sum);
        }
        let ever = ever.iter().map(|(account, sum)| ((ALL_HOURS, *account), *sum));
        let mut rows: Vec<_> = ever.chain(self.0.iter().map(|(cell, sum)| (*cell, *sum))).collect();
        rows.sort_unstable_by_key(|(cell, _)| *cell);
        let mut add = db.prepare_cached(ADD)?;
        for ((hour, account), sum) in &rows {
            let UsageSum { requests, errors, input, output, cached, cost } = sum;
            add.execute(params![hour, account, requests, errors, input, output, cached, cost])?;
        }
        Ok(())
    }
}

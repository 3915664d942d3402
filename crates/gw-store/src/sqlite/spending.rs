//! What was spent in stretches of time: whole hours from the hourly sums, the hours at both ends from the records.
//! Serves the restoration of budgets. All sums must be written before.

use crate::accounts::{AccountBytes, account_of, bytes_of, each};
use crate::rows::{ALL_DAYS, ALL_HOURS, Apart, Stretches, id_bytes};
use crate::types::{Spending, SpendingOf};
use gw_model::{AccountId, Level, RequestId};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

/// So many accounts are looked up one by one; of more, all rows are read.
const FEW: usize = 8;
/// Where the hourly sums of accounts of some levels stand.
struct Source {
    of_keys: bool,
    one: &'static str,
    all: &'static str,
    latest: &'static str,
    total: &'static str,
    every: i64,
}

const KEYS: Source = Source {
    of_keys: true,
    one: "SELECT SUM(cost) FROM usage WHERE hour = ? AND key = ?",
    all: "SELECT key, hour, SUM(cost) FROM usage WHERE hour >= ? GROUP BY hour, key",
    latest: "SELECT MAX(hour) FROM usage",
    total: "SELECT cost FROM spent WHERE day = ? AND key = ?",
    every: ALL_DAYS,
};

const ACCOUNTS: Source = Source {
    of_keys: false,
    one: "SELECT cost FROM account_usage WHERE hour = ? AND account = ?",
    all: "SELECT account, hour, cost FROM account_usage WHERE hour >= ?",
    latest: "SELECT MAX(hour) FROM account_usage",
    total: "SELECT cost FROM account_usage WHERE hour = ? AND account = ?",
    every: ALL_HOURS,
};

impl Source {
    /// Nano-dollars of one account in an hour, or ever.
    fn cost(&self, db: &Connection, sql: &str, at: i64, id: AccountId) -> rusqlite::Result<Option<i64>> {
        let (key, account) = (id_bytes(id.number), bytes_of(id));
        let id: &dyn ToSql = if self.of_keys { &key } else { &account };
        let mut query = db.prepare_cached(sql)?;
        Ok(query.query_row(params![at, id], |row| row.get(0)).optional()?.flatten())
    }

    /// The same as it was settled: without what calls were found afterwards to cost.
    fn settled(
        &self,
        db: &Connection,
        (sql, at): (&str, i64),
        id: AccountId,
        apart: &Apart,
    ) -> rusqlite::Result<Option<i64>> {
        // What keys spent ever is written down as it was settled.
        let apart = if self.of_keys && at == ALL_DAYS { 0 } else { apart.of(id, at) };
        Ok(self.cost(db, sql, at, id)?.map(|cost| cost.saturating_sub(apart)))
    }

    /// Passes every hour of these accounts from the first on.
    fn hours(
        &self,
        db: &Connection,
        first: i64,
        ids: &[AccountId],
        apart: &Apart,
        mut on_hour: impl FnMut(AccountId, i64, i64),
    ) -> rusqlite::Result<()> {
        if ids.len() > FEW {
            return self.all_hours(db, first, apart, on_hour);
        }
        let latest: Option<i64> = db.prepare_cached(self.latest)?.query_row([], |row| row.get(0))?;
        for id in ids {
            for hour in first..=latest.unwrap_or(i64::MIN) {
                if let Some(cost) = self.settled(db, (self.one, hour), *id, apart)? {
                    on_hour(*id, hour, cost);
                }
            }
        }
        Ok(())
    }

    fn all_hours(
        &self,
        db: &Connection,
        first: i64,
        apart: &Apart,
        mut on_hour: impl FnMut(AccountId, i64, i64),
    ) -> rusqlite::Result<()> {
        let mut query = db.prepare_cached(self.all)?;
        let mut rows = query.query([first])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_blob()?;
            let id = if self.of_keys {
                bytes.try_into().ok().map(key_of)
            } else {
                bytes.try_into().ok().and_then(account_of)
            };
            if let Some(id) = id {
                let (hour, cost): (i64, i64) = (row.get(1)?, row.get(2)?);
                on_hour(id, hour, cost.saturating_sub(apart.of(id, hour)));
            }
        }
        Ok(())
    }
}

impl Apart {
    /// From an hour on, and of all hours.
    fn read(db: &Connection, first: i64) -> rusqlite::Result<Self> {
        let mut query =
            db.prepare_cached("SELECT account, hour, cost FROM recosted_sums WHERE hour = ? OR hour >= ?")?;
        let mut rows = query.query([ALL_HOURS, first])?;
        let mut apart = Self::default();
        while let Some(row) = rows.next()? {
            apart.add(row.get_ref(0)?.as_blob()?, row.get(1)?, row.get(2)?);
        }
        Ok(apart)
    }
}

/// Passes hours and the sum of all hours of accounts above and beside keys: of one, or of all.
pub(super) fn each_hour(
    db: &Connection,
    first: i64,
    of: Option<AccountId>,
    mut on_hour: impl FnMut(AccountId, i64, i64),
) -> rusqlite::Result<()> {
    let first = first.max(0);
    let apart = Apart::read(db, first)?;
    let Some(id) = of else {
        ACCOUNTS.all_hours(db, first, &apart, &mut on_hour)?;
        let mut query = db.prepare_cached("SELECT account, cost FROM account_usage WHERE hour = ?")?;
        let mut rows = query.query([ALL_HOURS])?;
        while let Some(row) = rows.next()? {
            let bytes: AccountBytes = row.get(0)?;
            if let Some(id) = account_of(&bytes) {
                let cost: i64 = row.get(1)?;
                on_hour(id, ALL_HOURS, cost.saturating_sub(apart.of(id, ALL_HOURS)));
            }
        }
        return Ok(());
    };
    if let Some(cost) = ACCOUNTS.settled(db, (ACCOUNTS.total, ALL_HOURS), id, &apart)? {
        on_hour(id, ALL_HOURS, cost);
        ACCOUNTS.hours(db, first, &[id], &apart, on_hour)?;
    }
    Ok(())
}

/// Answers what was spent in each stretch.
pub(super) fn read(db: &Connection, of: &[SpendingOf]) -> rusqlite::Result<Vec<Spending>> {
    let mut stretches = Stretches::new(of);
    let apart = Apart::read(db, stretches.first_hour())?;
    for source in [KEYS, ACCOUNTS] {
        let ids = stretches.accounts(source.of_keys);
        if ids.is_empty() {
            continue;
        }
        let first = stretches.first_hour();
        source.hours(db, first, &ids, &apart, |id, hour, cost| stretches.hour(id, hour, cost))?;
        for id in ids {
            let total = source.settled(db, (source.total, source.every), id, &apart)?;
            stretches.total(id, total.unwrap_or(0));
        }
    }
    for (hour, ids) in stretches.scanned() {
        each_record(db, ids, |id, end, cost| stretches.call(id, hour, end, cost))?;
    }
    Ok(stretches.finish())
}

/// Passes every record between two ids, for its key and for each of its accounts: when it ended, and what it cost.
fn each_record(
    db: &Connection,
    [first, end]: [RequestId; 2],
    mut on_record: impl FnMut(AccountId, i64, i64),
) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached(
        "SELECT records.time + total_us, key, accounts, COALESCE(f.charged, cost) AS settled FROM records \
         LEFT JOIN former_costs AS f ON f.request = records.id WHERE id >= ? AND id < ? AND settled > 0",
    )?;
    let mut rows = query.query([id_bytes(first.0), id_bytes(end.0)])?;
    while let Some(row) = rows.next()? {
        let (end, cost) = (row.get(0)?, row.get(3)?);
        if let Some(key) = row.get::<_, Option<[u8; 16]>>(1)? {
            on_record(key_of(&key), end, cost);
        }
        for account in each(row.get_ref(2)?.as_blob_or_null()?.unwrap_or_default()) {
            if let Some(id) = account_of(account) {
                on_record(id, end, cost);
            }
        }
    }
    Ok(())
}

fn key_of(bytes: &[u8; 16]) -> AccountId {
    AccountId { level: Level::Key, number: u128::from_be_bytes(*bytes) }
}

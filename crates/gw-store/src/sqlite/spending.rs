//! What was spent in stretches of time: whole hours from the hourly sums, the hours at both ends from the records.
//! Serves the restoration of budgets. All sums must be written before.

use super::account_sums::ALL_HOURS;
use super::row::id_bytes;
use super::sums::{ALL_DAYS, HOUR_US};
use crate::accounts::{AccountBytes, account_of, bytes_of, each};
use crate::types::{Spending, SpendingOf};
use ahash::AHashMap;
use gw_model::{AccountId, Level, Micros, NanoUsd, RequestId};
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use std::collections::{BTreeMap, BTreeSet};

/// Hours that are read record by record, at most; further ones count whole.
const MAX_SCANNED_HOURS: usize = 64;
/// So many accounts are looked up one by one; of more, all rows are read.
const FEW: usize = 8;
/// Records are looked for that began so long before the hour in which they ended. What lasted longer counts at the end
/// of the hour.
const LONGEST_CALL_US: i64 = HOUR_US;
/// An id is made a moment before or after its record's time is taken.
const SLACK_US: i64 = 60_000_000;
/// Pieces are no finer than that.
const PIECE_US: i64 = 1_000_000;

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
    fn has(&self, id: AccountId) -> bool {
        (id.level == Level::Key) == self.of_keys
    }

    /// Nano-dollars of one account in an hour, or ever.
    fn cost(&self, db: &Connection, sql: &str, at: i64, id: AccountId) -> rusqlite::Result<Option<i64>> {
        let (key, account) = (id_bytes(id.number), bytes_of(id));
        let id: &dyn ToSql = if self.of_keys { &key } else { &account };
        let mut query = db.prepare_cached(sql)?;
        Ok(query.query_row(params![at, id], |row| row.get(0)).optional()?.flatten())
    }

    fn total(&self, db: &Connection, id: AccountId) -> rusqlite::Result<NanoUsd> {
        Ok(money(self.cost(db, self.total, self.every, id)?.unwrap_or(0)))
    }

    /// Passes every hour of these accounts from the first on.
    fn hours(
        &self,
        db: &Connection,
        first: i64,
        ids: &[AccountId],
        mut on_hour: impl FnMut(AccountId, i64, i64),
    ) -> rusqlite::Result<()> {
        if ids.len() > FEW {
            return self.all_hours(db, first, on_hour);
        }
        let latest: Option<i64> = db.prepare_cached(self.latest)?.query_row([], |row| row.get(0))?;
        for id in ids {
            for hour in first..=latest.unwrap_or(i64::MIN) {
                if let Some(cost) = self.cost(db, self.one, hour, *id)? {
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
                on_hour(id, row.get(1)?, row.get(2)?);
            }
        }
        Ok(())
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
    let Some(id) = of else {
        ACCOUNTS.all_hours(db, first, &mut on_hour)?;
        let mut query = db.prepare_cached("SELECT account, cost FROM account_usage WHERE hour = ?")?;
        let mut rows = query.query([ALL_HOURS])?;
        while let Some(row) = rows.next()? {
            let bytes: AccountBytes = row.get(0)?;
            if let Some(id) = account_of(&bytes) {
                on_hour(id, ALL_HOURS, row.get(1)?);
            }
        }
        return Ok(());
    };
    if let Some(cost) = ACCOUNTS.cost(db, ACCOUNTS.total, ALL_HOURS, id)? {
        on_hour(id, ALL_HOURS, cost);
        ACCOUNTS.hours(db, first, &[id], on_hour)?;
    }
    Ok(())
}

/// Answers what was spent in each stretch.
pub(super) fn read(db: &Connection, of: &[SpendingOf]) -> rusqlite::Result<Vec<Spending>> {
    let scanned = scanned_hours(of);
    let mut stretches: Vec<Stretch> = of.iter().map(|of| Stretch::new(*of, &scanned)).collect();
    let mut places: AHashMap<AccountId, Vec<usize>> = AHashMap::new();
    for (place, of) in of.iter().enumerate() {
        places.entry(of.account).or_default().push(place);
    }
    let first = of.iter().map(|of| of.from.div_euclid(HOUR_US)).min().unwrap_or(0).max(0);
    for source in [KEYS, ACCOUNTS] {
        let ids: Vec<AccountId> = places.keys().copied().filter(|id| source.has(*id)).collect();
        if ids.is_empty() {
            continue;
        }
        source.hours(db, first, &ids, |id, hour, cost| {
            for place in places.get(&id).into_iter().flatten() {
                stretches[*place].hour(hour, cost);
            }
        })?;
        for id in ids {
            let total = source.total(db, id)?;
            for place in places.get(&id).into_iter().flatten() {
                stretches[*place].spending.total = total;
            }
        }
    }
    for hour in scanned {
        each_record(db, hour, |id, end, cost| {
            for place in places.get(&id).into_iter().flatten() {
                stretches[*place].call(hour, end, cost);
            }
        })?;
    }
    Ok(stretches.into_iter().map(Stretch::finish).collect())
}

/// The hours at the ends of stretches, those at which they end before others.
fn scanned_hours(of: &[SpendingOf]) -> BTreeSet<i64> {
    let ends = of.iter().map(|of| of.until);
    let starts = of.iter().map(|of| of.from).filter(|from| from.rem_euclid(HOUR_US) != 0);
    let mut hours = BTreeSet::new();
    for time in ends.chain(starts) {
        if hours.len() < MAX_SCANNED_HOURS {
            hours.insert(time.div_euclid(HOUR_US));
        }
    }
    hours
}

/// Passes every record that ended in an hour, for its key and for each of its accounts.
fn each_record(
    db: &Connection,
    hour: i64,
    mut on_record: impl FnMut(AccountId, Micros, i64),
) -> rusqlite::Result<()> {
    let start = hour.saturating_mul(HOUR_US);
    let id = |time: i64| id_bytes(RequestId::lower_bound(time.max(0)).0);
    let mut query = db.prepare_cached(
        "SELECT time + total_us, key, accounts, cost FROM records WHERE id >= ? AND id < ? AND cost > 0",
    )?;
    let ids = params![id(start - LONGEST_CALL_US - SLACK_US), id(start + HOUR_US + SLACK_US)];
    let mut rows = query.query(ids)?;
    while let Some(row) = rows.next()? {
        let end: i64 = row.get(0)?;
        if end.div_euclid(HOUR_US) != hour {
            continue;
        }
        let cost = row.get(3)?;
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

/// A stretch while it is read.
struct Stretch {
    of: SpendingOf,
    first: i64,
    last: i64,
    /// Of the hours that are read record by record: the sum of the hour, and of the records found.
    ends: BTreeMap<i64, [i64; 2]>,
    spending: Spending,
}

impl Stretch {
    fn new(of: SpendingOf, scanned: &BTreeSet<i64>) -> Self {
        let (first, last) = (of.from.div_euclid(HOUR_US), of.until.div_euclid(HOUR_US));
        let start = (of.from.rem_euclid(HOUR_US) != 0).then_some(first);
        let ends = start.into_iter().chain([last]).filter(|hour| scanned.contains(hour));
        let ends = ends.map(|hour| (hour, [0; 2])).collect();
        Self { of, first, last, ends, spending: Spending::default() }
    }

    fn hour(&mut self, hour: i64, cost: i64) {
        if let Some([sum, _]) = self.ends.get_mut(&hour) {
            *sum = cost;
        } else if hour > self.last {
            self.spending.later = self.spending.later.plus(money(cost));
        } else if hour >= self.first {
            self.at_end_of(hour, cost);
        }
    }

    fn call(&mut self, hour: i64, end: Micros, cost: i64) {
        let Some([_, found]) = self.ends.get_mut(&hour) else { return };
        *found = found.saturating_add(cost);
        if end > self.of.until {
            self.spending.later = self.spending.later.plus(money(cost));
        } else if end >= self.of.from {
            self.spending.pieces.push((end, money(cost)));
        }
    }

    fn at_end_of(&mut self, hour: i64, cost: i64) {
        let end = (hour + 1).saturating_mul(HOUR_US) - 1;
        self.spending.pieces.push((end.min(self.of.until), money(cost)));
    }

    fn finish(mut self) -> Spending {
        for (hour, [sum, found]) in std::mem::take(&mut self.ends) {
            if sum > found {
                self.at_end_of(hour, sum - found);
            }
        }
        let mut pieces = std::mem::take(&mut self.spending.pieces);
        pieces.sort_unstable_by_key(|(at, _)| *at);
        pieces.dedup_by(|later, earlier| {
            let is_same = later.0.div_euclid(PIECE_US) == earlier.0.div_euclid(PIECE_US);
            if is_same {
                *earlier = (later.0, earlier.1.plus(later.1));
            }
            is_same
        });
        Spending { pieces, ..self.spending }
    }
}

fn key_of(bytes: &[u8; 16]) -> AccountId {
    AccountId { level: Level::Key, number: u128::from_be_bytes(*bytes) }
}

/// Sums are never negative once all is summed up.
fn money(cost: i64) -> NanoUsd {
    NanoUsd(u64::try_from(cost).unwrap_or(0))
}

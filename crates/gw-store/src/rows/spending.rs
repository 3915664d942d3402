//! What was spent in stretches of time, put together of what a database knows: whole hours from the hourly sums, the
//! hours at both ends from the records. Serves the restoration of budgets. It must not know a statement of SQL.

use super::sums::HOUR_US;
use crate::types::{Spending, SpendingOf};
use ahash::AHashMap;
use gw_model::{AccountId, Level, Micros, NanoUsd, RequestId};
use std::collections::{BTreeMap, BTreeSet};

/// Hours that are read record by record, at most; further ones count whole.
const MAX_SCANNED_HOURS: usize = 64;
/// Records are looked for that began so long before the hour in which they ended. What lasted longer counts at the end
/// of the hour.
const LONGEST_CALL_US: i64 = HOUR_US;
/// An id is made a moment before or after its record's time is taken.
const SLACK_US: i64 = 60_000_000;
/// Pieces are no finer than that.
const PIECE_US: i64 = 1_000_000;

/// The stretches of one question. They are told every hour of their accounts from the first on, the sum of each account,
/// and every record that ended in one of the hours at the ends.
pub(crate) struct Stretches {
    all: Vec<Stretch>,
    places: AHashMap<AccountId, Vec<usize>>,
    scanned: BTreeSet<i64>,
}

impl Stretches {
    pub(crate) fn new(of: &[SpendingOf]) -> Self {
        let scanned = scanned_hours(of);
        let mut places: AHashMap<AccountId, Vec<usize>> = AHashMap::new();
        for (place, of) in of.iter().enumerate() {
            places.entry(of.account).or_default().push(place);
        }
        Self { all: of.iter().map(|of| Stretch::new(*of, &scanned)).collect(), places, scanned }
    }

    /// The first hour that matters.
    pub(crate) fn first_hour(&self) -> i64 {
        self.all.iter().map(|one| one.first).min().unwrap_or(0).max(0)
    }

    /// The keys among the accounts, or the others.
    pub(crate) fn accounts(&self, of_keys: bool) -> Vec<AccountId> {
        self.places.keys().copied().filter(|id| (id.level == Level::Key) == of_keys).collect()
    }

    /// The hours whose records are to be told, each with the ids between which those stand.
    pub(crate) fn scanned(&self) -> Vec<(i64, [RequestId; 2])> {
        let id = |time: i64| RequestId::lower_bound(time.max(0));
        let ids = |start: i64| [id(start - LONGEST_CALL_US - SLACK_US), id(start + HOUR_US + SLACK_US)];
        self.scanned.iter().map(|hour| (*hour, ids(hour.saturating_mul(HOUR_US)))).collect()
    }

    /// What an account spent in an hour.
    pub(crate) fn hour(&mut self, id: AccountId, hour: i64, cost: i64) {
        self.each(id, |one| one.hour(hour, cost));
    }

    /// What an account spent ever.
    pub(crate) fn total(&mut self, id: AccountId, cost: i64) {
        self.each(id, |one| one.spending.total = money(cost));
    }

    /// What a call of an account cost that ended in a scanned hour. Others are passed over.
    pub(crate) fn call(&mut self, id: AccountId, hour: i64, end: Micros, cost: i64) {
        if end.div_euclid(HOUR_US) == hour {
            self.each(id, |one| one.call(hour, end, cost));
        }
    }

    fn each(&mut self, id: AccountId, mut act: impl FnMut(&mut Stretch)) {
        for place in self.places.get(&id).into_iter().flatten() {
            if let Some(one) = self.all.get_mut(*place) {
                act(one);
            }
        }
    }

    /// What was spent in each stretch, in the order of the question.
    pub(crate) fn finish(self) -> Vec<Spending> {
        self.all.into_iter().map(Stretch::finish).collect()
    }
}

/// The hours at the ends of stretches and where they are cut, those at which they end before others.
fn scanned_hours(of: &[SpendingOf]) -> BTreeSet<i64> {
    let ends = of.iter().map(|of| of.until).filter(|until| !is_end_of_hour(*until));
    let starts = of.iter().flat_map(|of| [of.from, of.cut]).filter(|from| from.rem_euclid(HOUR_US) != 0);
    let mut hours = BTreeSet::new();
    for time in ends.chain(starts) {
        if hours.len() < MAX_SCANNED_HOURS {
            hours.insert(time.div_euclid(HOUR_US));
        }
    }
    hours
}

/// An hour that counts to its end need not be read record by record.
const fn is_end_of_hour(until: Micros) -> bool {
    until.rem_euclid(HOUR_US) == HOUR_US - 1
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
        let begins = |at: Micros| (at.rem_euclid(HOUR_US) != 0).then(|| at.div_euclid(HOUR_US));
        let end = (!is_end_of_hour(of.until)).then_some(last);
        let ends = begins(of.from)
            .into_iter()
            .chain(begins(of.cut))
            .chain(end)
            .filter(|hour| scanned.contains(hour));
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

/// Sums are never negative once all is summed up.
fn money(cost: i64) -> NanoUsd {
    NanoUsd(u64::try_from(cost).unwrap_or(0))
}

//! Which rows of `spent` count in which window of a budget.

use super::sums::ALL_DAYS;
use crate::accounts::account_of;
use crate::memory::SpentByPeriod;
use ahash::AHashMap;
use gw_model::limits::Period;
use gw_model::{AccountId, Micros, NanoUsd};

pub(super) const DAY_US: i64 = 86_400_000_000;

/// The periods of days, weeks and months, and where the window before begins.
fn windows(now: Micros) -> [(Micros, Micros); 3] {
    [Period::Day, Period::Week, Period::Month].map(|period| {
        let start = period.window_start(now);
        (start, period.window_start(start.saturating_sub(1)))
    })
}

/// The first day, since 1970, that counts in some window that holds `now`, or in the one before.
pub(crate) fn first_day(now: Micros) -> i64 {
    windows(now).into_iter().map(|(_, before)| before).min().unwrap_or(now).div_euclid(DAY_US)
}

/// Adds a row, of a day or of all days, to the windows that hold `now` and those before them.
pub(crate) fn add_spent(spent: &mut SpentByPeriod, now: Micros, day: i64, cost: i64) {
    let add = |sum: &mut NanoUsd| *sum = NanoUsd(sum.0.saturating_add_signed(cost));
    if day == ALL_DAYS {
        add(&mut spent.total);
        return;
    }
    let time = day.saturating_mul(DAY_US);
    let [of_day, of_week, of_month] = &mut spent.before;
    let sums = [(&mut spent.day, of_day), (&mut spent.week, of_week), (&mut spent.month, of_month)];
    for ((start, start_before), (sum, before)) in windows(now).into_iter().zip(sums) {
        if time >= start {
            add(sum);
        } else if time >= start_before {
            add(before);
        }
    }
}

/// What usage has that budgets have not: what past calls were found afterwards to cost more or less, by account and hour.
#[derive(Debug, Default)]
pub(crate) struct Apart(AHashMap<(AccountId, i64), i64>);

impl Apart {
    /// Takes up a row.
    pub(crate) fn add(&mut self, account: &[u8], hour: i64, cost: i64) {
        if let Some(id) = account.try_into().ok().and_then(account_of) {
            self.0.insert((id, hour), cost);
        }
    }

    /// Of an account in an hour.
    pub(crate) fn of(&self, id: AccountId, hour: i64) -> i64 {
        self.0.get(&(id, hour)).copied().unwrap_or(0)
    }

    /// All of it.
    pub(crate) fn each(&self) -> impl Iterator<Item = (AccountId, i64, i64)> {
        self.0.iter().map(|((id, hour), cost)| (*id, *hour, *cost))
    }
}

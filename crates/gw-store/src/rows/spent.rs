//! Which rows of `spent` count in which window of a budget.

use super::sums::ALL_DAYS;
use crate::memory::SpentByPeriod;
use gw_model::limits::Period;
use gw_model::{Micros, NanoUsd};

pub(super) const DAY_US: i64 = 86_400_000_000;

/// The first day, since 1970, that counts in some window that holds `now`.
pub(crate) fn first_day(now: Micros) -> i64 {
    Period::Month.window_start(now).min(Period::Week.window_start(now)).div_euclid(DAY_US)
}

/// Adds a row, of a day or of all days, to the windows that hold `now`.
pub(crate) fn add_spent(spent: &mut SpentByPeriod, now: Micros, day: i64, cost: i64) {
    let add = |sum: &mut NanoUsd| *sum = NanoUsd(sum.0.saturating_add_signed(cost));
    if day == ALL_DAYS {
        add(&mut spent.total);
        return;
    }
    let time = day.saturating_mul(DAY_US);
    for (period, sum) in
        [(Period::Day, &mut spent.day), (Period::Week, &mut spent.week), (Period::Month, &mut spent.month)]
    {
        if time >= period.window_start(now) {
            add(sum);
        }
    }
}

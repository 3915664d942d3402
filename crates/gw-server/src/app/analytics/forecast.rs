//! What a month's spending comes to if it goes on as in the last days: what was spent so far, and for the rest of the month
//! the mean of the last seven whole days. Where there are fewer, of those; before the first day is over, of the hours so far,
//! and nothing is said before there are some of them. Neither weekdays nor growth are looked at. It must not be taken for a bound.

use super::{DAY, HOUR};
use gw_model::limits::Period;
use gw_model::{Micros, NanoUsd};
use gw_store::analytics::{RollupFilter, RollupQuery, RollupRow, Span};

/// Hours of a day by which it is judged where there is no other. What is spent in a few minutes says nothing of a month.
pub(crate) const FEWEST_HOURS: i64 = 6;

/// Days that are looked at.
pub(crate) const DAYS: i64 = 7;

/// The name of the method in answers.
pub(crate) const METHOD: &str = "mean_of_last_7_days";

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forecast {
    pub(crate) from: Micros,
    pub(crate) to: Micros,
    pub(crate) spent: NanoUsd,
    /// What it comes to at the end; not less than what is spent. None where it is too early to say.
    pub(crate) expected: Option<NanoUsd>,
}

/// The days that it is made of.
pub(super) fn days_of_month(filter: &RollupFilter, now: Micros) -> RollupQuery {
    let (from, today) = (Period::Month.window_start(now), now.div_euclid(DAY) * DAY);
    RollupQuery {
        by_time: true,
        filter: filter.clone(),
        ..RollupQuery::over(Span::Day, from.min(today - DAYS * DAY), today + DAY)
    }
}

/// Of the calendar month that holds `now`.
pub(super) fn spending_of_month(days: &[RollupRow], now: Micros) -> Forecast {
    let from = Period::Month.window_start(now);
    let to = Period::Month.window_end(from).unwrap_or(now);
    let today = now.div_euclid(DAY) * DAY;
    let days: Vec<(Micros, i64)> = days.iter().map(|row| (row.start, row.sums.cost)).collect();
    let spent = days.iter().filter(|(day, _)| *day >= from).map(|(_, cost)| *cost).sum::<i64>();
    let daily = daily(&days, today, now);
    let left = i128::from(to - now);
    let money = |amount: i128| NanoUsd(u64::try_from(amount.max(0)).unwrap_or(u64::MAX));
    let whole = |daily| money(i128::from(spent) + i128::from(daily) * left / i128::from(DAY));
    Forecast { from, to, spent: money(spent.into()), expected: daily.map(whole) }
}

/// What a day costs, by the days before today since the first with calls; else by today so far. None where
/// that is too little to say it.
pub(crate) fn daily(days: &[(Micros, i64)], today: Micros, now: Micros) -> Option<i64> {
    let before = |day: Micros| day < today && day >= today - DAYS * DAY;
    let first = days.iter().map(|(day, _)| *day).filter(|day| before(*day)).min();
    match first {
        Some(first) => {
            let sum: i64 = days.iter().filter(|(day, _)| before(*day)).map(|(_, cost)| *cost).sum();
            Some(sum / ((today - first) / DAY).max(1))
        }
        None => {
            let sum: i64 = days.iter().filter(|(day, _)| *day == today).map(|(_, cost)| *cost).sum();
            let hours = (now - today + HOUR - 1) / HOUR;
            let is_early = now - today < FEWEST_HOURS * HOUR;
            (sum == 0 || !is_early).then(|| sum.saturating_mul(24) / hours.max(1))
        }
    }
}

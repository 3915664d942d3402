//! What a month's spending comes to if it goes on as in the last days: what was spent so far, and for the rest of the month
//! the mean of the last seven whole days. Where there are fewer, of those; before the first day is over, of the hours so far.
//! Neither weekdays nor growth are looked at. It must not be taken for a bound.

use super::{DAY, HOUR};
use gw_model::limits::Period;
use gw_model::{Micros, NanoUsd};
use gw_store::StoreError;
use gw_store::analytics::{RollupFilter, RollupQuery, Span};
use gw_store::traits::Analytics;

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
    /// What it comes to at the end; not less than what is spent.
    pub(crate) expected: NanoUsd,
}

/// Of the calendar month that holds `now`.
pub(crate) fn spending_of_month(
    database: &(impl Analytics + ?Sized),
    filter: &RollupFilter,
    now: Micros,
) -> Result<Forecast, StoreError> {
    let from = Period::Month.window_start(now);
    let to = Period::Month.window_end(from).unwrap_or(now);
    let today = now.div_euclid(DAY) * DAY;
    let query = |from, to| RollupQuery {
        by_time: true,
        filter: filter.clone(),
        ..RollupQuery::over(Span::Day, from, to)
    };
    let days = database.rollups(&query(from.min(today - DAYS * DAY), today + DAY))?;
    let days: Vec<(Micros, i64)> = days.iter().map(|row| (row.start, row.sums.cost)).collect();
    let spent = days.iter().filter(|(day, _)| *day >= from).map(|(_, cost)| *cost).sum::<i64>();
    let daily = daily(&days, today, now);
    let left = i128::from(to - now);
    let more = i128::from(daily) * left / i128::from(DAY);
    let money = |amount: i128| NanoUsd(u64::try_from(amount.max(0)).unwrap_or(u64::MAX));
    Ok(Forecast { from, to, spent: money(spent.into()), expected: money(i128::from(spent) + more) })
}

/// What a day costs, by the days before today since the first with calls; else by today so far.
pub(crate) fn daily(days: &[(Micros, i64)], today: Micros, now: Micros) -> i64 {
    let before = |day: Micros| day < today && day >= today - DAYS * DAY;
    let first = days.iter().map(|(day, _)| *day).filter(|day| before(*day)).min();
    match first {
        Some(first) => {
            let sum: i64 = days.iter().filter(|(day, _)| before(*day)).map(|(_, cost)| *cost).sum();
            sum / ((today - first) / DAY).max(1)
        }
        None => {
            let sum: i64 = days.iter().filter(|(day, _)| *day == today).map(|(_, cost)| *cost).sum();
            let hours = ((now - today + HOUR - 1) / HOUR).max(1);
            sum.saturating_mul(24) / hours
        }
    }
}

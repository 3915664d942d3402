//! Reports for whoever pays: what each team, project or customer used and what it cost, month by month. It must not decide who
//! sees what: whoever asks says it.

mod csv;
pub(crate) mod reconcile;

pub(crate) use csv::{csv, lines as csv_lines};

use gw_model::limits::Period;
use gw_model::{Micros, time};
use gw_store::types::UsageRow;

/// Most months of one report.
pub(crate) const MAX_MONTHS: usize = 60;

/// What one of them used in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChargebackRow {
    /// As `2026-11`.
    pub(crate) month: String,
    pub(crate) usage: UsageRow,
}

/// The calendar months, in UTC, that a time from one to another touches, each as far as it does; `None` when there are too
/// many.
pub(crate) fn months(from: Micros, to: Micros) -> Option<Vec<(Micros, Micros)>> {
    let mut months = Vec::new();
    let mut start = from;
    while start < to {
        if months.len() == MAX_MONTHS {
            return None;
        }
        let end = Period::Month.window_end(Period::Month.window_start(start))?.min(to);
        months.push((start, end));
        start = end;
    }
    Some(months)
}

/// The report, by months and within them as usage is listed, which is what `summed` does from a time to another.
pub(crate) fn chargeback<E>(
    months: &[(Micros, Micros)],
    summed: impl Fn(Micros, Micros) -> Result<Vec<UsageRow>, E>,
) -> Result<Vec<ChargebackRow>, E> {
    let mut rows = Vec::new();
    for (from, to) in months {
        let month: String = time::format_date(*from).chars().take(7).collect();
        let found = summed(*from, *to)?.into_iter();
        rows.extend(found.map(|usage| ChargebackRow { month: month.clone(), usage }));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;

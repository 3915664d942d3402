//! Charts and figures out of roll-ups: time series, an overview, and what the spending of a month comes to. It must not
//! decide who sees what: a filter says it.

mod forecast;
mod metric;
mod overview;
mod prune;
mod timeseries;

pub(crate) use forecast::{DAYS as FORECAST_DAYS, Forecast, METHOD as FORECAST_METHOD, daily};
pub(crate) use metric::{Figure, Metric};
pub(crate) use overview::{Overview, Top, overview};
pub(crate) use prune::prune;
pub(crate) use timeseries::{
    MOST_SUMS, RECORDS_LIMIT, Source, Timeseries, TimeseriesAsk, TimeseriesError, timeseries,
};

use gw_model::Micros;
use gw_store::analytics::Span;

const HOUR: Micros = 3_600_000_000;
const DAY: Micros = 24 * HOUR;

/// Stretches of at most so long are read by minutes, and by hours.
const BY_MINUTES: Micros = 2 * HOUR;
const BY_HOURS: Micros = 8 * DAY;

/// The longest spans of which a stretch has enough to be shown, and no more than need be read.
pub(crate) const fn span_of(from: Micros, to: Micros) -> Span {
    match to.saturating_sub(from) {
        length if length <= BY_MINUTES => Span::Minute,
        length if length <= BY_HOURS => Span::Hour,
        _ => Span::Day,
    }
}

/// A stretch, made longer until it is whole spans.
pub(crate) const fn whole(span: Span, from: Micros, to: Micros) -> (Micros, Micros) {
    let us = span.us();
    (from.div_euclid(us) * us, to.saturating_add(us - 1).div_euclid(us) * us)
}

#[cfg(test)]
mod tests;

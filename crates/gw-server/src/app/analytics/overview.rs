//! The figures of a stretch of time beside those of the stretch before: traffic, money, failures, durations, and who and
//! what is behind most of it.

use super::forecast::{Forecast, days_of_month, spending_of_month};
use super::{span_of, whole};
use gw_model::Micros;
use gw_store::StoreError;
use gw_store::analytics::{RollupBy, RollupFilter, RollupQuery, RollupRow, Span};
use gw_store::traits::Analytics;

/// Rows of each list of the greatest.
const MOST: usize = 5;

/// What the greatest are told of, and the ways to end.
const TOP: [RollupBy; 4] = [RollupBy::Model, RollupBy::Provider, RollupBy::Team, RollupBy::Key];
const ENDINGS: [RollupBy; 2] = [RollupBy::Outcome, RollupBy::Error];

/// The greatest of a dimension, by cost and then by requests.
#[derive(Clone, Debug)]
pub(crate) struct Top {
    pub(crate) by: RollupBy,
    pub(crate) rows: Vec<RollupRow>,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Overview {
    pub(crate) span: Span,
    pub(crate) from: Micros,
    pub(crate) to: Micros,
    pub(crate) now: RollupRow,
    pub(crate) before: RollupRow,
    /// Requests that the gateway's cache answered, now and before.
    pub(crate) cache_hits: [i64; 2],
    pub(crate) top: Vec<Top>,
    /// All endings, and all error codes.
    pub(crate) endings: Vec<Top>,
    pub(crate) forecast: Forecast,
}

/// Reads it.
pub(crate) fn overview(
    database: &(impl Analytics + ?Sized),
    filter: &RollupFilter,
    (from, to): (Micros, Micros),
    clock: Micros,
) -> Result<Overview, StoreError> {
    let span = span_of(from, to);
    let (from, to) = whole(span, from, to);
    let earlier = from - (to - from);
    let ask = |from, to, group_by, with_latency| {
        let filter = filter.clone();
        RollupQuery { group_by, filter, with_latency, ..RollupQuery::over(span, from, to) }
    };
    let mut queries = vec![
        ask(from, to, None, true),
        ask(earlier, from, None, true),
        ask(from, to, Some(RollupBy::Cache), false),
        ask(earlier, from, Some(RollupBy::Cache), false),
    ];
    queries.extend(TOP.into_iter().chain(ENDINGS).map(|by| ask(from, to, Some(by), false)));
    queries.push(days_of_month(filter, clock));
    // All of it as of one moment, so that the figures agree.
    let mut answers = database.rollups_together(&queries)?.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let (now, before) = (next().pop().unwrap_or_default(), next().pop().unwrap_or_default());
    let cache_hits = [hits(&next()), hits(&next())];
    let mut top = Vec::new();
    for by in TOP {
        let mut rows = next();
        rows.retain(|row| row.value.as_deref().is_some_and(|value| !value.is_empty()));
        rows.sort_by_key(|row| std::cmp::Reverse((row.sums.cost, row.sums.requests)));
        rows.truncate(MOST);
        top.push(Top { by, rows });
    }
    let mut endings = Vec::new();
    for by in ENDINGS {
        let mut rows = next();
        rows.retain(|row| row.sums.requests != 0 && row.value.as_deref() != Some(""));
        endings.push(Top { by, rows });
    }
    let forecast = spending_of_month(&next(), clock);
    Ok(Overview { span, from, to, now, before, cache_hits, top, endings, forecast })
}

/// Requests that the gateway's cache answered.
fn hits(rows: &[RollupRow]) -> i64 {
    let is_hit = |row: &&RollupRow| row.value.as_deref().is_some_and(|value| value.ends_with("hit"));
    rows.iter().filter(is_hit).map(|row| row.sums.requests).sum()
}

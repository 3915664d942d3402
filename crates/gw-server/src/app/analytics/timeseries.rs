//! One figure or several over time, for each value of a dimension: those that matter most have a line, the others one
//! together.

use super::metric::{Figure, Metric};
use super::whole;
use gw_model::Micros;
use gw_store::StoreError;
use gw_store::analytics::{
    RecordSums, RollupBy, RollupFilter, RollupQuery, RollupRow, Span, SumBounds, sum_records,
};
use gw_store::traits::{Analytics, Reports};
use gw_store::types::LogFilter;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long records are read for one question; those that began long before they ended, as long again at most.
pub(crate) const RECORDS_LIMIT: Duration = Duration::from_secs(2);
/// Most sums of them, each of a span and a value: some 50 MiB.
pub(crate) const MOST_SUMS: usize = 100_000;

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct TimeseriesAsk {
    pub(crate) metrics: Vec<Metric>,
    pub(crate) group_by: Option<RollupBy>,
    pub(crate) span: Span,
    pub(crate) from: Micros,
    pub(crate) to: Micros,
    pub(crate) filter: RollupFilter,
    pub(crate) source: Source,
    /// Lines besides the one of all others.
    pub(crate) most_lines: usize,
    /// The one value that is asked for; then there are no others.
    pub(crate) value: Option<String>,
}

/// Where figures come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// From sums that are kept.
    Kept,
    /// From those of one value of a dimension that is summed up by itself.
    Apart(RollupBy, String),
    /// From records that are this too: no sums are kept that tell it.
    Records(Box<LogFilter>),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum TimeseriesError {
    /// The database cannot be read.
    Store(StoreError),
    /// There were more records than could be read: those since then were.
    Unfinished(Micros),
}

impl From<StoreError> for TimeseriesError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The figures of one value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// `None` for all others.
    pub(crate) value: Option<String>,
    /// Of the whole time, in the order of the metrics.
    pub(crate) total: Vec<Figure>,
    /// Of each span, in the order of time; so are the metrics in each.
    pub(crate) points: Vec<Vec<Figure>>,
}

/// The answer.
#[derive(Clone, Debug)]
pub(crate) struct Timeseries {
    pub(crate) from: Micros,
    pub(crate) to: Micros,
    /// When spans begin.
    pub(crate) times: Vec<Micros>,
    pub(crate) lines: Vec<Line>,
}

/// Reads it. `sees` says which values may be shown, where the filter does not say it.
pub(crate) fn timeseries(
    database: &(impl Analytics + Reports + ?Sized),
    ask: &TimeseriesAsk,
    sees: &dyn Fn(&str) -> bool,
) -> Result<Timeseries, TimeseriesError> {
    let (from, to) = whole(ask.span, ask.from, ask.to);
    let query = RollupQuery {
        span: ask.span,
        from,
        to,
        by_time: false,
        group_by: ask.group_by,
        only: ask.value.clone().map(|value| vec![value]),
        filter: ask.filter.clone(),
        with_latency: ask.metrics.iter().any(|metric| metric.is_duration()),
    };
    let reader = reader(database, &ask.source, &query)?;
    let (lines, others_are_seen) = values(&reader, ask, &query, sees)?;
    let times: Vec<Micros> = (from..to).step_by(usize::try_from(ask.span.us()).unwrap_or(1)).collect();
    let only = ask.group_by.map(|_| lines.iter().filter_map(|(value, _)| value.clone()).collect());
    let mut by_value: BTreeMap<Option<String>, BTreeMap<Micros, Vec<Figure>>> = BTreeMap::new();
    for row in reader.rollups(&RollupQuery { by_time: true, only, ..query })? {
        let figures = figures(&ask.metrics, &row);
        by_value.entry(row.value).or_default().insert(row.start, figures);
    }
    let zero: Vec<Figure> = ask.metrics.iter().map(|metric| metric.zero()).collect();
    let lines = if lines.is_empty() && ask.group_by.is_none() {
        // Nothing was called: a line that says so.
        vec![(Some(String::new()), zero.clone())]
    } else {
        lines
    };
    let lines = lines.into_iter().filter(|(value, _)| value.is_some() || others_are_seen);
    let lines = lines.map(|(value, total)| {
        let points = by_value.remove(&value).unwrap_or_default();
        let points = times.iter().map(|time| points.get(time).unwrap_or(&zero).clone()).collect();
        Line { value, total, points }
    });
    Ok(Timeseries { from, to, lines: lines.collect(), times })
}

/// Whoever answers the queries of one question.
enum Reader<'a, D: ?Sized> {
    Kept(&'a D),
    Apart(&'a D, RollupBy, &'a str),
    Records(RecordSums),
}

fn reader<'a, D: Analytics + Reports + ?Sized>(
    database: &'a D,
    source: &'a Source,
    query: &RollupQuery,
) -> Result<Reader<'a, D>, TimeseriesError> {
    Ok(match source {
        Source::Kept => Reader::Kept(database),
        Source::Apart(by, value) => Reader::Apart(database, *by, value),
        Source::Records(more) => {
            let bounds = SumBounds { time: RECORDS_LIMIT, sums: MOST_SUMS };
            // Both what is asked for in all and what is asked for by time is answered from these.
            let by_time = RollupQuery { by_time: true, ..query.clone() };
            let sums = sum_records(database, &by_time, more, bounds, false)?;
            match sums.searched_to {
                Some(searched_to) => return Err(TimeseriesError::Unfinished(searched_to)),
                None => Reader::Records(sums),
            }
        }
    })
}

impl<D: Analytics + ?Sized> Reader<'_, D> {
    fn rollups(&self, query: &RollupQuery) -> Result<Vec<RollupRow>, StoreError> {
        match self {
            Self::Kept(database) => database.rollups(query),
            Self::Apart(database, by, value) => {
                let only = Some(vec![(*value).to_owned()]);
                let query = RollupQuery { group_by: Some(*by), only, ..query.clone() };
                let mut rows = database.rollups(&query)?;
                rows.retain(|row| row.value.is_some());
                // To whoever asked, all that counts is one.
                rows.iter_mut().for_each(|row| row.value = Some(String::new()));
                Ok(rows)
            }
            Self::Records(sums) => Ok(sums.rollups(query)),
        }
    }
}

type Totals = (Option<String>, Vec<Figure>);

/// The values that get a line, with the figures of the whole time, and whether those of all others may be shown.
fn values<D: Analytics + ?Sized>(
    reader: &Reader<'_, D>,
    ask: &TimeseriesAsk,
    query: &RollupQuery,
    sees: &dyn Fn(&str) -> bool,
) -> Result<(Vec<Totals>, bool), StoreError> {
    let mut rows = reader.rollups(query)?;
    if ask.value.is_some() {
        // What is not that value came as one row.
        rows.retain(|row| row.value.is_some());
    }
    let found = rows.len();
    rows.retain(|row| row.value.as_deref().is_none_or(sees));
    let others_are_seen = rows.len() == found;
    let weight = |row: &RollupRow| ask.metrics.first().map_or(0, |metric| metric.weight(row));
    rows.sort_by(|one, other| weight(other).cmp(&weight(one)).then_with(|| one.value.cmp(&other.value)));
    let most = if ask.group_by.is_some() { ask.most_lines } else { 1 };
    let others = rows.split_off(most.min(rows.len()));
    let mut lines: Vec<Totals> =
        rows.into_iter().map(|row| (row.value.clone(), figures(&ask.metrics, &row))).collect();
    if !others.is_empty() {
        let mut rest = RollupRow::default();
        for row in &others {
            rest.sums.add(&row.sums);
            rest.latency.merge(&row.latency);
            rest.first_byte.merge(&row.first_byte);
        }
        lines.push((None, figures(&ask.metrics, &rest)));
    }
    Ok((lines, others_are_seen))
}

fn figures(metrics: &[Metric], row: &RollupRow) -> Vec<Figure> {
    metrics.iter().map(|metric| metric.of(row)).collect()
}

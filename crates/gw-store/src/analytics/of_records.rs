//! Sums over the records themselves, in the form of roll-ups: for what those do not tell apart together, such as the models of one
//! tag. Serves charts, usage and reports. A record counts for as much here as the fold counts it for. It must not know a statement
//! of SQL, nor go on when the time that it was given is over.

use super::query::{Answer, RollupBy, RollupFilter, RollupQuery, RollupRow, Values, value_of};
use super::series::Series;
use crate::accounts::{account_of, each, pack};
use crate::error::StoreError;
use crate::rows::{Counted, Share, Totals, Try, is_error, series_of, signed, tries_of};
use crate::traits::Reports;
use crate::types::{LogFilter, LogRow, Span as Between};
use gw_model::{AccountId, Level, Micros, NanoUsd, WireFormat};
use std::collections::BTreeMap;
use std::time::Duration;

const MINUTE: Micros = 60_000_000;
const DAY: Micros = 86_400_000_000;
/// Calls count when they have ended, and records are found by when they began: those that began so long before are looked at in
/// any case, and of earlier ones, for a day, those that took so long.
const LONG: Micros = 10 * MINUTE;

/// Sums by time and value, as far as they were read.
#[derive(Debug)]
pub struct RecordSums {
    /// Of each span and value.
    rows: Vec<RollupRow>,
    /// The time was up, or there were as many sums as may be: what began before this was not counted.
    pub searched_to: Option<Micros>,
}

/// How far records are added up.
#[derive(Clone, Copy, Debug)]
pub struct SumBounds {
    /// For how long, about twice.
    pub time: Duration,
    /// Most sums, each of a span and a value: a few hundred bytes each.
    pub sums: usize,
}

/// Adds up the records that the query's filter and `more` let through. Of `more`, what the query's
/// filter says too must be left out, and so must times and pages. `labels`: by customer, also those count that are a name only, and
/// calls of none, as in the table of usage.
///
/// # Errors
/// The database cannot be read.
pub fn sum_records(
    database: &(impl Reports + ?Sized),
    query: &RollupQuery,
    more: &LogFilter,
    bounds: SumBounds,
    labels: bool,
) -> Result<RecordSums, StoreError> {
    let query = RollupQuery { only: None, ..query.clone() };
    let (first, end) = query.starts();
    let (from, to) = (first.saturating_mul(query.span.us()), end.saturating_mul(query.span.us()));
    let (values, answer) = (Values::default(), Answer::default());
    let mut sums =
        Summing { query: &query, more, labels, values, answer, most: bounds.sums, at: 0, full_at: None };
    let limit = bounds.time;
    let begun = from.saturating_sub(LONG);
    let recent = coarse(&query.filter, more, (begun, to));
    let mut page = database.search(&recent, Some(limit), &mut |row| sums.take(row))?;
    if page.searched_to.is_none() && sums.full_at.is_none() {
        let long = Between { from: Some(LONG.unsigned_abs()), to: None };
        let earlier = coarse(&query.filter, more, (begun.saturating_sub(DAY), begun));
        let earlier = LogFilter { total_us: long, ..earlier };
        page = database.search(&earlier, Some(limit), &mut |row| sums.take(row))?;
    }
    let searched_to = page.searched_to.map(|id| id.unix_millis().saturating_mul(1000));
    let Summing { values, answer, full_at, .. } = sums;
    let searched_to = searched_to.max(full_at);
    Ok(RecordSums { rows: answer.rows(&query, &values), searched_to })
}

/// The records among which all are that count.
fn coarse(filter: &RollupFilter, more: &LogFilter, (from, to): (Micros, Micros)) -> LogFilter {
    let status = filter.class.map(|class| {
        let first = u64::from(class) * 100;
        Between { from: Some(first), to: Some(first + 99) }
    });
    LogFilter {
        key_id: filter.key_id,
        accounts: filter.accounts.iter().chain(&more.accounts).copied().collect(),
        team_id: filter.team_id.clone(),
        model: filter.model.clone(),
        tried_provider: filter.provider.clone(),
        outcome: filter.outcome,
        error_code: filter.error.clone(),
        cache: filter.cache.clone(),
        seen_from: filter.seen_from.clone(),
        status: status.unwrap_or(more.status),
        // Which attempt went there is known of each.
        upstream_model: None,
        sub_calls: true,
        from: Some(from),
        to: Some(to),
        limit: 1000,
        ..more.clone()
    }
}

impl RecordSums {
    /// The answer to a query of the same spans, dimension and filter, with times told apart or not where they were told apart when
    /// records were added up, and with all values or some.
    #[must_use]
    pub fn rollups(&self, query: &RollupQuery) -> Vec<RollupRow> {
        let mut sums: BTreeMap<(Micros, Option<String>), RollupRow> = BTreeMap::new();
        for row in &self.rows {
            let start = if query.by_time { row.start } else { query.from };
            let is_told = |value: &String| query.only.as_ref().is_none_or(|only| only.contains(value));
            let value = row.value.clone().filter(is_told);
            let sum = sums.entry((start, value.clone())).or_insert_with(|| RollupRow {
                start,
                value,
                ..RollupRow::default()
            });
            sum.sums.add(&row.sums);
            sum.latency.merge(&row.latency);
            sum.first_byte.merge(&row.first_byte);
        }
        sums.into_values().collect()
    }
}

/// Sums that are under way.
struct Summing<'q> {
    query: &'q RollupQuery,
    more: &'q LogFilter,
    labels: bool,
    values: Values,
    answer: Answer,
    most: usize,
    /// When the record began that is being counted.
    at: Micros,
    /// When the first began that there was no room for; none after it is counted, so that what is there is whole.
    full_at: Option<Micros>,
}

impl Summing<'_> {
    /// Counts a record. False: it need not be kept.
    fn take(&mut self, row: &LogRow) -> bool {
        if self.full_at.is_some() {
            return false;
        }
        self.at = row.time;
        let accounts = pack(&row.accounts);
        let guardrails: String = row.verdicts.iter().map(|one| format!("|{}=", one.guardrail)).collect();
        let counted = Counted::listed(row, &accounts, &guardrails);
        let start = counted.end_time.div_euclid(self.query.span.us());
        let (first, end) = self.query.starts();
        if !(first..end).contains(&start) {
            return false;
        }
        let tries = row.tries.as_deref().and_then(tries_of).unwrap_or_default();
        if let [_, .., _] = tries.as_slice() {
            for (number, one) in (1..).zip(&tries) {
                let share = Share {
                    provider: &one.provider,
                    upstream_model: &one.upstream_model,
                    totals: totals_of_try(one),
                };
                self.add(&counted, &share, start, number == tries.len());
            }
        } else {
            self.add(&counted, &Share::whole(&counted, totals_of(row)), start, true);
        }
        false
    }

    fn add(&mut self, counted: &Counted<'_>, share: &Share<'_>, start: i64, is_last: bool) {
        let query = self.query;
        let series = series_of(counted, share.provider);
        let is_other = |wanted: &String| wanted != share.upstream_model;
        if self.more.upstream_model.as_ref().is_some_and(is_other) || !query.filter.takes(&series) {
            return;
        }
        let requests = i64::from(is_last && !counted.is_sub_call);
        let totals = &share.totals;
        let sums = super::Consumption {
            requests,
            errors: requests * i64::from(is_error(counted.outcome)),
            input_tokens: totals.input,
            output_tokens: totals.output,
            cached_tokens: totals.cached,
            cache_write_tokens: totals.cache_write,
            reasoning_tokens: totals.reasoning,
            cost: totals.cost,
            saved: totals.saved,
        };
        let values = match query.group_by {
            Some(RollupBy::Customer) if self.labels => {
                vec![counted.named(Level::Customer, counted.customer).into_owned()]
            }
            by => values_of(by, counted, share, &series),
        };
        for value in values {
            let place = self.values.place(query, value);
            if self.answer.len() >= self.most && !self.answer.has(query, start, place) {
                self.full_at = Some(self.at);
                return;
            }
            let (sum, latency, first_byte) = self.answer.row(query, start, place);
            sum.add(&sums);
            if requests == 1 && Series::is_timed(counted.outcome) {
                latency.add(counted.total_us.unsigned_abs());
                if let Some(first_byte_us) = counted.first_byte_us {
                    first_byte.add(first_byte_us.unsigned_abs());
                }
            }
        }
    }
}

/// What a share of a call counts for: none, one, or several values.
fn values_of(
    group_by: Option<RollupBy>,
    counted: &Counted<'_>,
    share: &Share<'_>,
    series: &Series<'_>,
) -> Vec<String> {
    let of_level = |level: Level| -> Vec<String> {
        let accounts = each(counted.accounts).filter_map(account_of);
        accounts.filter(|id: &AccountId| id.level == level).map(|id| id.to_string()).collect()
    };
    match group_by {
        Some(RollupBy::Customer) => of_level(Level::Customer),
        Some(RollupBy::Tag) => of_level(Level::Tag),
        Some(RollupBy::Format) => vec![counted.format.to_owned()],
        Some(RollupBy::Endpoint) => {
            let format = WireFormat::ALL.iter().find(|format| format.as_str() == counted.format);
            vec![format.map_or("", |format| format.endpoint().as_str()).to_owned()]
        }
        Some(RollupBy::UpstreamModel) => vec![share.upstream_model.to_owned()],
        Some(RollupBy::Region) => vec![counted.region.to_owned()],
        Some(RollupBy::Guardrail) => {
            let mut names: Vec<String> = counted
                .guardrails
                .split('|')
                .filter_map(|one| one.split_once('='))
                .map(|(name, _)| name.to_owned())
                .collect();
            names.sort_unstable();
            // One that found several things is one.
            names.dedup();
            names
        }
        by => vec![value_of(by, series)],
    }
}

fn totals_of(row: &LogRow) -> Totals {
    Totals {
        input: signed(row.input_tokens),
        output: signed(row.output_tokens),
        cached: signed(row.cached_tokens),
        cache_write: signed(row.cache_write_tokens),
        reasoning: signed(row.reasoning_tokens),
        cost: signed(row.cost.0),
        saved: signed(row.saved.0),
    }
}

fn totals_of_try(one: &Try) -> Totals {
    Totals {
        input: signed(one.input_tokens),
        output: signed(one.output_tokens),
        cached: signed(one.cached_tokens),
        cache_write: signed(one.cache_write_tokens.saturating_add(one.cache_write_1h_tokens)),
        reasoning: signed(one.reasoning_tokens),
        // The amount was written by this program; it is a decimal.
        cost: signed(NanoUsd::parse_usd(&one.cost_usd).unwrap_or_default().0),
        saved: 0,
    }
}

//! What records add to roll-ups: gathered by minute and series, and at the end spread over minutes, hours and days. Serves
//! the fold. It must not touch a database: a store writes what it is handed.

use super::places::Places;
use super::record::Totals;
use super::sums::{Counted, UsageSum};
use crate::analytics::{Consumption, Fold, RollupLimits, Series, Sketch, Span};
use crate::journal::outcome_code;
use ahash::{AHashMap, AHashSet};
use std::collections::BTreeMap;

const MINUTE_US: i64 = 60_000_000;

/// What calls of one series add up to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rollup {
    pub(crate) sums: Consumption,
    pub(crate) latency: Sketch,
    pub(crate) first_byte: Sketch,
}

impl Rollup {
    fn merge(&mut self, other: &Self) {
        self.sums.add(&other.sums);
        self.latency.merge(&other.latency);
        self.first_byte.merge(&other.first_byte);
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Rollups {
    cells: AHashMap<(i64, u32), Rollup>,
    series: Places,
}

/// A row of `rollups`: kind, start in spans since 1970, series.
pub(crate) type RollupPlace = (i16, i64, i64);

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct RollupRows {
    /// In the order of the primary key.
    pub(crate) rows: BTreeMap<RollupPlace, Rollup>,
    /// The series of the rows, each with its packed form and the first minute that it was seen in.
    pub(crate) series: BTreeMap<i64, (Vec<u8>, i64)>,
}

impl Rollups {
    /// Counts what `usage` counts of a share of a call; the last share has the call's durations.
    pub(super) fn add(
        &mut self,
        counted: &Counted<'_>,
        provider: &str,
        totals: &Totals,
        sum: &UsageSum,
        sign: i64,
    ) {
        let minute = counted.end_time.div_euclid(MINUTE_US);
        let series = self.series(counted, provider);
        let cell = self.cells.entry((minute, series)).or_default();
        cell.sums.add(&Consumption {
            requests: sum.requests,
            errors: sum.errors,
            input_tokens: sum.input,
            output_tokens: sum.output,
            cached_tokens: sum.cached,
            cache_write_tokens: totals.cache_write.saturating_mul(sign),
            reasoning_tokens: totals.reasoning.saturating_mul(sign),
            cost: sum.cost,
            saved: sum.saved,
        });
        // Nothing that has durations is ever taken back.
        if sum.requests == 1 && Series::is_timed(counted.outcome) {
            cell.latency.add(counted.total_us.unsigned_abs());
            if let Some(first_byte_us) = counted.first_byte_us {
                cell.first_byte.add(first_byte_us.unsigned_abs());
            }
        }
    }

    fn series(&mut self, counted: &Counted<'_>, provider: &str) -> u32 {
        let accounts = Series::accounts_of(counted.accounts);
        let has_team = accounts
            .chunks(crate::accounts::ACCOUNT_BYTES)
            .any(|id| id.first() == Some(&gw_model::Level::Team.code()));
        let series = Series {
            is_of_caller: true,
            key: counted.key,
            team: if has_team { "" } else { counted.team },
            accounts,
            model: counted.counted_model(),
            provider,
            outcome: outcome_code(counted.outcome),
            class: u8::try_from(counted.status / 100).unwrap_or(0),
            error: counted.error,
            cache: counted.cache,
        };
        self.series.of(|to| series.pack(to))
    }

    /// Adds what others hold. Callers that no span tells apart any more are put together here already: with very many
    /// keys there would be as many rows else, of which few are written.
    pub(super) fn merge(&mut self, other: &Self, bounds: &mut Bounds) {
        let mut known: Vec<Option<(&[u8], Series<'_>, i64)>> = Vec::with_capacity(other.series.len());
        known.extend(other.series.texts().map(|text| {
            let series = Series::unpack(text)?;
            let id = series.id();
            Some((text, series, id))
        }));
        for ((minute, place), rollup) in &other.cells {
            let Some((text, series, id)) = known.get(*place as usize).and_then(Option::as_ref) else {
                continue;
            };
            let place = match bounds.tells_apart(*minute, *id) {
                true => self.series.place(text),
                false => self.series.of(|to| series.folded(Fold::Place).pack(to)),
            };
            self.cells.entry((*minute, place)).or_default().merge(rollup);
        }
    }

    /// Rows that they become, about.
    pub(super) fn len(&self) -> usize {
        self.cells.len() * Span::ALL.len()
    }

    pub(super) fn clear(&mut self) {
        let used = self.cells.len();
        self.cells.clear();
        self.cells.shrink_to(used);
        self.series.clear();
    }

    /// The rows, as differences to what stands there.
    pub(crate) fn rows(&self, bounds: &mut Bounds) -> RollupRows {
        let mut rows = RollupRows::default();
        let series: Vec<Option<Series<'_>>> = self.series.texts().map(Series::unpack).collect();
        let full_ids: Vec<i64> = series.iter().map(|series| series.as_ref().map_or(0, Series::id)).collect();
        let mut folded: AHashMap<(u32, u8), i64> = AHashMap::new();
        for ((minute, place), rollup) in &self.cells {
            let Some(series) = series.get(*place as usize).and_then(Option::as_ref) else { continue };
            let mut id_of = |fold: Fold, rows: &mut RollupRows| {
                let id = *folded.entry((*place, fold as u8)).or_insert_with(|| series.folded(fold).id());
                rows.series.entry(id).and_modify(|(_, first)| *first = (*first).min(*minute)).or_insert_with(
                    || {
                        let mut packed = Vec::new();
                        series.folded(fold).pack(&mut packed);
                        (packed, *minute)
                    },
                );
                id
            };
            let full = full_ids.get(*place as usize).copied().unwrap_or_default();
            let all = id_of(Fold::All, &mut rows);
            for span in Span::ALL {
                let start = minute.div_euclid(span.us() / MINUTE_US);
                let fold = bounds.fold(*span, start, full);
                let of_caller = id_of(fold, &mut rows);
                for (kind, id) in [(span.kind(false), all), (span.kind(true), of_caller)] {
                    rows.rows.entry((kind, start, id)).or_default().merge(rollup);
                }
            }
        }
        rows
    }
}

/// How many series of callers there may be in a span: whoever makes ever new keys must not fill the disk.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    limits: RollupLimits,
    minute: Seen,
    hour: Seen,
}

/// Those of one span.
#[derive(Debug, Default)]
struct Seen {
    start: i64,
    series: AHashSet<i64>,
}

impl Bounds {
    pub(crate) fn set(&mut self, limits: RollupLimits) {
        self.limits = limits;
    }

    /// Is anything of a caller told apart in the spans of a minute?
    fn tells_apart(&mut self, minute: i64, series: i64) -> bool {
        let hour = minute.div_euclid(Span::Hour.us() / MINUTE_US);
        let folds = [self.fold(Span::Minute, minute, series), self.fold(Span::Hour, hour, series)];
        folds.contains(&Fold::Caller)
    }

    /// How much of a caller is told apart in a span. Days follow their hours.
    fn fold(&mut self, span: Span, start: i64, series: i64) -> Fold {
        match span {
            Span::Minute => self.minute.fold(start, series, self.limits.max_minute_series),
            Span::Hour => self.hour.fold(start, series, self.limits.max_hour_series),
            Span::Day => self.hour.fold(self.hour.start, series, self.limits.max_hour_series),
        }
    }
}

impl Seen {
    fn fold(&mut self, start: i64, series: i64, most: usize) -> Fold {
        // What comes late is counted among those of the latest span.
        if start > self.start {
            self.start = start;
            self.series.clear();
        }
        if self.series.contains(&series) {
            return Fold::Caller;
        }
        if self.series.len() < most {
            self.series.insert(series);
            return Fold::Caller;
        }
        Fold::Place
    }
}

#[cfg(test)]
mod tests;

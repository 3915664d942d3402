//! What records add to roll-ups: gathered by minute and series, and at the end spread over minutes, hours and days. Serves
//! the fold. It must not touch a database: a store writes what it is handed.

use super::places::Places;
use super::record::Totals;
use super::sums::{Counted, UsageSum};
use crate::analytics::{Consumption, Fold, RollupLimits, Series, Sketch, Span, Told};
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
    /// What came since callers were last put together.
    fresh: Cells,
    settled: Cells,
}

/// By minute and place of the series.
#[derive(Debug, Default)]
struct Cells {
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

/// The series that a share of a call at a provider counts for, with all of its caller.
pub(super) fn series_of<'a>(counted: &Counted<'a>, provider: &'a str) -> Series<'a> {
    let accounts = Series::accounts_of(counted.accounts);
    let has_team = accounts
        .chunks(crate::accounts::ACCOUNT_BYTES)
        .any(|id| id.first() == Some(&gw_model::Level::Team.code()));
    Series {
        told: Told::Both,
        key: counted.key,
        team: if has_team { "" } else { counted.team },
        accounts,
        model: counted.counted_model(),
        provider,
        outcome: outcome_code(counted.outcome),
        class: u8::try_from(counted.status / 100).unwrap_or(0),
        error: counted.error,
        cache: counted.cache,
    }
}

impl Cells {
    fn series(&mut self, counted: &Counted<'_>, provider: &str) -> u32 {
        let series = series_of(counted, provider);
        self.series.of(|to| series.pack(to))
    }

    /// Forgets all, and keeps the room for as much again.
    fn clear(&mut self) {
        let used = self.cells.len();
        self.cells.clear();
        self.cells.shrink_to(used);
        self.series.clear();
    }

    /// Spreads them over minutes, hours and days.
    fn add_to(&self, rows: &mut RollupRows, bounds: &mut Bounds, with_callers_alone: bool) {
        let series: Vec<Option<Series<'_>>> = self.series.texts().map(Series::unpack).collect();
        let full_ids: Vec<i64> = series.iter().map(|series| series.as_ref().map_or(0, Series::id)).collect();
        let mut folded: AHashMap<(u32, u8, bool), i64> = AHashMap::new();
        for ((minute, place), rollup) in &self.cells {
            let Some(series) = series.get(*place as usize).and_then(Option::as_ref) else { continue };
            let mut id_of = |fold: Fold, is_alone: bool, rows: &mut RollupRows| {
                let make = || match is_alone {
                    true => series.folded(fold).alone(),
                    false => series.folded(fold),
                };
                let id = *folded.entry((*place, fold as u8, is_alone)).or_insert_with(|| make().id());
                rows.series.entry(id).and_modify(|(_, first)| *first = (*first).min(*minute)).or_insert_with(
                    || {
                        let mut packed = Vec::new();
                        make().pack(&mut packed);
                        (packed, *minute)
                    },
                );
                id
            };
            let full = full_ids.get(*place as usize).copied().unwrap_or_default();
            let all = id_of(Fold::All, false, rows);
            for span in Span::ALL {
                let start = minute.div_euclid(span.us() / MINUTE_US);
                let fold = bounds.fold(*span, start, full);
                let of_caller = id_of(fold, false, rows);
                for (kind, id) in [(span.kind(false), all), (span.kind(true), of_caller)] {
                    rows.rows.entry((kind, start, id)).or_default().merge(rollup);
                }
                if with_callers_alone && *span != Span::Minute {
                    let alone = id_of(fold, true, rows);
                    let place = (span.kind_of(Told::Callers), start, alone);
                    rows.rows.entry(place).or_default().merge(rollup);
                }
            }
        }
    }
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
        let series = self.fresh.series(counted, provider);
        let cell = self.fresh.cells.entry((minute, series)).or_default();
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

    /// Rows that they become, about.
    pub(super) fn len(&self) -> usize {
        (self.fresh.cells.len() + self.settled.cells.len()) * Span::ALL.len()
    }

    pub(super) fn clear(&mut self) {
        self.fresh.clear();
        self.settled.clear();
    }

    /// Puts callers together that no span tells apart any more: with very many keys there would be as many cells else, of
    /// which few are written.
    pub(super) fn settle(&mut self, bounds: &mut Bounds) {
        let Self { fresh, settled } = self;
        let mut known: Vec<Option<(&[u8], Series<'_>, i64)>> = Vec::with_capacity(fresh.series.len());
        known.extend(fresh.series.texts().map(|text| {
            let series = Series::unpack(text)?;
            let id = series.id();
            Some((text, series, id))
        }));
        for ((minute, place), rollup) in &fresh.cells {
            let Some((text, series, id)) = known.get(*place as usize).and_then(Option::as_ref) else {
                continue;
            };
            let place = match bounds.tells_apart(*minute, *id) {
                true => settled.series.place(text),
                false => settled.series.of(|to| series.folded(Fold::Place).pack(to)),
            };
            settled.cells.entry((*minute, place)).or_default().merge(rollup);
        }
        fresh.clear();
    }

    /// The rows, as differences to what stands there.
    pub(crate) fn rows(&self, bounds: &mut Bounds, with_callers_alone: bool) -> RollupRows {
        let mut rows = RollupRows::default();
        self.settled.add_to(&mut rows, bounds, with_callers_alone);
        self.fresh.add_to(&mut rows, bounds, with_callers_alone);
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

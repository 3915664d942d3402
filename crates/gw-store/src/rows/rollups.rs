//! What records add to roll-ups: gathered by minute and series, and at the end spread over minutes, hours and days. Serves
//! the fold. It must not touch a database: a store writes what it is handed.

use super::counted::Counted;
use super::places::Places;
use super::record::Totals;
use super::sums::UsageSum;
use crate::analytics::{Consumption, Fold, RollupLimits, Series, Sketch, Span, Told};
use crate::journal::outcome_code;
use ahash::{AHashMap, AHashSet, RandomState};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

pub(super) const MINUTE_US: i64 = 60_000_000;

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
    cells: AHashMap<Cell, Rollup>,
    /// Series without their keys, packed.
    places: Places,
    /// The place of each that has less of its caller.
    folded: AHashMap<u32, u32>,
    bounds: SharedBounds,
}

/// What calls are summed up by. The key stands beside the rest of its series: very many keys share one of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Cell {
    minute: i64,
    /// Big-endian; zeros for none.
    key: [u8; 16],
    place: u32,
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
    /// Empty sums that tell no more callers apart than the bounds allow.
    pub(super) fn within(bounds: &SharedBounds) -> Self {
        Self { bounds: Arc::clone(bounds), ..Self::default() }
    }

    /// The place of the series that a share of a call counts for, without its key.
    pub(super) fn place(&mut self, counted: &Counted<'_>, provider: &str) -> u32 {
        self.places.of(|to| series_beside_key(counted, provider).pack(to))
    }

    /// Counts what `usage` counts of a share of a call, in a minute, for a key (zeros for none) and the place of its series; the last
    /// share has the call's durations.
    pub(super) fn add(
        &mut self,
        (minute, key, place): (i64, [u8; 16], u32),
        counted: &Counted<'_>,
        totals: &Totals,
        sum: &UsageSum,
        sign: i64,
    ) {
        self.cell(Cell { minute, key, place }, |cell| {
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
        });
    }

    /// Changes a cell. Of a caller that no span tells apart any more it is the one of all such: with very many keys there
    /// would be as many cells else, of which few are written.
    fn cell(&mut self, cell: Cell, change: impl FnOnce(&mut Rollup)) {
        match self.cells.entry(cell) {
            Entry::Occupied(mut known) => change(known.get_mut()),
            Entry::Vacant(new) => {
                let Cell { minute, key, place } = cell;
                if self.bounds.lock().tells_apart(minute, &key, self.places.text(place)) {
                    return change(new.insert(Rollup::default()));
                }
                let place = self.folded(place);
                change(self.cells.entry(Cell { minute, key: [0; 16], place }).or_default());
            }
        }
    }

    fn folded(&mut self, place: u32) -> u32 {
        if let Some(folded) = self.folded.get(&place) {
            return *folded;
        }
        let mut packed = Vec::new();
        if let Some(series) = Series::unpack(self.places.text(place)) {
            series.folded(Fold::Place).pack(&mut packed);
        }
        let folded = self.places.place(&packed);
        self.folded.insert(place, folded);
        folded
    }

    /// Rows that they become, about.
    pub(super) fn len(&self) -> usize {
        self.cells.len() * Span::ALL.len()
    }

    /// Forgets all, and keeps the room for as much again.
    pub(super) fn clear(&mut self) {
        let used = self.cells.len();
        self.cells.clear();
        self.cells.shrink_to(used);
        self.places.clear();
        self.folded.clear();
    }

    /// The rows, as differences to what stands there: spread over minutes, hours and days.
    pub(crate) fn rows(&self, with_callers_alone: bool) -> RollupRows {
        let mut rows = RollupRows::default();
        let mut bounds = self.bounds.lock();
        let known: Vec<Option<(&[u8], Series<'_>)>> =
            self.places.texts().map(|text| Some((text, Series::unpack(text)?))).collect();
        let mut ids: AHashMap<([u8; 16], u32, u8, bool), i64> = AHashMap::new();
        for (Cell { minute, key, place }, rollup) in &self.cells {
            let Some((text, series)) = known.get(*place as usize).and_then(Option::as_ref) else { continue };
            let number = bounds.number(key, text);
            let mut id_of = |fold: Fold, is_alone: bool, rows: &mut RollupRows| {
                let make = || {
                    let mut series = series.folded(fold);
                    series.key = series.key.map(|_| u128::from_be_bytes(*key));
                    if is_alone { series.alone() } else { series }
                };
                // What is folded has no key.
                let of_key = if fold == Fold::Caller { *key } else { [0; 16] };
                let id = *ids.entry((of_key, *place, fold as u8, is_alone)).or_insert_with(|| make().id());
                rows.series.entry(id).and_modify(|(_, first)| *first = (*first).min(*minute)).or_insert_with(
                    || {
                        let mut packed = Vec::new();
                        make().pack(&mut packed);
                        (packed, *minute)
                    },
                );
                id
            };
            let all = id_of(Fold::All, false, &mut rows);
            for span in Span::ALL {
                let start = minute.div_euclid(span.us() / MINUTE_US);
                let fold = bounds.fold(*span, start, number);
                let of_caller = id_of(fold, false, &mut rows);
                for (kind, id) in [(span.kind(false), all), (span.kind(true), of_caller)] {
                    rows.rows.entry((kind, start, id)).or_default().merge(rollup);
                }
                if with_callers_alone && *span != Span::Minute {
                    let alone = id_of(fold, true, &mut rows);
                    let place = (span.kind_of(Told::Callers), start, alone);
                    rows.rows.entry(place).or_default().merge(rollup);
                }
            }
        }
        rows
    }
}

/// The series that a share of a call at a provider counts for, with all of its caller.
pub(crate) fn series_of<'a>(counted: &Counted<'a>, provider: &'a str) -> Series<'a> {
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

/// The same, of whose key it says only that there is one.
fn series_beside_key<'a>(counted: &Counted<'a>, provider: &'a str) -> Series<'a> {
    Series { key: counted.key.map(|_| 0), ..series_of(counted, provider) }
}

/// The bounds of all sums of one store.
pub(crate) type SharedBounds = Arc<Mutex<Bounds>>;

/// How many series of callers there may be in a span: whoever makes ever new keys must not fill the disk.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    limits: RollupLimits,
    minute: Seen,
    hour: Seen,
    /// Gives series their numbers here. That two have the same is rare, and makes no more of it than one more series.
    numbers: RandomState,
}

/// Those of one span.
#[derive(Debug, Default)]
struct Seen {
    start: i64,
    series: AHashSet<u64>,
}

impl Bounds {
    pub(crate) fn set(&mut self, limits: RollupLimits) {
        self.limits = limits;
    }

    /// Of a key and the rest of its series.
    fn number(&self, key: &[u8; 16], series: &[u8]) -> u64 {
        self.numbers.hash_one((key, series))
    }

    /// Is anything of a caller told apart in the spans of a minute?
    fn tells_apart(&mut self, minute: i64, key: &[u8; 16], series: &[u8]) -> bool {
        let number = self.number(key, series);
        let hour = minute.div_euclid(Span::Hour.us() / MINUTE_US);
        let folds = [self.fold(Span::Minute, minute, number), self.fold(Span::Hour, hour, number)];
        folds.contains(&Fold::Caller)
    }

    /// How much of a caller is told apart in a span. Days follow their hours.
    fn fold(&mut self, span: Span, start: i64, series: u64) -> Fold {
        match span {
            Span::Minute => self.minute.fold(start, series, self.limits.max_minute_series),
            Span::Hour => self.hour.fold(start, series, self.limits.max_hour_series),
            Span::Day => self.hour.fold(self.hour.start, series, self.limits.max_hour_series),
        }
    }
}

impl Seen {
    fn fold(&mut self, start: i64, series: u64, most: usize) -> Fold {
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

//! Rows of sums over records, as differences to what `usage`, `spent` and their like hold: hundreds of records cost a handful of
//! updates. Serves the fold. It must not touch a database: a store writes what it is handed.

use super::account_sums::{AccountRow, AccountSums};
use super::counted::Counted;
use super::part_sums::{PartRow, PartSums};
use super::places::Places;
use super::rollups::{Rollup, RollupRows, Rollups, SharedBounds};
use ahash::AHashMap;
use gw_model::{Level, Outcome};

pub(crate) const HOUR_US: i64 = 3_600_000_000;
pub(crate) const HOURS_A_DAY: i64 = 24;
/// When a key was used is noted anew when it is that much later, in microseconds.
pub(crate) const USED_STEP_US: i64 = 60_000_000;
/// The day that stands for all days.
pub(crate) const ALL_DAYS: i64 = -1;

/// One row of `usage` or `account_usage`, as a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UsageSum {
    pub(crate) requests: i64,
    pub(crate) errors: i64,
    pub(crate) input: i64,
    pub(crate) output: i64,
    pub(crate) cached: i64,
    pub(crate) cost: i64,
    pub(crate) saved: i64,
}

/// What a row of `usage` is keyed by. Small: there may be one for each of very many virtual keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Cell {
    /// Big-endian; zeros for none.
    key: [u8; 16],
    /// Place of the rest of what a row is keyed by, which many cells share: a [`Group`], packed.
    group: u32,
}

/// What a cell comes to, and when the latest of its calls ended.
#[derive(Clone, Copy, Debug, Default)]
struct CellSum {
    sum: UsageSum,
    used_at: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    cells: AHashMap<Cell, CellSum>,
    groups: Places,
    accounts: AccountSums,
    parts: PartSums,
    rollups: Rollups,
}

/// Where what calls of one kind come to is added, whatever their key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    group: u32,
    series: u32,
    minute: i64,
}

impl Sums {
    /// Empty sums whose roll-ups tell no more callers apart than the bounds allow.
    pub(super) fn within(bounds: &SharedBounds) -> Self {
        Self { rollups: Rollups::within(bounds), ..Self::default() }
    }

    /// Where calls that are counted like this one are added.
    pub(super) fn kind(&mut self, counted: &Counted<'_>, provider: &str) -> Kind {
        let group = self.groups.of(|to| Group::pack(counted, provider, to));
        Kind { group, series: self.rollups.place(counted, provider), minute: counted.minute() }
    }

    /// Adds what calls of one kind and one key (zeros for none) come to, the latest of which ended then.
    pub(super) fn add(&mut self, kind: Kind, key: [u8; 16], rollup: &Rollup, used_at: i64) {
        let kept = self.cells.entry(Cell { key, group: kind.group }).or_default();
        kept.sum.add(&rollup.usage());
        kept.used_at = kept.used_at.max(used_at);
        self.rollups.add(kind.minute, key, kind.series, rollup);
    }

    /// Adds what calls of one kind come to, of all keys.
    pub(super) fn add_all(&mut self, counted: &Counted<'_>, share: [&str; 2], sum: &UsageSum) {
        let [provider, upstream_model] = share;
        self.accounts.add(counted.hour(), counted.accounts, sum);
        self.accounts.add_called(counted.hour(), [counted.model, provider, upstream_model], sum.cost);
        self.parts.add(counted, upstream_model, counted.hour(), sum);
    }

    /// Counts money of an attempt that is counted already, but not in roll-ups: of those some may be gone.
    pub(crate) fn add_cost(
        &mut self,
        counted: &Counted<'_>,
        provider: &str,
        upstream_model: &str,
        cost: i64,
    ) {
        let sum = UsageSum { cost, ..UsageSum::default() };
        let key = counted.key.unwrap_or(0).to_be_bytes();
        let cell = Cell { key, group: self.groups.of(|to| Group::pack(counted, provider, to)) };
        self.cells.entry(cell).or_default().sum.add(&sum);
        self.add_all(counted, [provider, upstream_model], &sum);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Every row of `rollups`, as differences; those of callers alone where they are wanted.
    pub(crate) fn rollup_rows(&self, with_callers_alone: bool) -> RollupRows {
        self.rollups.rows(with_callers_alone)
    }

    /// When the latest call of each key ended, in the order of keys.
    pub(crate) fn keys_used(&self) -> Vec<([u8; 16], i64)> {
        let used = self.cells.iter().filter(|(cell, kept)| cell.key != [0; 16] && kept.used_at > 0);
        let mut used: Vec<_> = used.map(|(cell, kept)| (cell.key, kept.used_at)).collect();
        // The latest of a key comes first, and stays.
        used.sort_unstable_by_key(|(key, at)| (*key, std::cmp::Reverse(*at)));
        used.dedup_by_key(|(key, _)| *key);
        used
    }

    /// Every row of `part_usage`, as differences, in the order of its primary key.
    pub(crate) fn part_rows(&self) -> Vec<(PartRow<'_>, UsageSum)> {
        self.parts.rows()
    }

    /// Every row of `account_usage`, as differences, in the order of its primary key.
    pub(crate) fn account_rows(&self) -> Vec<AccountRow> {
        self.accounts.rows()
    }

    /// Hands on every row of `usage` and every row of `spent`, as differences, each in the order of its primary key:
    /// neighbours share a page, and two that write at once lock rows in the same order.
    pub(crate) fn each<'s, E>(
        &'s self,
        mut on_usage: impl FnMut(UsageRow<'s>) -> Result<(), E>,
        mut on_spent: impl FnMut(i64, [u8; 16], i64) -> Result<(), E>,
    ) -> Result<(), E> {
        let groups: Vec<_> = self.groups.texts().map(Group::unpack).collect();
        let mut rows: Vec<(Group<'_>, &Cell, &UsageSum)> = Vec::with_capacity(self.cells.len());
        for (cell, CellSum { sum, .. }) in &self.cells {
            if let Some(group) = groups.get(cell.group as usize).copied().flatten() {
                rows.push((group, cell, sum));
            }
        }
        rows.sort_unstable_by_key(|(group, cell, _)| (group.hour, group.has_key, cell.key, cell.group));
        for (group, cell, sum) in &rows {
            on_usage(UsageRow { group: *group, key: cell.key, sum: **sum })?;
        }
        rows.retain(|(group, _, _)| group.has_key);
        let day = |group: &Group<'_>| group.hour.div_euclid(HOURS_A_DAY);
        // By hours the rows of a day's key are no neighbours, and a statement may take each row once.
        rows.sort_unstable_by_key(|(group, cell, _)| (day(group), cell.key));
        let by_day = rows.iter().map(|(group, cell, sum)| (day(group), cell.key, sum.cost));
        each_run(by_day, &mut on_spent)?;
        rows.sort_unstable_by_key(|(_, cell, _)| cell.key);
        let ever = rows.iter().map(|(_, cell, sum)| (ALL_DAYS, cell.key, sum.cost));
        each_run(ever, on_spent)
    }
}

/// A row of `usage`, as a difference to what stands there.
pub(crate) struct UsageRow<'a> {
    pub(crate) group: Group<'a>,
    key: [u8; 16],
    pub(crate) sum: UsageSum,
}

impl UsageRow<'_> {
    /// The key as it is stored; empty for none.
    pub(crate) fn key(&self) -> &[u8] {
        if self.group.has_key { &self.key } else { &[] }
    }
}

/// Passes on the sums over neighbours of the same day and key, without those that come to nothing.
fn each_run<E>(
    costs: impl Iterator<Item = (i64, [u8; 16], i64)>,
    mut on_run: impl FnMut(i64, [u8; 16], i64) -> Result<(), E>,
) -> Result<(), E> {
    let mut run: Option<(i64, [u8; 16], i64)> = None;
    for (day, key, cost) in costs {
        match &mut run {
            Some((of_day, of_key, sum)) if *of_day == day && *of_key == key => {
                *sum = sum.saturating_add(cost);
            }
            _ => {
                if let Some((day, key, sum)) = run.replace((day, key, cost)).filter(|(_, _, sum)| *sum != 0) {
                    on_run(day, key, sum)?;
                }
            }
        }
    }
    match run.filter(|(_, _, sum)| *sum != 0) {
        Some((day, key, sum)) => on_run(day, key, sum),
        None => Ok(()),
    }
}

/// What a row is keyed by beside its key.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    pub(crate) hour: i64,
    has_key: bool,
    pub(crate) team: &'a str,
    pub(crate) model: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) customer: &'a str,
}

impl<'a> Group<'a> {
    fn pack(counted: &Counted<'_>, provider: &str, to: &mut Vec<u8>) {
        to.extend_from_slice(&counted.hour().to_le_bytes());
        to.push(u8::from(counted.key.is_some()));
        let model = counted.counted_model();
        let team = counted.named(Level::Team, counted.team);
        let customer = counted.named(Level::Customer, counted.customer);
        for part in [&*team, model, provider, &*customer] {
            // Texts come from the journal, which bounds them far below 64 KiB.
            to.extend_from_slice(&u16::try_from(part.len()).unwrap_or(0).to_le_bytes());
            to.extend_from_slice(part.as_bytes());
        }
    }

    /// `None` if the text is not one.
    fn unpack(packed: &'a [u8]) -> Option<Self> {
        let (hour, rest) = packed.split_first_chunk::<8>()?;
        let (has_key, mut rest) = rest.split_first()?;
        let mut text = || {
            let (length, behind) = rest.split_first_chunk::<2>()?;
            let (part, behind) = behind.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
            rest = behind;
            std::str::from_utf8(part).ok()
        };
        Some(Self {
            hour: i64::from_le_bytes(*hour),
            has_key: *has_key != 0,
            team: text()?,
            model: text()?,
            provider: text()?,
            customer: text()?,
        })
    }
}

impl UsageSum {
    pub(crate) const fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.errors = self.errors.saturating_add(other.errors);
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cached = self.cached.saturating_add(other.cached);
        self.cost = self.cost.saturating_add(other.cost);
        self.saved = self.saved.saturating_add(other.saved);
    }
}

/// Endings that are errors. A caller that leaves and a shutdown are nobody's.
pub(crate) const ERRORS: [Outcome; 4] =
    [Outcome::Refused, Outcome::UpstreamError, Outcome::StreamCut, Outcome::Lost];

pub(crate) fn is_error(outcome: Outcome) -> bool {
    ERRORS.contains(&outcome)
}

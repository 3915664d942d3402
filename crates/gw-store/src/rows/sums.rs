//! Sums over records that `usage`, `spent` and their like do not hold yet, so that hundreds of records cost a handful of
//! updates. Serves the fold. It must not touch a database: a store writes what it is handed.

use super::account_sums::{AccountRow, AccountSums};
use super::counted::{Counted, Share};
use super::kinds::Kind;
use super::part_sums::PartSums;
use super::places::Places;
use super::record::Row;
use super::rollups::{RollupRows, Rollups, SharedBounds};
use crate::journal::AttemptFrame;
use ahash::AHashMap;
use gw_model::{Level, Outcome};

pub(crate) const HOUR_US: i64 = 3_600_000_000;
pub(crate) const HOURS_A_DAY: i64 = 24;
/// When a key was used is noted anew when it is that much later, in microseconds.
pub(crate) const USED_STEP_US: i64 = 60_000_000;
/// Rows that a kind counts for: it takes as much memory as so many cells. It may change more rows of accounts and parts, most of which
/// are those of other kinds too.
const ROWS_OF_KIND: usize = 5;
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

/// Calls of one kind: where in the sums they go, and what they come to, of all keys.
#[derive(Clone, Copy, Debug)]
struct KindSum {
    /// Place of their [`Group`].
    group: u32,
    /// Place of their series of roll-ups.
    series: u32,
    minute: i64,
    sum: UsageSum,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    /// Each a [`Kind`], packed.
    kinds: Places,
    /// By the places of kinds.
    by_kind: Vec<KindSum>,
    cells: AHashMap<Cell, CellSum>,
    groups: Places,
    rollups: Rollups,
}

impl Sums {
    /// Empty sums whose roll-ups tell no more callers apart than the bounds allow.
    pub(crate) fn within(bounds: &SharedBounds) -> Self {
        Self { rollups: Rollups::within(bounds), ..Self::default() }
    }

    /// Counts a request with its attempts (`sign` 1) or takes it back (-1).
    pub(crate) fn count(&mut self, row: &Row<'_>, attempts: &[AttemptFrame<'_>], sign: i64) {
        let counted = Counted::of(row);
        match attempts {
            [] | [_] => self.add_share(&counted, &Share::whole(&counted, row.totals), true, sign),
            several => self.count_shares(&counted, several.iter().map(Share::of), sign),
        }
    }

    /// Counts the request itself under the provider of its last attempt, tokens and money under the provider
    /// of each attempt.
    pub(crate) fn count_shares<'p>(
        &mut self,
        counted: &Counted<'_>,
        shares: impl ExactSizeIterator<Item = Share<'p>>,
        sign: i64,
    ) {
        let last = shares.len().saturating_sub(1);
        for (number, share) in shares.enumerate() {
            self.add_share(counted, &share, number == last, sign);
        }
    }

    fn add_share(&mut self, counted: &Counted<'_>, share: &Share<'_>, is_last: bool, sign: i64) {
        let totals = &share.totals;
        let request = if is_last && !counted.is_sub_call { sign } else { 0 };
        let sum = UsageSum {
            requests: request,
            errors: request * i64::from(is_error(counted.outcome)),
            input: totals.input.saturating_mul(sign),
            output: totals.output.saturating_mul(sign),
            cached: totals.cached.saturating_mul(sign),
            cost: totals.cost.saturating_mul(sign),
            saved: totals.saved.saturating_mul(sign),
        };
        let used_at = if sign > 0 { counted.end_time } else { 0 };
        let Some(KindSum { series, minute, .. }) = self.add(counted, share.names(), &sum, used_at) else {
            return;
        };
        let key = counted.key.unwrap_or(0).to_be_bytes();
        self.rollups.add((minute, key, series), counted, totals, &sum, sign);
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
        self.add(counted, [provider, upstream_model], &sum, 0);
    }

    /// Adds to all but roll-ups; gives what is known of the kind.
    fn add(
        &mut self,
        counted: &Counted<'_>,
        share: [&str; 2],
        sum: &UsageSum,
        used_at: i64,
    ) -> Option<KindSum> {
        let place = self.kinds.of(|to| Kind { counted: *counted, share }.pack(to)) as usize;
        if place == self.by_kind.len() {
            let [provider, _] = share;
            let group = self.groups.of(|to| Group::pack(counted, provider, to));
            let series = self.rollups.place(counted, provider);
            self.by_kind.push(KindSum { group, series, minute: counted.minute(), sum: UsageSum::default() });
        }
        let kind = self.by_kind.get_mut(place)?;
        kind.sum.add(sum);
        let key = counted.key.unwrap_or(0).to_be_bytes();
        let kept = self.cells.entry(Cell { key, group: kind.group }).or_default();
        kept.sum.add(sum);
        kept.used_at = kept.used_at.max(used_at);
        Some(*kind)
    }

    /// Rows that they become, about.
    pub(crate) fn len(&self) -> usize {
        self.cells.len() + self.by_kind.len() * ROWS_OF_KIND + self.rollups.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Forgets all, and keeps the room for as much again.
    pub(crate) fn clear(&mut self) {
        let used = self.cells.len();
        self.cells.clear();
        self.cells.shrink_to(used);
        self.groups.clear();
        self.kinds.clear();
        let used = self.by_kind.len();
        self.by_kind.clear();
        self.by_kind.shrink_to(used);
        self.rollups.clear();
    }

    /// What calls of each kind come to.
    fn each_kind(&self, mut take: impl FnMut(&Kind<'_>, &UsageSum)) {
        for (text, KindSum { sum, .. }) in self.kinds.texts().zip(&self.by_kind) {
            if let Some(kind) = Kind::unpack(text) {
                take(&kind, sum);
            }
        }
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

    /// What `part_usage` does not hold yet.
    pub(crate) fn parts(&self) -> PartSums {
        let mut parts = PartSums::default();
        self.each_kind(|Kind { counted, share: [_, upstream_model] }, sum| {
            parts.add(counted, upstream_model, sum)
        });
        parts
    }

    /// Every row of `account_usage`, as differences, in the order of its primary key.
    pub(crate) fn account_rows(&self) -> Vec<AccountRow> {
        let mut accounts = AccountSums::default();
        self.each_kind(|Kind { counted, share: [provider, upstream_model] }, sum| {
            accounts.add(counted.hour(), counted.accounts, sum);
            accounts.add_called(counted.hour(), [counted.model, provider, upstream_model], sum.cost);
        });
        accounts.rows()
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

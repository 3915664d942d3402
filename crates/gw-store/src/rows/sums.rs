//! Sums over records that `usage` and `spent` do not hold yet, so that hundreds of records cost a handful of
//! updates. Serves the fold. It must not touch a database: a
//! store writes what it is handed.

use super::account_sums::{AccountRow, AccountSums};
use super::part_sums::{PartRow, PartSums};
use super::places::Places;
use super::record::{Row, Totals, signed};
use super::rollups::{RollupRows, Rollups, SharedBounds};
use crate::accounts::of_level;
use crate::journal::{AttemptFrame, resolved_and_region};
use crate::types::LogRow;
use ahash::AHashMap;
use gw_model::{Level, Outcome};
use std::borrow::Cow;

pub(crate) const HOUR_US: i64 = 3_600_000_000;
pub(crate) const HOURS_A_DAY: i64 = 24;
/// When a key was used is noted anew when it is that much later, in microseconds.
pub(crate) const USED_STEP_US: i64 = 60_000_000;
/// The day that stands for all days.
pub(crate) const ALL_DAYS: i64 = -1;

/// What of a record is counted, besides its attempts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted<'a> {
    /// When it counts.
    pub(crate) end_time: i64,
    pub(crate) key: Option<u128>,
    pub(crate) team: &'a str,
    pub(crate) model: &'a str,
    /// The model's name stands for something, whether or not a provider was tried.
    pub(crate) is_resolved: bool,
    /// Of its last attempt; empty when there was none.
    pub(crate) provider: &'a str,
    /// The same.
    pub(crate) upstream_model: &'a str,
    pub(crate) customer: &'a str,
    pub(crate) outcome: Outcome,
    /// Sent to the caller; 0 for none.
    pub(crate) status: u16,
    /// The gateway's error code; empty for none.
    pub(crate) error: &'a str,
    /// What the cache did; empty for nothing.
    pub(crate) cache: &'a str,
    pub(crate) first_byte_us: Option<i64>,
    pub(crate) total_us: i64,
    /// It is no request of its own.
    pub(crate) is_sub_call: bool,
    /// What it counts for besides its key, packed.
    pub(crate) accounts: &'a [u8],
    /// The caller's format.
    pub(crate) format: &'a str,
    /// Region of the provider that was tried last; empty for none.
    pub(crate) region: &'a str,
    /// What guardrails found, as rows have it.
    pub(crate) guardrails: &'a str,
}

impl<'a> Counted<'a> {
    pub(crate) fn of(row: &'a Row<'a>) -> Self {
        let (is_resolved, region) = resolved_and_region(row.details);
        Self {
            end_time: row.end_time,
            key: row.key,
            team: row.team,
            model: row.model,
            is_resolved,
            provider: row.provider,
            upstream_model: row.upstream_model,
            customer: row.customer,
            outcome: row.outcome,
            status: row.status,
            error: row.error_code,
            cache: row.cache,
            first_byte_us: row.first_byte_us.map(signed),
            total_us: signed(row.total_us),
            is_sub_call: row.parent.is_some(),
            accounts: &row.accounts,
            format: row.format,
            region,
            guardrails: row.guardrails.as_deref().unwrap_or(""),
        }
    }

    /// Of a record as it is listed. Its accounts and the names of its guardrails come as rows have them.
    pub(crate) fn listed(row: &'a LogRow, accounts: &'a [u8], guardrails: &'a str) -> Self {
        let text = |text: &'a Option<String>| text.as_deref().unwrap_or("");
        Self {
            end_time: row.time.saturating_add(signed(row.total_us)),
            key: row.key_id.map(|key| key.0),
            team: text(&row.team_id),
            model: &row.model,
            is_resolved: row.details.is_resolved,
            provider: text(&row.provider),
            upstream_model: text(&row.upstream_model),
            customer: text(&row.customer),
            outcome: row.outcome,
            status: row.status,
            error: text(&row.error_code),
            cache: text(&row.cache),
            first_byte_us: row.first_byte_us.map(signed),
            total_us: signed(row.total_us),
            is_sub_call: row.parent_id.is_some(),
            accounts,
            format: &row.format,
            region: row.details.region.as_deref().unwrap_or(""),
            guardrails,
        }
    }

    const fn hour(&self) -> i64 {
        self.end_time.div_euclid(HOUR_US)
    }

    /// The model that it counts for. A name that no model has would make a row per name; such calls are counted without one.
    pub(super) fn counted_model(&self) -> &'a str {
        let made_up = self.provider.is_empty() && self.outcome == Outcome::Refused && !self.is_resolved;
        if made_up { "" } else { self.model }
    }

    /// The name that it is counted under, of those that may be a label or an account: the account, where it has one.
    pub(crate) fn named(&self, level: Level, label: &'a str) -> Cow<'a, str> {
        of_level(self.accounts, level).map_or(Cow::Borrowed(label), |id| Cow::Owned(id.to_string()))
    }
}

/// One attempt's part of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share<'a> {
    pub(crate) provider: &'a str,
    pub(crate) upstream_model: &'a str,
    pub(crate) totals: Totals,
}

impl<'a> Share<'a> {
    pub(crate) fn of(attempt: &AttemptFrame<'a>) -> Self {
        let AttemptFrame { provider, upstream_model, .. } = attempt;
        Self { provider, upstream_model, totals: Totals::of(attempt) }
    }

    /// The only one.
    pub(crate) const fn whole(counted: &Counted<'a>, totals: Totals) -> Self {
        Self { provider: counted.provider, upstream_model: counted.upstream_model, totals }
    }
}

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
        let Share { provider, upstream_model, totals } = share;
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
        let key = counted.key.unwrap_or(0).to_be_bytes();
        let cell = Cell { key, group: self.groups.of(|to| Group::pack(counted, provider, to)) };
        let kept = self.cells.entry(cell).or_default();
        kept.sum.add(&sum);
        if sign > 0 {
            kept.used_at = kept.used_at.max(counted.end_time);
        }
        self.accounts.add(counted.hour(), counted.accounts, &sum);
        self.accounts.add_called(counted.hour(), [counted.model, provider, upstream_model], sum.cost);
        self.parts.add(counted, upstream_model, counted.hour(), &sum);
        self.rollups.add(counted, provider, totals, &sum, sign);
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
        self.accounts.add(counted.hour(), counted.accounts, &sum);
        self.accounts.add_called(counted.hour(), [counted.model, provider, upstream_model], cost);
        self.parts.add(counted, upstream_model, counted.hour(), &sum);
    }

    /// Rows of `usage`, `account_usage` and `rollups`.
    pub(crate) fn len(&self) -> usize {
        self.cells.len() + self.accounts.len() + self.parts.len() + self.rollups.len()
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
        self.accounts.clear();
        self.parts.clear();
        self.rollups.clear();
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

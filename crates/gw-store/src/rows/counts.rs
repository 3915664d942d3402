//! What records come to that no sums hold yet, by what they have in common: most calls are like one before, and cost a look at it.
//! Sums are made of it when they are to be written. Serves the fold. It must not touch a database.

use super::counted::{Counted, Share};
use super::places::Places;
use super::record::Row;
use super::rollups::{MINUTE_US, Rollup, SharedBounds};
use super::sums::{Sums, UsageSum, is_error};
use crate::analytics::{Consumption, Series, Span};
use crate::journal::{AttemptFrame, outcome_code, outcome_of};
use ahash::AHashMap;
use gw_model::Outcome;
use std::sync::Arc;

/// Rows of accounts and parts that calls of a kind change, about; most of them are those of other kinds too.
const ROWS_OF_KIND: usize = 4;

/// Calls of the same kind and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Cell {
    /// Big-endian; zeros for none.
    key: [u8; 16],
    /// Place of all else that sums tell apart: a [`Kind`], packed.
    kind: u32,
}

/// What they come to, and when the latest of them ended.
#[derive(Debug, Default)]
struct Amount {
    rollup: Rollup,
    used_at: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Places in `amounts`, which are in the order in which they came.
    cells: AHashMap<Cell, u32>,
    amounts: Vec<(Cell, Amount)>,
    kinds: Places,
    bounds: SharedBounds,
}

impl Counts {
    /// An empty one, of which sums are made whose roll-ups tell no more callers apart than the bounds allow.
    pub(crate) fn within(bounds: &SharedBounds) -> Self {
        Self { bounds: Arc::clone(bounds), ..Self::default() }
    }

    /// Counts a request with its attempts (`sign` 1) or takes it back (-1).
    pub(crate) fn count(&mut self, row: &Row<'_>, attempts: &[AttemptFrame<'_>], sign: i64) {
        let counted = Counted::of(row);
        match attempts {
            [] | [_] => self.add(&counted, &Share::whole(&counted, row.totals), true, sign),
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
            self.add(counted, &share, number == last, sign);
        }
    }

    fn add(&mut self, counted: &Counted<'_>, share: &Share<'_>, is_last: bool, sign: i64) {
        let totals = &share.totals;
        let request = if is_last && !counted.is_sub_call { sign } else { 0 };
        let key = counted.key.unwrap_or(0).to_be_bytes();
        let kind = self.kinds.of(|to| Kind { counted: *counted, share: share.names() }.pack(to));
        let Some(Amount { rollup, used_at }) = self.amount(Cell { key, kind }) else { return };
        rollup.sums.add(&Consumption {
            requests: request,
            errors: request * i64::from(is_error(counted.outcome)),
            input_tokens: totals.input.saturating_mul(sign),
            output_tokens: totals.output.saturating_mul(sign),
            cached_tokens: totals.cached.saturating_mul(sign),
            cache_write_tokens: totals.cache_write.saturating_mul(sign),
            reasoning_tokens: totals.reasoning.saturating_mul(sign),
            cost: totals.cost.saturating_mul(sign),
            saved: totals.saved.saturating_mul(sign),
        });
        if sign > 0 {
            *used_at = (*used_at).max(counted.end_time);
        }
        // Nothing that has durations is ever taken back.
        if request == 1 && Series::is_timed(counted.outcome) {
            rollup.latency.add(counted.total_us.unsigned_abs());
            if let Some(first_byte_us) = counted.first_byte_us {
                rollup.first_byte.add(first_byte_us.unsigned_abs());
            }
        }
    }

    fn amount(&mut self, cell: Cell) -> Option<&mut Amount> {
        // As many as there may be stay far below that.
        let next = u32::try_from(self.amounts.len()).unwrap_or(u32::MAX);
        let place = *self.cells.entry(cell).or_insert(next);
        if place == next {
            self.amounts.push((cell, Amount::default()));
        }
        self.amounts.get_mut(place as usize).map(|(_, amount)| amount)
    }

    /// Rows that they become, about: one of `usage`, and one of roll-ups for each span; and some of accounts and parts for what
    /// keys have in common.
    pub(crate) fn len(&self) -> usize {
        self.cells.len() * (1 + Span::ALL.len()) + self.kinds.len() * ROWS_OF_KIND
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Forgets all, and keeps the room for as much again.
    pub(crate) fn clear(&mut self) {
        let used = self.cells.len();
        self.cells.clear();
        self.cells.shrink_to(used);
        self.amounts.clear();
        self.amounts.shrink_to(used);
        self.kinds.clear();
    }

    /// The sums that all of it comes to.
    pub(crate) fn sums(&self) -> Sums {
        let mut sums = Sums::within(&self.bounds);
        let kinds: Vec<_> = self.kinds.texts().map(Kind::unpack).collect();
        let mut places: Vec<_> = kinds.iter().map(|_| (None, UsageSum::default())).collect();
        for (cell, Amount { rollup, used_at }) in &self.amounts {
            let at = cell.kind as usize;
            let (Some(Some(kind)), Some((place, all))) = (kinds.get(at), places.get_mut(at)) else {
                continue;
            };
            let [provider, _] = kind.share;
            let place = *place.get_or_insert_with(|| sums.kind(&kind.counted, provider));
            sums.add(place, cell.key, rollup, *used_at);
            all.add(&rollup.usage());
        }
        for (kind, (_, all)) in kinds.iter().zip(&places) {
            if let Some(kind) = kind {
                sums.add_all(&kind.counted, kind.share, all);
            }
        }
        sums
    }
}

/// All that sums tell calls apart by, but their keys.
struct Kind<'a> {
    /// As it was counted, to the minute; of its key it says only whether there is one.
    counted: Counted<'a>,
    /// The provider, and the model as that names it.
    share: [&'a str; 2],
}

const HAS_KEY: u8 = 1;
const IS_SUB_CALL: u8 = 2;

impl<'a> Kind<'a> {
    /// `minute i64 | flags u8 | outcome u8 | status u16`, then texts, each behind its length: little-endian.
    fn pack(&self, to: &mut Vec<u8>) {
        let Self { counted, share: [provider, upstream_model] } = self;
        let flags = if counted.key.is_some() { HAS_KEY } else { 0 }
            | if counted.is_sub_call { IS_SUB_CALL } else { 0 };
        to.extend_from_slice(&counted.minute().to_le_bytes());
        to.extend_from_slice(&[flags, outcome_code(counted.outcome)]);
        to.extend_from_slice(&counted.status.to_le_bytes());
        let texts = [
            counted.team,
            counted.counted_model(),
            provider,
            upstream_model,
            counted.customer,
            counted.error,
            counted.cache,
            counted.format,
            counted.region,
            counted.guardrails,
        ];
        for text in texts.map(str::as_bytes).into_iter().chain([counted.accounts]) {
            // The journal bounds them far below 4 GiB.
            to.extend_from_slice(&u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
            to.extend_from_slice(text);
        }
    }

    /// `None` if the text is not one.
    fn unpack(packed: &'a [u8]) -> Option<Self> {
        let (minute, rest) = packed.split_first_chunk::<8>()?;
        let ([flags, outcome], rest) = rest.split_first_chunk::<2>()?;
        let (status, mut rest) = rest.split_first_chunk::<2>()?;
        let mut bytes = || {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            let (part, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = behind;
            Some(part)
        };
        let mut text = || std::str::from_utf8(bytes()?).ok();
        let (team, model, provider, upstream_model) = (text()?, text()?, text()?, text()?);
        let counted = Counted {
            end_time: i64::from_le_bytes(*minute).saturating_mul(MINUTE_US),
            key: (flags & HAS_KEY != 0).then_some(0),
            team,
            model,
            // The model is the one to count for.
            is_resolved: true,
            provider,
            upstream_model,
            customer: text()?,
            outcome: outcome_of(*outcome).unwrap_or(Outcome::UpstreamError),
            status: u16::from_le_bytes(*status),
            error: text()?,
            cache: text()?,
            format: text()?,
            region: text()?,
            guardrails: text()?,
            first_byte_us: None,
            total_us: 0,
            is_sub_call: flags & IS_SUB_CALL != 0,
            accounts: bytes()?,
        };
        Some(Self { counted, share: [provider, upstream_model] })
    }
}

#[cfg(test)]
mod tests;

//! Sums over one batch, so that a batch of hundreds of records costs a handful of updates. It must not
//! touch the database itself.

use super::row::{Row, Totals};
use crate::journal::AttemptFrame;
use ahash::AHashMap;
use gw_model::Outcome;

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
/// The day that stands for all days.
pub(super) const ALL_DAYS: i64 = -1;

/// One row of `usage`, as a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct UsageSum {
    pub(super) requests: i64,
    pub(super) errors: i64,
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) cached: i64,
    pub(super) cost: i64,
}

/// What a row of `usage` is keyed by, besides numbers: read back from the packed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UsageKey<'a> {
    pub(super) hour: i64,
    /// Empty for none, else 16 bytes.
    pub(super) key: &'a [u8],
    pub(super) team: &'a str,
    pub(super) model: &'a str,
    pub(super) provider: &'a str,
    pub(super) customer: &'a str,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// By packed [`UsageKey`], so that a look-up needs no allocation.
    usage: AHashMap<Vec<u8>, UsageSum>,
    spent: AHashMap<(i64, u128), i64>,
    scratch: Vec<u8>,
}

impl Sums {
    /// Counts a request (`sign` 1) or takes it back (-1): itself under the provider of its last attempt,
    /// tokens and money under the provider of each attempt.
    pub(super) fn count(&mut self, row: &Row<'_>, attempts: &[AttemptFrame<'_>], sign: i64) {
        let one = UsageSum {
            requests: sign,
            errors: sign * i64::from(is_error(row.outcome)),
            ..UsageSum::default()
        };
        match attempts {
            [] => self.add(row, row.provider, with(one, &row.totals, sign)),
            [only] => self.add(row, only.provider, with(one, &row.totals, sign)),
            [earlier @ .., last] => {
                for attempt in earlier {
                    self.add(row, attempt.provider, with(UsageSum::default(), &Totals::of(attempt), sign));
                }
                self.add(row, last.provider, with(one, &Totals::of(last), sign));
            }
        }
        if let Some(key) = row.key.filter(|_| row.totals.cost != 0) {
            let cost = sign.saturating_mul(row.totals.cost);
            for day in [row.end_time.div_euclid(DAY_US), ALL_DAYS] {
                let sum = self.spent.entry((day, key)).or_default();
                *sum = sum.saturating_add(cost);
            }
        }
    }

    fn add(&mut self, row: &Row<'_>, provider: &str, sum: UsageSum) {
        self.pack(row, provider);
        if let Some(present) = self.usage.get_mut(self.scratch.as_slice()) {
            present.add(&sum);
        } else {
            self.usage.insert(self.scratch.clone(), sum);
        }
    }

    fn pack(&mut self, row: &Row<'_>, provider: &str) {
        let to = &mut self.scratch;
        to.clear();
        to.extend_from_slice(&row.end_time.div_euclid(HOUR_US).to_le_bytes());
        // A name that no model has would make a row per name; such calls are counted without one.
        let model = if row.provider.is_empty() && row.outcome == Outcome::Refused { "" } else { row.model };
        let key = row.key.map(u128::to_be_bytes);
        let key = key.as_ref().map_or(&[][..], <[u8; 16]>::as_slice);
        for part in [key, row.team.as_bytes(), model.as_bytes(), provider.as_bytes(), row.customer.as_bytes()]
        {
            // Texts come from the journal, which bounds them far below 64 KiB.
            to.extend_from_slice(&u16::try_from(part.len()).unwrap_or(0).to_le_bytes());
            to.extend_from_slice(part);
        }
    }

    /// Rows of `usage` to add, and forgets them.
    pub(super) fn take_usage(&mut self) -> AHashMap<Vec<u8>, UsageSum> {
        std::mem::take(&mut self.usage)
    }

    /// Rows of `spent` to add (day, key; nano-dollars), and forgets them.
    pub(super) fn take_spent(&mut self) -> AHashMap<(i64, u128), i64> {
        std::mem::take(&mut self.spent)
    }
}

impl UsageSum {
    const fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.errors = self.errors.saturating_add(other.errors);
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cached = self.cached.saturating_add(other.cached);
        self.cost = self.cost.saturating_add(other.cost);
    }
}

impl<'a> UsageKey<'a> {
    /// Reads the packed form; `None` if it is not one.
    pub(super) fn unpack(packed: &'a [u8]) -> Option<Self> {
        let (hour, mut rest) = packed.split_first_chunk::<8>()?;
        let mut part = || {
            let (length, behind) = rest.split_first_chunk::<2>()?;
            let (part, behind) = behind.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
            rest = behind;
            Some(part)
        };
        let key = part()?;
        let mut text = || std::str::from_utf8(part()?).ok();
        Some(Self {
            hour: i64::from_le_bytes(*hour),
            key,
            team: text()?,
            model: text()?,
            provider: text()?,
            customer: text()?,
        })
    }
}

const fn with(mut sum: UsageSum, totals: &Totals, sign: i64) -> UsageSum {
    sum.input = totals.input.saturating_mul(sign);
    sum.output = totals.output.saturating_mul(sign);
    sum.cached = totals.cached.saturating_mul(sign);
    sum.cost = totals.cost.saturating_mul(sign);
    sum
}

/// A caller that leaves and a shutdown are nobody's error.
const fn is_error(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Refused | Outcome::UpstreamError | Outcome::StreamCut | Outcome::Lost)
}

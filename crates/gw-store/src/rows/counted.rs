//! What of a record is counted, from wherever it comes: a journal, a row, a list. Serves all sums. It must not add anything up.

use super::record::{Row, Totals, signed};
use super::rollups::MINUTE_US;
use super::sums::HOUR_US;
use crate::accounts::of_level;
use crate::journal::{AttemptFrame, resolved_and_region};
use crate::types::LogRow;
use gw_model::{Level, Outcome};
use std::borrow::Cow;

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

    pub(super) const fn hour(&self) -> i64 {
        self.end_time.div_euclid(HOUR_US)
    }

    pub(super) const fn minute(&self) -> i64 {
        self.end_time.div_euclid(MINUTE_US)
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

    /// The provider, and the model as that names it.
    pub(super) const fn names(&self) -> [&'a str; 2] {
        [self.provider, self.upstream_model]
    }
}

//! A record as a row: the one place that knows the columns of `records` and their order.

use crate::accounts::pack;
use crate::journal::{AttemptFrame, MediaFrame, RecordFrame};
use crate::types::PendingIntent;
use gw_model::{Outcome, UsageSource, WireFormat};
use rusqlite::Statement;
use std::borrow::Cow;
use std::fmt::Write;

pub(super) const INSERT: &str = "INSERT INTO records (id, time, key, team, format, model, provider, \
     upstream_model, stream, outcome, status, error_code, error_detail, attempts, cache, customer, input, \
     output, cached, cache_write, reasoning, usage_source, cost, first_byte_us, total_us, tries, batch, parent, \
     role, accounts) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING";

/// An id as it is stored.
pub(super) const fn id_bytes(id: u128) -> [u8; 16] {
    id.to_be_bytes()
}

/// SQLite's integers are signed; larger counts than it can hold are cut to the largest.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Empty text is stored as NULL, which takes no space.
fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Tokens and money of a record, or of one of its attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) cached: i64,
    pub(super) cache_write: i64,
    pub(super) reasoning: i64,
    pub(super) cost: i64,
}

impl Totals {
    pub(super) fn of(attempt: &AttemptFrame<'_>) -> Self {
        let usage = &attempt.usage;
        Self {
            input: signed(usage.input_tokens),
            output: signed(usage.output_tokens),
            cached: signed(usage.cached_tokens),
            cache_write: signed(usage.cache_write_tokens.saturating_add(usage.cache_write_1h_tokens)),
            reasoning: signed(usage.reasoning_tokens),
            cost: signed(attempt.cost),
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cached: self.cached.saturating_add(other.cached),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            cost: self.cost.saturating_add(other.cost),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) id: u128,
    pub(super) time: i64,
    pub(super) end_time: i64,
    pub(super) key: Option<u128>,
    pub(super) team: &'a str,
    format: &'a str,
    pub(super) model: &'a str,
    pub(super) provider: &'a str,
    upstream_model: &'a str,
    stream: bool,
    pub(super) outcome: Outcome,
    status: u16,
    error_code: &'a str,
    error_detail: &'a str,
    attempts: usize,
    cache: &'a str,
    pub(super) customer: &'a str,
    pub(super) totals: Totals,
    usage_source: UsageSource,
    first_byte_us: Option<u64>,
    total_us: u64,
    tries: Option<String>,
    /// Of a sub-call: the request that started it, and the number of its role.
    pub(super) parent: Option<(u128, u8)>,
    /// The accounts that it counts for besides its key, packed.
    pub(super) accounts: Cow<'a, [u8]>,
}

impl<'a> Row<'a> {
    pub(super) fn of(record: &RecordFrame<'a>) -> Self {
        let last = record.attempts.last();
        let totals = record.attempts.iter().fold(Totals::default(), |sum, a| sum.plus(Totals::of(a)));
        let told = record.attempts.len() > 1
            || last.is_some_and(|a| !a.reason.is_empty())
            || !record.media.is_empty();
        Self {
            id: record.id,
            time: record.time,
            end_time: record.end_time(),
            key: record.key.map(|k| k.0),
            team: record.team_id.unwrap_or(""),
            format: record.format().map_or("", WireFormat::as_str),
            model: record.model,
            provider: last.map_or("", |a| a.provider),
            upstream_model: last.map_or("", |a| a.upstream_model),
            stream: record.stream,
            // An ending that only a later version knows: the nearest this one has is a failure.
            outcome: record.outcome().unwrap_or(Outcome::UpstreamError),
            status: record.status,
            error_code: record.error_code,
            error_detail: record.error_detail,
            attempts: record.attempts.len(),
            cache: record.cache,
            customer: record.customer.unwrap_or(""),
            totals,
            usage_source: source(&record.attempts),
            first_byte_us: record.first_byte_us,
            total_us: record.total_us,
            tries: told.then(|| tries(&record.attempts, &record.media)),
            parent: record.parent.map(|parent| (parent.request, parent.role)),
            accounts: Cow::Borrowed(record.accounts),
        }
    }

    /// A request that was written off: charged at the hold of its last intent.
    pub(super) fn lost(last: &'a PendingIntent, attempts: usize) -> Self {
        Self {
            id: last.request,
            time: last.time,
            end_time: last.time,
            key: last.key,
            team: last.team_id.as_deref().unwrap_or(""),
            format: &last.format,
            model: &last.model,
            provider: &last.provider,
            upstream_model: &last.upstream_model,
            stream: last.stream,
            outcome: Outcome::Lost,
            status: 0,
            error_code: "",
            error_detail: "",
            attempts,
            cache: "",
            customer: "",
            totals: Totals { input: signed(last.input_tokens), cost: signed(last.hold), ..Totals::default() },
            usage_source: UsageSource::Estimated,
            first_byte_us: None,
            total_us: 0,
            tries: None,
            parent: last.parent,
            accounts: Cow::Owned(pack(&last.accounts).into_vec()),
        }
    }

    /// Inserts the row as one of a batch; false when the request has one already.
    pub(super) fn insert(&self, statement: &mut Statement<'_>, batch: i64) -> rusqlite::Result<bool> {
        let id = id_bytes(self.id);
        let key = self.key.map(id_bytes);
        let t = &self.totals;
        let s = &mut *statement;
        s.raw_bind_parameter(1, id.as_slice())?;
        s.raw_bind_parameter(2, self.time)?;
        s.raw_bind_parameter(3, key.as_ref().map(<[u8; 16]>::as_slice))?;
        s.raw_bind_parameter(4, non_empty(self.team))?;
        s.raw_bind_parameter(5, self.format)?;
        s.raw_bind_parameter(6, self.model)?;
        s.raw_bind_parameter(7, non_empty(self.provider))?;
        s.raw_bind_parameter(8, non_empty(self.upstream_model))?;
        s.raw_bind_parameter(9, self.stream)?;
        s.raw_bind_parameter(10, crate::journal::outcome_code(self.outcome))?;
        s.raw_bind_parameter(11, self.status)?;
        s.raw_bind_parameter(12, non_empty(self.error_code))?;
        s.raw_bind_parameter(13, non_empty(self.error_detail))?;
        s.raw_bind_parameter(14, signed(self.attempts as u64))?;
        s.raw_bind_parameter(15, non_empty(self.cache))?;
        s.raw_bind_parameter(16, non_empty(self.customer))?;
        s.raw_bind_parameter(17, t.input)?;
        s.raw_bind_parameter(18, t.output)?;
        s.raw_bind_parameter(19, t.cached)?;
        s.raw_bind_parameter(20, t.cache_write)?;
        s.raw_bind_parameter(21, t.reasoning)?;
        s.raw_bind_parameter(22, crate::journal::source_code(self.usage_source))?;
        s.raw_bind_parameter(23, t.cost)?;
        s.raw_bind_parameter(24, self.first_byte_us.map(signed))?;
        s.raw_bind_parameter(25, signed(self.total_us))?;
        s.raw_bind_parameter(26, self.tries.as_deref())?;
        s.raw_bind_parameter(27, batch)?;
        let parent = self.parent.map(|(request, _)| id_bytes(request));
        s.raw_bind_parameter(28, parent.as_ref().map(<[u8; 16]>::as_slice))?;
        s.raw_bind_parameter(29, self.parent.map(|(_, role)| role))?;
        s.raw_bind_parameter(30, (!self.accounts.is_empty()).then_some(&*self.accounts))?;
        s.raw_execute().map(|changed| changed > 0)
    }
}

/// Counted by the gateway if any attempt was; else stated by an upstream if any was.
fn source(attempts: &[AttemptFrame<'_>]) -> UsageSource {
    let any = |wanted| attempts.iter().any(|a| a.usage_source() == wanted);
    if any(UsageSource::Estimated) {
        UsageSource::Estimated
    } else if any(UsageSource::Upstream) {
        UsageSource::Upstream
    } else {
        UsageSource::None
    }
}

/// The attempts as a JSON list.
fn tries(attempts: &[AttemptFrame<'_>], media: &[MediaFrame]) -> String {
    let mut list = String::from("[");
    for (number, attempt) in attempts.iter().enumerate() {
        let text = |t: &str| serde_json::Value::from(t);
        let comma = if number == 0 { "" } else { "," };
        // Writing to a String can not fail.
        let _ = write!(
            list,
            "{comma}{{\"provider\":{},\"upstream_model\":{},\"status\":{},\"reason\":{},\"duration_us\":{},\
             \"input_tokens\":{},\"output_tokens\":{},\"cached_tokens\":{},\"usage_source\":\"{}\",\"cost_usd\":\"{}\"",
            text(attempt.provider),
            text(attempt.upstream_model),
            attempt.status,
            text(attempt.reason),
            attempt.duration_us,
            attempt.usage.input_tokens,
            attempt.usage.output_tokens,
            attempt.usage.cached_tokens,
            attempt.usage_source().as_str(),
            gw_model::NanoUsd(attempt.cost),
        );
        if let Some(frame) = media.iter().find(|frame| usize::from(frame.attempt) == number) {
            let media = frame.media();
            let counts: Vec<String> =
                media.named().map(|(name, count)| format!("\"{name}\":{count}")).collect();
            let _ = write!(list, ",\"media\":{{{}}}", counts.join(","));
        }
        list.push('}');
    }
    list.push(']');
    list
}

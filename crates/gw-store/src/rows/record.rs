//! A record as a row: what of it is stored, in the columns that every database has. Serves the fold.

use crate::accounts::pack;
use crate::journal::{AttemptFrame, MediaFrame, RecordFrame, UsageFrame};
use crate::rows::verdicts;
use crate::types::PendingIntent;
use gw_model::{Outcome, ServiceTier, UsageSource, WireFormat};
use std::borrow::Cow;
use std::fmt::Write;

/// An id as it is stored.
pub(crate) const fn id_bytes(id: u128) -> [u8; 16] {
    id.to_be_bytes()
}

/// The integers of databases are signed; larger counts than they can hold are cut to the largest.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Empty text is stored as NULL, which takes no space.
pub(crate) fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Tokens and money of a record, or of one of its attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) input: i64,
    pub(crate) output: i64,
    pub(crate) cached: i64,
    pub(crate) cache_write: i64,
    pub(crate) reasoning: i64,
    pub(crate) cost: i64,
    /// What answers from the cache would have cost.
    pub(crate) saved: i64,
}

impl Totals {
    pub(crate) fn of(attempt: &AttemptFrame<'_>) -> Self {
        let usage = &attempt.usage;
        Self {
            input: signed(usage.input_tokens),
            output: signed(usage.output_tokens),
            cached: signed(usage.cached_tokens),
            cache_write: signed(usage.cache_write_tokens.saturating_add(usage.cache_write_1h_tokens)),
            reasoning: signed(usage.reasoning_tokens),
            cost: signed(attempt.cost),
            saved: 0,
        }
    }

    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cached: self.cached.saturating_add(other.cached),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            cost: self.cost.saturating_add(other.cost),
            saved: self.saved.saturating_add(other.saved),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) id: u128,
    pub(crate) time: i64,
    pub(crate) end_time: i64,
    pub(crate) key: Option<u128>,
    pub(crate) team: &'a str,
    pub(crate) format: &'a str,
    pub(crate) model: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) upstream_model: &'a str,
    pub(crate) stream: bool,
    pub(crate) outcome: Outcome,
    pub(crate) status: u16,
    pub(crate) error_code: &'a str,
    pub(crate) error_detail: &'a str,
    pub(crate) attempts: usize,
    pub(crate) cache: &'a str,
    pub(crate) customer: &'a str,
    pub(crate) totals: Totals,
    pub(crate) usage_source: UsageSource,
    pub(crate) first_byte_us: Option<u64>,
    pub(crate) total_us: u64,
    pub(crate) tries: Option<String>,
    /// Of a sub-call: the request that started it, and the number of its role.
    pub(crate) parent: Option<(u128, u8)>,
    /// The accounts that it counts for besides its key, packed.
    pub(crate) accounts: Cow<'a, [u8]>,
    pub(crate) user_agent: &'a str,
    pub(crate) session: &'a str,
    /// The tags that the caller named, as `|tag|tag|`.
    pub(crate) tags: Option<String>,
    /// What guardrails found, as [`verdicts::written`] has it.
    pub(crate) guardrails: Option<String>,
    /// What else is known, as the journal has it.
    pub(crate) details: &'a [u8],
}

impl<'a> Row<'a> {
    pub(crate) fn of(record: &RecordFrame<'a>) -> Self {
        let last = record.attempts.last();
        let saved = Totals { saved: signed(record.saved), ..Totals::default() };
        let totals = record.attempts.iter().fold(saved, |sum, a| sum.plus(Totals::of(a)));
        let told = record.attempts.len() > 1
            || last.is_some_and(|a| !a.reason.is_empty() || is_odd(&a.usage))
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
            user_agent: record.user_agent,
            session: record.session,
            tags: tags(record.tags),
            guardrails: verdicts::written(&record.verdicts),
            details: record.details,
        }
    }

    /// A request that was written off: charged at the hold of its last intent.
    pub(crate) fn lost(last: &'a PendingIntent, attempts: usize) -> Self {
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
            user_agent: "",
            session: "",
            tags: None,
            guardrails: None,
            details: &[],
        }
    }
}

/// Names between commas as `|name|name|`; `None` where there are none.
fn tags(said: &str) -> Option<String> {
    let mut text = String::new();
    for name in said.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        text.push('|');
        text.extend(name.chars().map(|c| if c == '|' { '_' } else { c }));
    }
    if text.is_empty() {
        return None;
    }
    text.push('|');
    Some(text)
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

/// Does it cost something that the columns of a row do not tell apart? What a call consumed is known for as long as its record.
fn is_odd(usage: &UsageFrame) -> bool {
    let is_standard = usage.service_tier().is_none_or(|tier| tier == ServiceTier::Standard);
    !is_standard
        || [usage.cache_write_1h_tokens, usage.audio_input_tokens, usage.audio_output_tokens] != [0; 3]
}

/// What few attempts have: whoever computes their cost again needs it.
fn write_odd(list: &mut String, usage: &UsageFrame) {
    let counts = [
        ("cache_write_tokens", usage.cache_write_tokens),
        ("cache_write_1h_tokens", usage.cache_write_1h_tokens),
        ("reasoning_tokens", usage.reasoning_tokens),
        ("audio_input_tokens", usage.audio_input_tokens),
        ("audio_output_tokens", usage.audio_output_tokens),
    ];
    // Writing to a String can not fail.
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        let _ = write!(list, ",\"{name}\":{count}");
    }
    if let Some(tier) = usage.service_tier() {
        let _ = write!(list, ",\"service_tier\":\"{}\"", tier.as_str());
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
        write_odd(&mut list, &attempt.usage);
        list.push('}');
    }
    list.push(']');
    list
}

//! Costs of past calls, computed again: what a record says an attempt consumed, and what it is to cost. Plain data.

use super::{LogRow, StoredJob};
use gw_model::{Media, Micros, NanoUsd, PriceLine, RequestId, ServiceTier, Unit, Usage, UsageSource};
use serde::Deserialize;

/// A re-costing: which records, at which prices, how far it is and what came of it.
pub type StoredRecosting = StoredJob;

/// An attempt of a record, as far as its cost can be computed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastAttempt {
    /// Provider's configured name.
    pub provider: String,
    /// Model name sent upstream.
    pub upstream_model: String,
    /// What it consumed.
    pub usage: Usage,
    /// Where that comes from.
    pub source: UsageSource,
    /// What it cost.
    pub cost: NanoUsd,
}

/// What an attempt is to cost from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repriced {
    /// Its position in the record.
    pub attempt: usize,
    /// What it costs.
    pub cost: NanoUsd,
    /// What that is made of.
    pub lines: Vec<PriceLine>,
}

/// A record that is to cost something else.
#[derive(Clone, Debug)]
pub struct Recost {
    /// As it was read.
    pub row: LogRow,
    /// Its attempts, as [`PastAttempt::all_of`] gives them.
    pub attempts: Vec<PastAttempt>,
    /// Those that change.
    pub repriced: Vec<Repriced>,
}

/// What became of a page of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it is written, and how far the job is.
    Done,
    /// The job is another node's by now, or was ended.
    Lost,
    /// A record was changed since it was read: read again.
    Outdated,
}

/// What a record cost before it was re-costed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormerCost {
    /// The re-costing that changed it last.
    pub recosting: u128,
    /// When.
    pub time: Micros,
    /// What it cost before that.
    pub before: NanoUsd,
    /// What it was charged when it ended; budgets have that.
    pub charged: NanoUsd,
}

/// An attempt as a record's list has it.
#[derive(Deserialize)]
struct Try {
    provider: String,
    #[serde(default)]
    upstream_model: String,
    input_tokens: u64,
    output_tokens: u64,
    cached_tokens: u64,
    usage_source: String,
    cost_usd: String,
    #[serde(default)]
    media: Media,
    #[serde(default)]
    cache_write_tokens: u64,
    #[serde(default)]
    cache_write_1h_tokens: u64,
    #[serde(default)]
    reasoning_tokens: u64,
    #[serde(default)]
    audio_input_tokens: u64,
    #[serde(default)]
    audio_output_tokens: u64,
    service_tier: Option<ServiceTier>,
}

impl Try {
    fn read(self) -> Option<PastAttempt> {
        let source = [UsageSource::Upstream, UsageSource::Estimated, UsageSource::None];
        Some(PastAttempt {
            usage: Usage {
                input_tokens: self.input_tokens,
                output_tokens: self.output_tokens,
                cached_tokens: self.cached_tokens,
                cache_write_tokens: self.cache_write_tokens,
                cache_write_1h_tokens: self.cache_write_1h_tokens,
                reasoning_tokens: self.reasoning_tokens,
                audio_input_tokens: self.audio_input_tokens,
                audio_output_tokens: self.audio_output_tokens,
                searches: 0,
                service_tier: self.service_tier,
                media: self.media,
            },
            source: source.into_iter().find(|source| source.as_str() == self.usage_source)?,
            cost: NanoUsd::parse_usd(&self.cost_usd).ok()?,
            provider: self.provider,
            upstream_model: self.upstream_model,
        })
    }
}

impl PastAttempt {
    /// The attempts of a record, in order; `None` where it does not say what they cost.
    #[must_use]
    pub fn all_of(row: &LogRow) -> Option<Vec<Self>> {
        let mut attempts = match row.tries.as_deref().filter(|list| !list.is_empty()) {
            Some(list) => {
                let list: Vec<Try> = serde_json::from_str(list).ok()?;
                list.into_iter().map(Try::read).collect::<Option<Vec<Self>>>()?
            }
            None if row.attempts == 0 => return Some(Vec::new()),
            None if row.attempts == 1 => vec![Self::only(row)],
            None => return None,
        };
        let sum = attempts.iter().fold(NanoUsd::ZERO, |sum, one| sum.plus(one.cost));
        if sum != row.cost {
            return None;
        }
        for (number, attempt) in attempts.iter_mut().enumerate() {
            attempt.take_counts(row, number);
        }
        if let [one] = attempts.as_mut_slice() {
            // Its list may be of a version that left them out.
            one.usage.reasoning_tokens = row.reasoning_tokens;
            one.usage.cache_write_tokens =
                row.cache_write_tokens.saturating_sub(one.usage.cache_write_1h_tokens);
        }
        Some(attempts)
    }

    fn only(row: &LogRow) -> Self {
        let usage = Usage {
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cached_tokens: row.cached_tokens,
            ..Usage::default()
        };
        Self {
            provider: row.provider.clone().unwrap_or_default(),
            upstream_model: row.upstream_model.clone().unwrap_or_default(),
            usage,
            source: row.usage_source,
            cost: row.cost,
        }
    }

    /// Counts that stand only in what it was charged at.
    fn take_counts(&mut self, row: &LogRow, number: usize) {
        let of_attempt = row.details.prices.iter().filter(|line| usize::from(line.attempt) == number);
        for line in of_attempt {
            let count = match line.unit {
                Unit::CacheWrite => &mut self.usage.cache_write_tokens,
                Unit::CacheWrite1h => &mut self.usage.cache_write_1h_tokens,
                Unit::Reasoning => &mut self.usage.reasoning_tokens,
                Unit::AudioInput => &mut self.usage.audio_input_tokens,
                Unit::AudioOutput => &mut self.usage.audio_output_tokens,
                Unit::Request => &mut self.usage.searches,
                _ => continue,
            };
            if *count == 0 {
                *count = line.count;
            }
        }
    }
}

impl Recost {
    /// What all of it costs from now on.
    #[must_use]
    pub fn cost(&self) -> NanoUsd {
        (0..self.attempts.len()).fold(NanoUsd::ZERO, |sum, number| sum.plus(self.cost_of(number)))
    }

    /// What an attempt costs from now on.
    pub(crate) fn cost_of(&self, number: usize) -> NanoUsd {
        let is = self.repriced.iter().find(|one| one.attempt == number).map(|one| one.cost);
        is.or_else(|| self.attempts.get(number).map(|one| one.cost)).unwrap_or_default()
    }

    /// The prices of its attempts from now on.
    pub(crate) fn lines(&self) -> Vec<PriceLine> {
        let stays =
            |line: &&PriceLine| !self.repriced.iter().any(|one| one.attempt == usize::from(line.attempt));
        let mut lines: Vec<PriceLine> = self.row.details.prices.iter().filter(stays).copied().collect();
        lines.extend(self.repriced.iter().flat_map(|one| one.lines.iter().copied()));
        lines.sort_by_key(|line| line.attempt);
        lines
    }

    /// The list of its attempts from now on, where it has one.
    pub(crate) fn tries(&self) -> Option<String> {
        let list = self.row.tries.as_deref()?;
        let Ok(mut list) = serde_json::from_str::<Vec<serde_json::Value>>(list) else {
            return Some(list.to_owned());
        };
        for (number, one) in list.iter_mut().enumerate() {
            if let Some(members) = one.as_object_mut() {
                members.insert("cost_usd".to_owned(), self.cost_of(number).to_string().into());
            }
        }
        serde_json::to_string(&list).ok()
    }

    /// The record it is of.
    #[must_use]
    pub const fn id(&self) -> RequestId {
        self.row.request_id
    }
}

//! Usage as Anthropic states it. Serves the readers and writers of answers in this format. It must not
//! estimate: what the upstream left out stays zero.
//!
//! Anthropic's `input_tokens` leaves out cache reads and writes; [`Usage::input_tokens`] includes them.

use gw_model::price::ServiceTier;
use gw_model::usage::Usage;
use serde::{Deserialize, Serialize};

/// The `usage` object. Frames of a stream state some of the members each; [`WireUsage::refine`] joins them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct WireUsage {
    /// Input tokens neither read from nor written to the cache.
    pub input_tokens: Option<u64>,
    /// Output tokens, thinking included.
    pub output_tokens: Option<u64>,
    /// Input tokens read from the cache.
    pub cache_read_input_tokens: Option<u64>,
    /// Input tokens written to the cache, of any lifetime.
    pub cache_creation_input_tokens: Option<u64>,
    /// The writes by lifetime.
    pub cache_creation: Option<CacheCreation>,
    /// Parts of the output.
    pub output_tokens_details: Option<OutputDetails>,
    /// The tier that served the call.
    #[serde(default, deserialize_with = "tier")]
    pub service_tier: Option<ServiceTier>,
}

/// Cache writes by lifetime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct CacheCreation {
    /// Five minutes.
    #[serde(default)]
    pub ephemeral_5m_input_tokens: u64,
    /// An hour.
    #[serde(default)]
    pub ephemeral_1h_input_tokens: u64,
}

/// Parts of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct OutputDetails {
    /// Thinking.
    #[serde(default)]
    pub thinking_tokens: u64,
}

impl WireUsage {
    /// Takes over what a later frame states.
    pub fn refine(&mut self, later: &Self) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
        self.cache_read_input_tokens = later.cache_read_input_tokens.or(self.cache_read_input_tokens);
        self.cache_creation_input_tokens =
            later.cache_creation_input_tokens.or(self.cache_creation_input_tokens);
        self.cache_creation = later.cache_creation.or(self.cache_creation);
        self.output_tokens_details = later.output_tokens_details.or(self.output_tokens_details);
        self.service_tier = later.service_tier.or(self.service_tier);
    }

    /// In the common meaning.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let cached = self.cache_read_input_tokens.unwrap_or(0);
        let by_lifetime = self.cache_creation.unwrap_or_default();
        let written = self.cache_creation_input_tokens.unwrap_or_else(|| {
            by_lifetime.ephemeral_5m_input_tokens.saturating_add(by_lifetime.ephemeral_1h_input_tokens)
        });
        let for_an_hour = by_lifetime.ephemeral_1h_input_tokens.min(written);
        let plain = self.input_tokens.unwrap_or(0);
        Usage {
            input_tokens: plain.saturating_add(cached).saturating_add(written),
            output_tokens: self.output_tokens.unwrap_or(0),
            cached_tokens: cached,
            cache_write_tokens: written - for_an_hour,
            cache_write_1h_tokens: for_an_hour,
            reasoning_tokens: self.output_tokens_details.unwrap_or_default().thinking_tokens,
            service_tier: self.service_tier,
            ..Usage::default()
        }
    }
}

/// The `usage` object of a written answer.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UsageOut {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_creation: Option<CacheCreation>,
    output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens_details: Option<OutputDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
}

impl From<&Usage> for UsageOut {
    fn from(usage: &Usage) -> Self {
        let parts = usage.input_parts();
        Self {
            input_tokens: parts.plain,
            cache_creation_input_tokens: parts.write.saturating_add(parts.write_1h),
            cache_read_input_tokens: parts.cached,
            cache_creation: (parts.write > 0 || parts.write_1h > 0).then_some(CacheCreation {
                ephemeral_5m_input_tokens: parts.write,
                ephemeral_1h_input_tokens: parts.write_1h,
            }),
            output_tokens: usage.output_tokens,
            output_tokens_details: (usage.reasoning_tokens > 0)
                .then_some(OutputDetails { thinking_tokens: usage.reasoning_tokens }),
            service_tier: usage.service_tier.and_then(|tier| match tier {
                ServiceTier::Standard => Some("standard"),
                ServiceTier::Priority => Some("priority"),
                ServiceTier::Batch => Some("batch"),
                // Callers' types of this format know three tiers.
                ServiceTier::Flex => None,
            }),
        }
    }
}

fn tier<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<ServiceTier>, D::Error> {
    let name = Option::<std::borrow::Cow<'de, str>>::deserialize(from)?;
    Ok(match name.as_deref() {
        Some("standard") => Some(ServiceTier::Standard),
        Some("priority") => Some(ServiceTier::Priority),
        Some("batch") => Some(ServiceTier::Batch),
        _ => None,
    })
}

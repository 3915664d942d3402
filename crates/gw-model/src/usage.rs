//! What a call consumed, in one meaning for every wire format.

use crate::media::Media;
use crate::price::ServiceTier;
use serde::{Deserialize, Serialize};

/// Units consumed by one attempt. `input_tokens` includes cache reads, cache writes and audio;
/// `output_tokens` includes reasoning and audio. The detail fields are parts of those two totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// All input tokens, cached or not.
    pub input_tokens: u64,
    /// All output tokens, reasoning included.
    pub output_tokens: u64,
    /// Input tokens read from the provider's prompt cache.
    pub cached_tokens: u64,
    /// Input tokens written to the provider's prompt cache with its shortest lifetime.
    pub cache_write_tokens: u64,
    /// Input tokens written to the provider's prompt cache with a lifetime of an hour.
    pub cache_write_1h_tokens: u64,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: u64,
    /// Input tokens that were audio.
    pub audio_input_tokens: u64,
    /// Output tokens that were audio.
    pub audio_output_tokens: u64,
    /// Searches billed for a ranking; 0 where there are none or the upstream does not say: one request.
    pub searches: u64,
    /// The service tier that the upstream says it used.
    pub service_tier: Option<ServiceTier>,
    /// What images, speech and recordings consumed.
    #[serde(default, skip_serializing_if = "Media::is_none")]
    pub media: Media,
}

impl Usage {
    /// Cache writes of any lifetime.
    #[must_use]
    pub const fn cache_writes(&self) -> u64 {
        self.cache_write_tokens.saturating_add(self.cache_write_1h_tokens)
    }

    /// Input and output together.
    #[must_use]
    pub const fn total_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// The input, split. Upstreams may state more cached tokens than input, or count tokens that they wrote and read
    /// as both: what is left of the input is what the later parts can be.
    #[must_use]
    pub const fn input_parts(&self) -> InputParts {
        const fn take(rest: u64, part: u64) -> (u64, u64) {
            let part = if part < rest { part } else { rest };
            (part, rest - part)
        }
        let (cached, rest) = take(self.input_tokens, self.cached_tokens);
        let (write, rest) = take(rest, self.cache_write_tokens);
        let (write_1h, plain) = take(rest, self.cache_write_1h_tokens);
        InputParts { plain, cached, write, write_1h }
    }

    /// Takes over every figure that `later` states (non-zero), as successive stream frames refine usage.
    pub fn merge(&mut self, later: &Self) {
        let take = |mine: &mut u64, theirs: u64| {
            if theirs != 0 {
                *mine = theirs;
            }
        };
        take(&mut self.input_tokens, later.input_tokens);
        take(&mut self.output_tokens, later.output_tokens);
        take(&mut self.cached_tokens, later.cached_tokens);
        take(&mut self.cache_write_tokens, later.cache_write_tokens);
        take(&mut self.cache_write_1h_tokens, later.cache_write_1h_tokens);
        take(&mut self.reasoning_tokens, later.reasoning_tokens);
        take(&mut self.audio_input_tokens, later.audio_input_tokens);
        take(&mut self.audio_output_tokens, later.audio_output_tokens);
        take(&mut self.searches, later.searches);
        if later.service_tier.is_some() {
            self.service_tier = later.service_tier;
        }
        self.media.merge(&later.media);
    }
}

/// Input tokens by what became of them; their sum is [`Usage::input_tokens`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputParts {
    /// Neither read from nor written to a cache.
    pub plain: u64,
    /// Read from the cache.
    pub cached: u64,
    /// Written to the cache with its shortest lifetime.
    pub write: u64,
    /// Written to the cache with a lifetime of an hour.
    pub write_1h: u64,
}

/// Where a usage figure comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// Stated by the upstream.
    Upstream,
    /// Counted by the gateway, because the upstream stated none.
    Estimated,
    /// There was nothing to bill.
    #[default]
    None,
}

impl UsageSource {
    /// Every source.
    pub const ALL: &'static [Self] = &[Self::Upstream, Self::Estimated, Self::None];

    /// The name in logs and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Estimated => "estimated",
            Self::None => "none",
        }
    }
}

//! Prices and what a usage costs under them. A sheet is a flat list of rates: few models have more
//! than thirty, so a linear search over 16-byte entries beats a map and keeps 4,500 models small.

mod media;

use crate::money::{FEMTO_PER_NANO, FemtoUsd, NanoUsd};
use crate::usage::Usage;
use serde::{Deserialize, Serialize};

macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vmeta])* $variant),+ }
        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The name in the catalogue, the configuration and JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            /// The variant of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

named_enum! {
    /// What a rate is charged for.
    Unit {
        /// One input token that no more special unit covers.
        Input = "input",
        /// One output token that no more special unit covers.
        Output = "output",
        /// One input token read from the prompt cache.
        CacheRead = "cache_read",
        /// One input token written to the prompt cache, shortest lifetime.
        CacheWrite = "cache_write",
        /// One input token written to the prompt cache for an hour.
        CacheWrite1h = "cache_write_1h",
        /// One output token of reasoning.
        Reasoning = "reasoning",
        /// One input token of audio.
        AudioInput = "audio_input",
        /// One output token of audio.
        AudioOutput = "audio_output",
        /// One cached input token of audio.
        AudioCacheRead = "audio_cache_read",
        /// One input token of an image.
        ImageInputToken = "image_input_token",
        /// One output token of an image.
        ImageOutputToken = "image_output_token",
        /// One input image.
        ImageInput = "image_input",
        /// One output image.
        ImageOutput = "image_output",
        /// One input character.
        CharacterInput = "character_input",
        /// One output character.
        CharacterOutput = "character_output",
        /// One second of input.
        SecondInput = "second_input",
        /// One second of output.
        SecondOutput = "second_output",
        /// One pixel of input.
        PixelInput = "pixel_input",
        /// One pixel of output.
        PixelOutput = "pixel_output",
        /// One request or query.
        Request = "request",
        /// One page of a document.
        Page = "page",
        /// One web search, low context size.
        SearchLow = "search_low",
        /// One web search, medium context size.
        SearchMedium = "search_medium",
        /// One web search, high context size.
        SearchHigh = "search_high",
    }
}

named_enum! {
    /// The provider's service tier a rate belongs to.
    ServiceTier {
        /// The default.
        Standard = "standard",
        /// Asynchronous batches.
        Batch = "batch",
        /// Slower and cheaper.
        Flex = "flex",
        /// Faster and dearer.
        Priority = "priority",
    }
}

impl Unit {
    /// The unit whose rate holds where there is none for this one.
    const fn plainer(self) -> Option<Self> {
        match self {
            Self::CacheRead | Self::CacheWrite | Self::AudioInput | Self::ImageInputToken => {
                Some(Self::Input)
            }
            Self::CacheWrite1h => Some(Self::CacheWrite),
            Self::AudioCacheRead => Some(Self::AudioInput),
            Self::Reasoning | Self::AudioOutput | Self::ImageOutputToken => Some(Self::Output),
            _ => None,
        }
    }
}

/// One price: so much for a unit, in a service tier, once the prompt has more than `above_tokens` tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Charged for.
    pub unit: Unit,
    /// Service tier.
    pub tier: ServiceTier,
    /// Holds for prompts of more than this many tokens; 0 for the base rate.
    pub above_tokens: u32,
    /// Femto-dollars for one unit.
    pub price: FemtoUsd,
}

/// All prices of a model. Empty means unknown, never free.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceSheet {
    /// In no particular order.
    pub rates: Box<[Rate]>,
}

impl PriceSheet {
    /// The price of `unit` for a prompt of `prompt_tokens`: that of `tier`, else the standard one;
    /// among those the one with the highest threshold below the prompt's size.
    #[must_use]
    pub fn rate(&self, unit: Unit, tier: ServiceTier, prompt_tokens: u64) -> Option<FemtoUsd> {
        let in_tier = |wanted: ServiceTier| {
            self.rates
                .iter()
                .filter(|r| r.unit == unit && r.tier == wanted)
                .filter(|r| r.above_tokens == 0 || prompt_tokens > u64::from(r.above_tokens))
                .max_by_key(|r| r.above_tokens)
                .map(|r| r.price)
        };
        in_tier(tier)
            .or_else(|| if tier == ServiceTier::Standard { None } else { in_tier(ServiceTier::Standard) })
    }

    /// True when token usage can be priced.
    #[must_use]
    pub fn prices_tokens(&self) -> bool {
        self.rates.iter().any(|r| matches!(r.unit, Unit::Input | Unit::Output))
    }

    /// What `usage` costs, computed in 128 bits and rounded up once to a nano-dollar.
    /// Units without a rate of their own fall back: cache reads and writes, audio and images to input; reasoning, audio
    /// and images to output.
    #[must_use]
    pub fn cost(&self, usage: &Usage, requested: ServiceTier) -> NanoUsd {
        let tier = usage.service_tier.unwrap_or(requested);
        let rate = |unit, fallback: Option<u64>| {
            self.rate(unit, tier, usage.input_tokens).map(|f| f.0).or(fallback).unwrap_or(0)
        };
        let input = rate(Unit::Input, None);
        let output = rate(Unit::Output, None);
        let write = rate(Unit::CacheWrite, Some(input));
        let images = |tokens: u32, unit, base| match tokens {
            0 => (0, 0),
            tokens => (u64::from(tokens), rate(unit, Some(base))),
        };
        let parts_in = [
            (usage.cached_tokens, rate(Unit::CacheRead, Some(input))),
            (usage.cache_write_tokens, write),
            (usage.cache_write_1h_tokens, rate(Unit::CacheWrite1h, Some(write))),
            (usage.audio_input_tokens, rate(Unit::AudioInput, Some(input))),
            images(usage.media.image_input_tokens, Unit::ImageInputToken, input),
        ];
        let parts_out = [
            (usage.reasoning_tokens, rate(Unit::Reasoning, Some(output))),
            (usage.audio_output_tokens, rate(Unit::AudioOutput, Some(output))),
            images(usage.media.image_output_tokens, Unit::ImageOutputToken, output),
        ];
        let pieces = if usage.media.is_none() { 0 } else { self.pieces(usage, tier) };
        let total = sum(usage.input_tokens, input, &parts_in)
            + sum(usage.output_tokens, output, &parts_out)
            + u128::from(rate(Unit::Request, None)) * u128::from(usage.searches.max(1))
            + pieces;
        NanoUsd(u64::try_from(total.div_ceil(FEMTO_PER_NANO)).unwrap_or(u64::MAX))
    }

    /// Hands out what [`Self::cost`] is made of: the unit, how many of it, and the price of one, for each kind of token that
    /// was consumed and has a price. Images, seconds and characters are charged together, and are in none of these.
    pub fn each_line(
        &self,
        usage: &Usage,
        requested: ServiceTier,
        mut each: impl FnMut(Unit, u64, FemtoUsd),
    ) {
        let tier = usage.service_tier.unwrap_or(requested);
        let rate = |unit| {
            let plainer = std::iter::successors(Some(unit), |unit: &Unit| unit.plainer());
            plainer.filter_map(|unit| self.rate(unit, tier, usage.input_tokens)).next().unwrap_or(FemtoUsd(0))
        };
        let mut add = |unit, count| {
            let price = if count > 0 { rate(unit) } else { FemtoUsd(0) };
            if price.0 > 0 {
                each(unit, count, price);
            }
            count
        };
        let (audio_in, audio_out) = (usage.audio_input_tokens, usage.audio_output_tokens);
        let special_in = [
            add(Unit::CacheRead, usage.cached_tokens),
            add(Unit::CacheWrite, usage.cache_write_tokens),
            add(Unit::CacheWrite1h, usage.cache_write_1h_tokens),
            add(Unit::AudioInput, audio_in),
            add(Unit::ImageInputToken, usage.media.image_input_tokens.into()),
        ];
        let special_out = [
            add(Unit::Reasoning, usage.reasoning_tokens),
            add(Unit::AudioOutput, audio_out),
            add(Unit::ImageOutputToken, usage.media.image_output_tokens.into()),
        ];
        let rest = |all: u64, special: &[u64]| special.iter().fold(all, |left, n| left.saturating_sub(*n));
        add(Unit::Input, rest(usage.input_tokens, &special_in));
        add(Unit::Output, rest(usage.output_tokens, &special_out));
        add(Unit::Request, usage.searches.max(1));
    }

    /// True when requests or searches can be priced.
    #[must_use]
    pub fn prices_requests(&self) -> bool {
        self.rates.iter().any(|r| r.unit == Unit::Request)
    }

    /// What `count` requests or searches cost besides their tokens, in the dearer of standard and `requested` tier.
    #[must_use]
    pub fn requests(&self, count: u64, requested: ServiceTier) -> NanoUsd {
        let tiers = [ServiceTier::Standard, requested];
        let rates = tiers.iter().filter_map(|tier| self.rate(Unit::Request, *tier, 0));
        let total = u128::from(rates.map(|f| f.0).max().unwrap_or(0)) * u128::from(count);
        NanoUsd(u64::try_from(total.div_ceil(FEMTO_PER_NANO)).unwrap_or(u64::MAX))
    }

    /// What these counts cost, each at the rate of its unit (no count is part of another), rounded up once. Units
    /// without a rate of their own cost what the plainer one costs.
    #[must_use]
    pub fn cost_of(&self, counts: &[(Unit, u64)], prompt_tokens: u64, tier: ServiceTier) -> NanoUsd {
        let total = counts.iter().fold(0u128, |sum, (unit, count)| {
            let plainer = std::iter::successors(Some(*unit), |unit| unit.plainer());
            let rate = plainer.filter_map(|unit| self.rate(unit, tier, prompt_tokens)).next();
            sum + u128::from(*count) * u128::from(rate.map_or(0, |rate| rate.0))
        });
        NanoUsd(u64::try_from(total.div_ceil(FEMTO_PER_NANO)).unwrap_or(u64::MAX))
    }

    /// An upper bound of the cost of `input_tokens` in and `output_tokens` out, whatever kind of token
    /// each turns out to be: the dearest of the kinds, in the dearer of standard and `requested` tier.
    #[must_use]
    pub fn bound(&self, input_tokens: u64, output_tokens: u64, requested: ServiceTier) -> NanoUsd {
        let dearest = |units: &[Unit]| {
            let tiers = [ServiceTier::Standard, requested];
            let rates =
                units.iter().flat_map(|u| tiers.iter().filter_map(|t| self.rate(*u, *t, input_tokens)));
            rates.map(|f| f.0).max().unwrap_or(0)
        };
        let input =
            dearest(&[Unit::Input, Unit::AudioInput, Unit::CacheRead, Unit::CacheWrite, Unit::CacheWrite1h]);
        let output = dearest(&[Unit::Output, Unit::AudioOutput, Unit::Reasoning]);
        let total = u128::from(input_tokens) * u128::from(input)
            + u128::from(output_tokens) * u128::from(output)
            + u128::from(dearest(&[Unit::Request]));
        NanoUsd(u64::try_from(total.div_ceil(FEMTO_PER_NANO)).unwrap_or(u64::MAX))
    }
}

/// `total` tokens at `base`, save for `parts` of them that have prices of their own, in femto-dollars.
fn sum(total: u64, base: u64, parts: &[(u64, u64)]) -> u128 {
    let special: u64 = parts.iter().fold(0, |n, (count, _)| n.saturating_add(*count));
    let plain = u128::from(total.saturating_sub(special)) * u128::from(base);
    parts.iter().fold(plain, |acc, (count, rate)| acc + u128::from(*count) * u128::from(*rate))
}

#[cfg(test)]
mod tests;

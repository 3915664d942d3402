//! What images, speech and recordings cost. Serves [`PriceSheet::cost`] and holds. Many sheets have prices for
//! tokens and for pieces of the same thing: a side that states tokens, where they have a price, is charged by
//! them, and by its pieces only otherwise.

use super::{PriceSheet, ServiceTier, Unit};
use crate::media::Media;
use crate::money::{FEMTO_PER_NANO, NanoUsd};
use crate::usage::Usage;

const INPUT_TOKENS: &[Unit] = &[Unit::Input, Unit::AudioInput, Unit::ImageInputToken];
const OUTPUT_TOKENS: &[Unit] = &[Unit::Output, Unit::AudioOutput, Unit::ImageOutputToken];

impl PriceSheet {
    fn has(&self, units: &[Unit]) -> bool {
        self.rates.iter().any(|rate| units.contains(&rate.unit))
    }

    /// True when images have a price, by the piece or by tokens.
    #[must_use]
    pub fn prices_images(&self) -> bool {
        self.has(&[Unit::ImageOutput, Unit::ImageInput, Unit::ImageOutputToken, Unit::Output])
    }

    /// True when spoken text has a price.
    #[must_use]
    pub fn prices_speech(&self) -> bool {
        self.has(&[Unit::CharacterInput, Unit::SecondOutput, Unit::AudioOutput, Unit::Output])
    }

    /// True when recordings that are written down have a price.
    #[must_use]
    pub fn prices_recordings(&self) -> bool {
        self.has(&[Unit::SecondInput, Unit::SecondOutput, Unit::AudioInput, Unit::Input])
    }

    /// What the pieces of `usage` cost where its tokens have no price, in femto-dollars.
    pub(super) fn pieces(&self, usage: &Usage, tier: ServiceTier) -> u128 {
        let rate = |unit| self.rate(unit, tier, usage.input_tokens).map(|price| price.0);
        let (input, output) = pieces(&usage.media, rate);
        let by_tokens = |tokens, units| tokens > 0 && self.has(units);
        let input = if by_tokens(usage.input_tokens, INPUT_TOKENS) { 0 } else { input };
        let output = if by_tokens(usage.output_tokens, OUTPUT_TOKENS) { 0 } else { output };
        input + output
    }

    /// As [`Self::bound`], for a request that may also consume `media`: on each side the dearer of tokens and
    /// pieces, as it is not known which of them the answer will state.
    #[must_use]
    pub fn bound_with(
        &self,
        input_tokens: u64,
        output_tokens: u64,
        media: &Media,
        requested: ServiceTier,
    ) -> NanoUsd {
        if media.is_none() {
            return self.bound(input_tokens, output_tokens, requested);
        }
        let dearest = |unit| {
            let tiers = [ServiceTier::Standard, requested];
            tiers.iter().filter_map(|tier| self.rate(unit, *tier, input_tokens)).map(|price| price.0).max()
        };
        let tokens = |count: u64, units: &[Unit], more: &[Unit]| {
            let rate = units.iter().chain(more).filter_map(|unit| dearest(*unit)).max();
            u128::from(count) * u128::from(rate.unwrap_or(0))
        };
        let (input, output) = pieces(media, dearest);
        let cached = [Unit::CacheRead, Unit::CacheWrite, Unit::CacheWrite1h];
        let total = input.max(tokens(input_tokens, INPUT_TOKENS, &cached))
            + output.max(tokens(output_tokens, OUTPUT_TOKENS, &[Unit::Reasoning]))
            + u128::from(dearest(Unit::Request).unwrap_or(0));
        NanoUsd(u64::try_from(total.div_ceil(FEMTO_PER_NANO)).unwrap_or(u64::MAX))
    }
}

/// The pieces of the input and of the output at their rates, in femto-dollars.
fn pieces(media: &Media, rate: impl Fn(Unit) -> Option<u64>) -> (u128, u128) {
    let cost = |count: u32, price: Option<u64>| u128::from(count) * u128::from(price.unwrap_or(0));
    // Lists name the price of a made image either way; only where both stand, one is the input's.
    let (image_in, image_out) = match (rate(Unit::ImageInput), rate(Unit::ImageOutput)) {
        (input, Some(output)) => (input, Some(output)),
        (only, None) => (None, only),
    };
    // The same goes for the seconds of a recording that is written down.
    let second_out = rate(Unit::SecondOutput);
    let second_in = rate(Unit::SecondInput).max(second_out);
    let input = cost(media.input_characters, rate(Unit::CharacterInput))
        + cost(media.input_ms, second_in).div_ceil(1000)
        + cost(media.input_images, image_in);
    let output = cost(media.output_images, image_out) + cost(media.output_ms, second_out).div_ceil(1000);
    (input, output)
}

//! The source's member names and what they mean in the project's units.

use gw_model::price::{ServiceTier, Unit};

/// What a member of a model's entry is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A price.
    Price(Unit, ServiceTier, u32),
    /// A price that no unit, tier or threshold can express.
    Unexpressed,
    /// The same figure as another member, or none in dollars.
    Ignored,
    /// No price.
    Other,
}

/// Units by the source's member, without tier and threshold.
const UNITS: &[(&str, Unit)] = &[
    ("input_cost_per_token", Unit::Input),
    ("output_cost_per_token", Unit::Output),
    ("cache_read_input_token_cost", Unit::CacheRead),
    ("cache_creation_input_token_cost", Unit::CacheWrite),
    ("cache_creation_input_token_cost_above_1hr", Unit::CacheWrite1h),
    ("output_cost_per_reasoning_token", Unit::Reasoning),
    ("input_cost_per_audio_token", Unit::AudioInput),
    ("output_cost_per_audio_token", Unit::AudioOutput),
    ("cache_read_input_audio_token_cost", Unit::AudioCacheRead),
    ("input_cost_per_image_token", Unit::ImageInputToken),
    ("output_cost_per_image_token", Unit::ImageOutputToken),
    ("input_cost_per_image", Unit::ImageInput),
    ("output_cost_per_image", Unit::ImageOutput),
    ("input_cost_per_character", Unit::CharacterInput),
    ("output_cost_per_character", Unit::CharacterOutput),
    ("input_cost_per_second", Unit::SecondInput),
    ("output_cost_per_second", Unit::SecondOutput),
    ("output_cost_per_video_per_second", Unit::SecondOutput),
    ("input_cost_per_pixel", Unit::PixelInput),
    ("output_cost_per_pixel", Unit::PixelOutput),
    ("input_cost_per_query", Unit::Request),
    ("input_cost_per_request", Unit::Request),
    ("ocr_cost_per_page", Unit::Page),
];

/// Members of `search_context_cost_per_query`.
pub(crate) const SEARCH: &[(&str, Unit)] = &[
    ("search_context_size_low", Unit::SearchLow),
    ("search_context_size_medium", Unit::SearchMedium),
    ("search_context_size_high", Unit::SearchHigh),
];

/// Members that change what a call costs, without `cost` in their names.
const PRICE_RULES: &[&str] = &[
    "off_peak_pricing",
    "provider_specific_entry",
    "regional_endpoint_uplift_multiplier",
    "regional_processing_uplift_multiplier_eu",
    "regional_processing_uplift_multiplier_us",
    "search_free_requests",
];

/// Says what the member `name` is. Thresholds are in tokens.
pub(crate) fn classify(name: &str) -> Field {
    // A second name for the cache-read price, and prices in a provider's own currency.
    if name == "input_cost_per_token_cache_hit" || name.contains("_dbu_") {
        return Field::Ignored;
    }
    if PRICE_RULES.contains(&name) {
        return Field::Unexpressed;
    }
    if !name.contains("cost") {
        return Field::Other;
    }
    let (rest, tier) = match name.rsplit_once('_') {
        Some((rest, "batches")) => (rest, ServiceTier::Batch),
        Some((rest, "flex")) => (rest, ServiceTier::Flex),
        Some((rest, "priority")) => (rest, ServiceTier::Priority),
        _ => (name, ServiceTier::Standard),
    };
    let (base, above) = threshold(rest);
    match UNITS.iter().find(|(known, _)| *known == base) {
        Some((_, unit)) => Field::Price(*unit, tier, above),
        None => Field::Unexpressed,
    }
}

/// Splits `..._above_200k_tokens` into its stem and 200,000.
fn threshold(name: &str) -> (&str, u32) {
    let split = name.strip_suffix("k_tokens").and_then(|rest| rest.rsplit_once("_above_"));
    match split.and_then(|(base, count)| Some((base, count.parse::<u32>().ok()?.checked_mul(1000)?))) {
        Some(found) => found,
        None => (name, 0),
    }
}

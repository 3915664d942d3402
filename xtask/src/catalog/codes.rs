//! Short spellings of units, tiers and capabilities. The catalogue's header states them, so its reader
//! needs no copy of these tables.

use gw_model::price::{ServiceTier, Unit};

/// The spelling of a unit.
pub(crate) const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Input => "i",
        Unit::Output => "o",
        Unit::CacheRead => "cr",
        Unit::CacheWrite => "cw",
        Unit::CacheWrite1h => "cwh",
        Unit::Reasoning => "r",
        Unit::AudioInput => "ai",
        Unit::AudioOutput => "ao",
        Unit::AudioCacheRead => "acr",
        Unit::ImageInputToken => "iti",
        Unit::ImageOutputToken => "ito",
        Unit::ImageInput => "ii",
        Unit::ImageOutput => "io",
        Unit::CharacterInput => "ci",
        Unit::CharacterOutput => "co",
        Unit::SecondInput => "si",
        Unit::SecondOutput => "so",
        Unit::PixelInput => "pi",
        Unit::PixelOutput => "po",
        Unit::Request => "rq",
        Unit::Page => "pg",
        Unit::SearchLow => "sl",
        Unit::SearchMedium => "sm",
        Unit::SearchHigh => "sh",
    }
}

/// The spelling of a tier.
pub(crate) const fn tier(tier: ServiceTier) -> &'static str {
    match tier {
        ServiceTier::Standard => "",
        ServiceTier::Batch => "b",
        ServiceTier::Flex => "f",
        ServiceTier::Priority => "p",
    }
}

/// The project's name of a capability, where it is not the source's own.
pub(crate) fn capability(source: &str) -> &str {
    match source {
        "function_calling" => "tools",
        "parallel_function_calling" => "parallel_tools",
        "response_schema" => "json_schema",
        "sampling_params" => "sampling",
        other => other,
    }
}

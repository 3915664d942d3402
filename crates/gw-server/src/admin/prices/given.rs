//! Prices that are given in a request: by the same names, and in the same units, as in the configuration.

use crate::admin::error::ApiError;
use crate::admin::given::Given;
use gw_model::{FemtoUsd, NanoUsd, PriceSheet, Rate, ServiceTier, Unit};
use std::collections::BTreeMap;

/// What the price is for: how many units it buys, and which.
#[derive(Clone, Copy)]
enum For {
    /// A million of them.
    Million(Unit),
    /// One.
    One(Unit),
    /// Sixty seconds of sound, in or out.
    Minute,
}

const NAMES: [(&str, For); 9] = [
    ("input_usd_per_million_tokens", For::Million(Unit::Input)),
    ("output_usd_per_million_tokens", For::Million(Unit::Output)),
    ("cache_read_usd_per_million_tokens", For::Million(Unit::CacheRead)),
    ("cache_write_usd_per_million_tokens", For::Million(Unit::CacheWrite)),
    ("cache_write_1h_usd_per_million_tokens", For::Million(Unit::CacheWrite1h)),
    ("usd_per_request", For::One(Unit::Request)),
    ("usd_per_image", For::One(Unit::ImageOutput)),
    ("usd_per_minute", For::Minute),
    ("usd_per_million_characters", For::Million(Unit::CharacterInput)),
];

/// Nothing costs more, whatever it is counted in: a million USD.
const MAX_PRICE: NanoUsd = NanoUsd(1_000_000 * 1_000_000_000);

/// The prices that a body has; `None` for those in force.
pub(super) fn prices(given: &Given) -> Result<Option<PriceSheet>, ApiError> {
    let Some(raw) = given.raw("prices").filter(|raw| *raw != "null") else { return Ok(None) };
    let wrong = |text: String| ApiError::invalid("prices", text);
    let named: BTreeMap<String, serde_json::Value> = serde_json::from_str(raw)
        .map_err(|_| wrong("'prices' must be an object of prices by name".to_owned()))?;
    let mut rates = Vec::new();
    for (name, value) in &named {
        let Some((_, of)) = NAMES.iter().find(|(known, _)| known == name) else {
            let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            return Err(wrong(format!("'prices' has no '{name}'; there are {}", known.join(", "))));
        };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let price = NanoUsd::parse_usd(&text)
            .map_err(|error| wrong(format!("'{name}' must be an amount in USD such as \"2.5\": {error}")))?;
        if price > MAX_PRICE {
            return Err(wrong(format!("'{name}' must be at most {MAX_PRICE} USD")));
        }
        add(&mut rates, *of, price);
    }
    let has = |name: &str| named.contains_key(name);
    let has_tokens = named.keys().any(|name| name.ends_with("_tokens"));
    for name in ["input_usd_per_million_tokens", "output_usd_per_million_tokens"] {
        if has_tokens && !has(name) {
            return Err(wrong(format!(
                "'{name}' is missing beside the other prices: add it, 0 if it is free"
            )));
        }
    }
    if rates.is_empty() {
        return Err(wrong("'prices' says nothing: leave it out for those in force".to_owned()));
    }
    Ok(Some(PriceSheet { rates: rates.into() }))
}

fn add(rates: &mut Vec<Rate>, of: For, price: NanoUsd) {
    let mut add = |unit, price| {
        rates.push(Rate { unit, tier: ServiceTier::Standard, above_tokens: 0, price });
    };
    match of {
        // So many nano-dollars for a million are as many femto-dollars for one.
        For::Million(unit) => add(unit, FemtoUsd(price.0)),
        For::One(unit) => add(unit, price.into()),
        For::Minute => {
            let second = FemtoUsd(FemtoUsd::from(price).0.div_ceil(60));
            add(Unit::SecondInput, second);
            add(Unit::SecondOutput, second);
        }
    }
}

//! Prices, bounds and abilities of a model from the file, laid over the catalogue's.

use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::prices::ModelFacts;
use crate::shape::{NamedEntry, Usd, UsdPerMillionTokens};
use gw_model::catalog::{Catalog, ModelInfo};
use gw_model::nearest::nearest;
use gw_model::{Ability, FemtoUsd, PriceSheet, Rate, ServiceTier, Unit};

/// Femto-dollars of a nano-dollar.
const FEMTO_PER_NANO_USD: u64 = 1_000_000;

/// The facts of a model: those of `base`, or of `same_as`, with what the file says laid over.
pub(super) fn resolve(
    facts: &ModelFacts,
    at: Place,
    base: ModelInfo,
    price_key: &str,
    catalog: &dyn Catalog,
    faults: &mut Faults,
) -> ModelInfo {
    let mut info = match &facts.same_as {
        None => base,
        Some(name) => same_as(name.value.as_str(), price_key, catalog).unwrap_or_else(|| {
            let message = format!(
                "'same_as' names '{}', which is not in the catalogue: write MODEL, or PROVIDER/MODEL",
                name.value.as_str()
            );
            faults.add(name.place, message);
            base
        }),
    };
    if let Some(prices) = sheet(facts, at, faults) {
        info.prices = prices;
    }
    if let Some(tokens) = facts.max_input_tokens {
        info.max_input_tokens = tokens.value.small();
    }
    if let Some(tokens) = facts.max_output_tokens {
        info.max_output_tokens = tokens.value.small();
    }
    for entry in &facts.capabilities.value.0 {
        set_ability(&mut info, entry, faults);
    }
    if let Some(drop) = &facts.drop_params {
        info.drop_params = drop.value.0.clone();
    }
    info
}

/// True when the file says anything about the model.
pub(super) fn says_something(facts: &ModelFacts) -> bool {
    facts.same_as.is_some()
        || facts.max_input_tokens.is_some()
        || facts.max_output_tokens.is_some()
        || facts.usd_per_request.is_some()
        || facts.drop_params.is_some()
        || !facts.capabilities.value.0.is_empty()
        || rates(facts).iter().any(|(_, rate)| rate.is_some())
        || !pieces(facts).is_empty()
}

/// What the file says of one ability goes over what the catalogue says.
fn set_ability(info: &mut ModelInfo, entry: &NamedEntry<bool>, faults: &mut Faults) {
    let Some(ability) = Ability::from_name(&entry.name) else {
        let names = Ability::ALL.iter().map(|ability| ability.as_str());
        let message = match nearest(&entry.name, names.clone()) {
            Some(near) => format!("unknown capability '{}', did you mean '{near}'?", entry.name),
            None => {
                let known: Vec<&str> = names.collect();
                format!("unknown capability '{}': write one of {}", entry.name, known.join(", "))
            }
        };
        return faults.add(entry.place, message);
    };
    info.lacks.set(ability, !entry.value);
    info.capabilities.retain(|known| **known != *entry.name);
    if entry.value {
        info.capabilities.push(entry.name.as_str().into());
    }
}

fn same_as(name: &str, price_key: &str, catalog: &dyn Catalog) -> Option<ModelInfo> {
    catalog.model(price_key, name).or_else(|| {
        let (provider, model) = name.split_once('/')?;
        let spec = catalog.provider(provider)?;
        catalog.model(&spec.price_key, model)
    })
}

type Priced = Option<At<UsdPerMillionTokens>>;

const fn rates(facts: &ModelFacts) -> [(Unit, Priced); 5] {
    [
        (Unit::Input, facts.input_usd_per_million_tokens),
        (Unit::Output, facts.output_usd_per_million_tokens),
        (Unit::CacheRead, facts.cache_read_usd_per_million_tokens),
        (Unit::CacheWrite, facts.cache_write_usd_per_million_tokens),
        (Unit::CacheWrite1h, facts.cache_write_1h_usd_per_million_tokens),
    ]
}

/// Prices that are not for tokens.
fn pieces(facts: &ModelFacts) -> Vec<Rate> {
    let whole = |usd: At<Usd>| usd.value.0.0.saturating_mul(FEMTO_PER_NANO_USD);
    let mut given = Vec::new();
    let mut add = |unit, price| {
        given.push(Rate { unit, tier: ServiceTier::Standard, above_tokens: 0, price: FemtoUsd(price) });
    };
    if let Some(image) = facts.usd_per_image {
        add(Unit::ImageOutput, whole(image));
    }
    if let Some(minute) = facts.usd_per_minute {
        let second = whole(minute).div_ceil(60);
        add(Unit::SecondInput, second);
        add(Unit::SecondOutput, second);
    }
    if let Some(characters) = facts.usd_per_million_characters {
        add(Unit::CharacterInput, characters.value.0.0);
    }
    given
}

/// The prices of the file. They replace the catalogue's whole: a batch or long-prompt rate left standing
/// beside them would be another price list's.
fn sheet(facts: &ModelFacts, at: Place, faults: &mut Faults) -> Option<PriceSheet> {
    let rates = rates(facts);
    let rate = |unit, price| Rate { unit, tier: ServiceTier::Standard, above_tokens: 0, price };
    let mut given: Vec<Rate> =
        rates.iter().filter_map(|(unit, price)| Some(rate(*unit, price.as_ref()?.value.0))).collect();
    let has_tokens = !given.is_empty();
    if let Some(usd) = &facts.usd_per_request {
        given.push(rate(Unit::Request, usd.value.0.into()));
    }
    given.extend(pieces(facts));
    if given.is_empty() {
        return None;
    }
    for (unit, price) in &rates[..2] {
        if has_tokens && price.is_none() {
            let key = unit.as_str();
            let message = format!(
                "'{key}_usd_per_million_tokens' is missing beside the other prices: add it, 0 if it is free"
            );
            faults.add(at, message);
        }
    }
    Some(PriceSheet { rates: given.into() })
}

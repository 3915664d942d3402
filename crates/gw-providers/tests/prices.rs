//! Holds the catalogue to its source, when the source is at hand: `GATEWRIGHT_PRICES` names the price map
//! that the catalogue was made from. Without it the frozen samples of the unit tests stand alone.

use gw_model::catalog::Catalog;
use gw_model::money::FemtoUsd;
use gw_model::price::{ServiceTier, Unit};
use gw_providers::catalog;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Members that are compared in every entry that has them.
const MEMBERS: &[(&str, Unit, ServiceTier, u64)] = &[
    ("input_cost_per_token", Unit::Input, ServiceTier::Standard, 0),
    ("output_cost_per_token", Unit::Output, ServiceTier::Standard, 0),
    ("cache_read_input_token_cost", Unit::CacheRead, ServiceTier::Standard, 0),
    ("cache_creation_input_token_cost", Unit::CacheWrite, ServiceTier::Standard, 0),
    ("cache_creation_input_token_cost_above_1hr", Unit::CacheWrite1h, ServiceTier::Standard, 0),
    ("input_cost_per_token_batches", Unit::Input, ServiceTier::Batch, 0),
    ("output_cost_per_token_priority", Unit::Output, ServiceTier::Priority, 0),
    ("input_cost_per_token_flex", Unit::Input, ServiceTier::Flex, 0),
    ("input_cost_per_token_above_200k_tokens", Unit::Input, ServiceTier::Standard, 200_001),
    ("output_cost_per_token_above_272k_tokens_priority", Unit::Output, ServiceTier::Priority, 272_001),
    ("input_cost_per_audio_token", Unit::AudioInput, ServiceTier::Standard, 0),
    ("output_cost_per_image", Unit::ImageOutput, ServiceTier::Standard, 0),
    ("output_cost_per_reasoning_token", Unit::Reasoning, ServiceTier::Standard, 0),
];

#[test]
fn prices_equal_the_sources_figures() {
    let Some(path) = std::env::var_os("GATEWRIGHT_PRICES") else {
        println!("skipped: GATEWRIGHT_PRICES does not name the price map");
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let map: BTreeMap<String, &RawValue> = serde_json::from_str(&text).unwrap();
    let (mut compared, mut rounded) = (0, 0);
    for (name, raw) in &map {
        let entry: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).unwrap();
        let Some(provider) = entry.get("litellm_provider").map(|raw| raw.get().trim_matches('"')) else {
            continue;
        };
        // Listed under another price key in the catalogue.
        if provider.starts_with("text-completion-") {
            continue;
        }
        // Only names with the provider's own prefix: a bare name may have been replaced by such a one.
        let Some(model) = name.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')) else {
            continue;
        };
        let Some(info) = catalog().model(provider, model) else {
            panic!("{name} is missing");
        };
        for (member, unit, tier, tokens) in MEMBERS {
            let Some(wanted) = entry.get(*member) else { continue };
            let found = info.prices.rate(*unit, *tier, *tokens);
            match FemtoUsd::parse_usd(wanted.get()) {
                Ok(price) => assert_eq!(found, Some(price), "{name} {member}"),
                Err(_) => rounded += 1,
            }
            compared += 1;
        }
    }
    assert!(compared > 4_000, "only {compared} figures were compared");
    assert!(rounded < 100, "{rounded} figures are finer than a femto-dollar");
}

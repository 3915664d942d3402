//! Reads the price map.

use super::Summary;
use super::codes;
use super::decimal::{femto, integer};
use super::families;
use super::fields::{Field, SEARCH, classify};
use gw_model::price::{ServiceTier, Unit};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// Price key and model name.
pub(crate) type Key = (String, String);
/// Femto-dollars by unit, tier and threshold.
pub(crate) type Rates = BTreeMap<(Unit, u32, ServiceTier), u64>;
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// One model's facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Prices.
    pub(crate) rates: Rates,
    /// Largest prompt.
    pub(crate) max_input_tokens: Option<u32>,
    /// Largest answer.
    pub(crate) max_output_tokens: Option<u32>,
    /// `chat`, `embedding`, ...
    pub(crate) mode: String,
    /// What it can do (true) and what it is known not to do (false).
    pub(crate) capabilities: BTreeSet<(String, bool)>,
}

/// Price keys that belong to one provider, which the source keeps apart by kind of model.
const MERGED: &[(&str, &str)] = &[
    ("text-completion-openai", "openai"),
    ("azure_text", "azure"),
    ("fireworks_ai-embedding-models", "fireworks_ai"),
    ("text-completion-codestral", "codestral"),
    ("text-completion-inception", "inception"),
    ("cohere_chat", "cohere"),
    ("bedrock_converse", "bedrock"),
];

/// Every model of the map.
pub(crate) fn models(text: &str, summary: &mut Summary) -> Result<BTreeMap<Key, Entry>, String> {
    let map: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut out: BTreeMap<Key, (bool, Entry)> = BTreeMap::new();
    for (name, raw) in &map {
        let members: Members<'_> = serde_json::from_str(raw.get()).map_err(|e| format!("{name}: {e}"))?;
        let Some(provider) = string(&members, "litellm_provider").filter(|_| name != "sample_spec") else {
            summary.skipped.push(name.clone());
            continue;
        };
        let (key, prefixed) = key_of(name, &provider);
        let mut entry = entry(&members, summary).map_err(|e| format!("{name}: {e}"))?;
        families::complete(&key, &mut entry);
        if entry.rates.is_empty() {
            summary.unpriced += 1;
        }
        match out.get(&key) {
            Some((_, other)) if other.rates != entry.rates => summary.conflicting.push(name.clone()),
            _ => {}
        }
        // `provider/model` is the more exact name of the two that some models have.
        if prefixed || !out.contains_key(&key) {
            out.insert(key, (prefixed, entry));
        }
    }
    Ok(out.into_iter().map(|(key, (_, entry))| (key, entry)).collect())
}

/// Price key and model of an entry: `provider/` is taken off where it is the entry's own provider, all
/// other prefixes (regions, sizes, other hosts) stay. True when a prefix was taken off.
fn key_of(name: &str, provider: &str) -> (Key, bool) {
    let merged = match MERGED.iter().find(|(from, _)| *from == provider) {
        Some((_, to)) => to,
        // One provider, listed by the family of the model.
        None if provider.starts_with("vertex_ai-") => "vertex_ai",
        None => provider,
    };
    for prefix in [provider, merged] {
        if let Some(rest) = name.strip_prefix(prefix).and_then(|r| r.strip_prefix('/')) {
            return ((merged.to_owned(), rest.to_owned()), true);
        }
    }
    ((merged.to_owned(), name.to_owned()), false)
}

fn entry(members: &Members<'_>, summary: &mut Summary) -> Result<Entry, String> {
    let mut entry = Entry {
        max_input_tokens: members.get("max_input_tokens").and_then(|raw| integer(raw.get())),
        max_output_tokens: members.get("max_output_tokens").and_then(|raw| integer(raw.get())),
        mode: string(members, "mode").unwrap_or_default(),
        ..Entry::default()
    };
    for (name, raw) in members {
        if let Some(capability) = name.strip_prefix("supports_") {
            if let Ok(able) = serde_json::from_str::<bool>(raw.get()) {
                entry.capabilities.insert((codes::capability(capability).to_owned(), able));
            }
            continue;
        }
        match name.as_str() {
            "search_context_cost_per_query" => search(raw, &mut entry.rates, summary)?,
            "tiered_pricing" => tiers(raw, &mut entry.rates, summary)?,
            _ => price(name, raw, 0, &mut entry.rates, summary)?,
        }
    }
    Ok(entry)
}

/// Takes one member; `above` is the start of the range it stands in.
fn price(
    name: &str,
    raw: &RawValue,
    above: u32,
    rates: &mut Rates,
    summary: &mut Summary,
) -> Result<(), String> {
    match classify(name) {
        Field::Price(unit, tier, own) => {
            let (value, rounded) = femto(raw.get()).map_err(|e| format!("{name}: {e}"))?;
            summary.rounded += u32::from(rounded);
            if rates.insert((unit, own.max(above), tier), value).is_some_and(|old| old != value) {
                return Err(format!("{name}: a second price for the same unit"));
            }
        }
        Field::Unexpressed => *summary.unexpressed.entry(name.to_owned()).or_default() += 1,
        Field::Ignored | Field::Other => {}
    }
    Ok(())
}

fn search(raw: &RawValue, rates: &mut Rates, summary: &mut Summary) -> Result<(), String> {
    let sizes: Members<'_> = serde_json::from_str(raw.get()).map_err(|e| e.to_string())?;
    for (name, raw) in &sizes {
        match SEARCH.iter().find(|(known, _)| known == name) {
            Some((_, unit)) => {
                let (value, rounded) = femto(raw.get())?;
                summary.rounded += u32::from(rounded);
                rates.insert((*unit, 0, ServiceTier::Standard), value);
            }
            None => *summary.unexpressed.entry(name.clone()).or_default() += 1,
        }
    }
    Ok(())
}

/// Ranges of the prompt's size; a range by another measure cannot be expressed.
fn tiers(raw: &RawValue, rates: &mut Rates, summary: &mut Summary) -> Result<(), String> {
    let ranges: Vec<Members<'_>> = serde_json::from_str(raw.get()).map_err(|e| e.to_string())?;
    for range in &ranges {
        let Some(bounds) = range.get("range") else {
            *summary
                .unexpressed
                .entry("tiered_pricing by another measure than tokens".to_owned())
                .or_default() += 1;
            continue;
        };
        let bounds: Vec<&RawValue> = serde_json::from_str(bounds.get()).map_err(|e| e.to_string())?;
        let start = bounds.first().and_then(|raw| integer(raw.get()));
        let above = start.ok_or("tiered_pricing: a range without a start")?;
        for (name, raw) in range {
            price(name, raw, above, rates, summary)?;
        }
    }
    Ok(())
}

fn string(members: &Members<'_>, name: &str) -> Option<String> {
    members.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok())
}

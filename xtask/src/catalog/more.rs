//! Reads a second price map, in the layout of genai-prices, for providers that the first one does not have. Serves
//! the catalogue's making. It must not overrule the first map.

use super::Summary;
use super::decimal::{femto, integer};
use super::read::{Entry, Key, Rates};
use gw_model::price::{ServiceTier, Unit};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

type Members<'a> = BTreeMap<String, &'a RawValue>;

/// Providers that are taken: the map's name, and the price key.
const PROVIDERS: &[(&str, &str)] = &[("doubleword", "doubleword"), ("openrouter", "openrouter")];

/// Units by the map's member, and how many zeros of the quoted amount make one unit.
const UNITS: &[(&str, Unit, u32)] = &[
    ("input_mtok", Unit::Input, 6),
    ("output_mtok", Unit::Output, 6),
    ("cache_read_mtok", Unit::CacheRead, 6),
    ("cache_write_mtok", Unit::CacheWrite, 6),
    ("cache_write_1h_mtok", Unit::CacheWrite1h, 6),
    ("input_audio_mtok", Unit::AudioInput, 6),
    ("output_audio_mtok", Unit::AudioOutput, 6),
    ("cache_audio_read_mtok", Unit::AudioCacheRead, 6),
    ("output_reasoning_mtok", Unit::Reasoning, 6),
    ("requests_kcount", Unit::Request, 3),
    ("web_searches_kcount", Unit::SearchLow, 3),
    ("web_searches_kcount", Unit::SearchMedium, 3),
    ("web_searches_kcount", Unit::SearchHigh, 3),
];

/// Adds the models of the map whose price key `models` does not have. `date` (`2026-11-21`) decides between prices
/// that change.
pub(crate) fn add(
    text: &str,
    date: &str,
    models: &mut BTreeMap<Key, Entry>,
    summary: &mut Summary,
) -> Result<Vec<&'static str>, String> {
    let map: Members<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut added = Vec::new();
    for provider in list(&map, "providers")? {
        let provider: Members<'_> = serde_json::from_str(provider.get()).map_err(|e| e.to_string())?;
        let id = string(&provider, "id").unwrap_or_default();
        let Some((_, price_key)) = PROVIDERS.iter().find(|(known, _)| *known == id) else { continue };
        if models.keys().any(|(key, _)| key == price_key) {
            continue;
        }
        added.push(*price_key);
        for model in list(&provider, "models")? {
            let model: Members<'_> = serde_json::from_str(model.get()).map_err(|e| e.to_string())?;
            let entry = entry(&model, date, summary)?;
            for name in names(&model) {
                models.entry(((*price_key).to_owned(), name)).or_insert_with(|| entry.clone());
            }
        }
    }
    Ok(added)
}

fn entry(model: &Members<'_>, date: &str, summary: &mut Summary) -> Result<Entry, String> {
    let mut entry = Entry {
        max_input_tokens: model.get("context_window").and_then(|raw| integer(raw.get())),
        ..Entry::default()
    };
    if let Some(prices) = model.get("prices") {
        entry.rates = rates(prices, date, summary)?;
    }
    let has = |unit| entry.rates.keys().any(|(known, _, _)| *known == unit);
    if has(Unit::Input) && has(Unit::Output) {
        "chat".clone_into(&mut entry.mode);
    }
    Ok(entry)
}

/// The prices that hold at `date`: of a list, the last entry whose start is not later.
fn rates(prices: &RawValue, date: &str, summary: &mut Summary) -> Result<Rates, String> {
    let text = prices.get();
    if !text.starts_with('[') {
        return sheet(prices, summary);
    }
    let list: Vec<Members<'_>> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut chosen = Rates::new();
    for item in &list {
        let starts = match item.get("constraint").filter(|raw| raw.get() != "null") {
            None => true,
            Some(constraint) => {
                let constraint: Members<'_> =
                    serde_json::from_str(constraint.get()).map_err(|e| e.to_string())?;
                match string(&constraint, "start_date") {
                    Some(start) => start.as_str() <= date,
                    None => {
                        *summary.unexpressed.entry("prices by the time of day".to_owned()).or_default() += 1;
                        false
                    }
                }
            }
        };
        if let (true, Some(prices)) = (starts, item.get("prices")) {
            chosen = sheet(prices, summary)?;
        }
    }
    Ok(chosen)
}

fn sheet(prices: &RawValue, summary: &mut Summary) -> Result<Rates, String> {
    let members: Members<'_> = serde_json::from_str(prices.get()).map_err(|e| e.to_string())?;
    let mut rates = Rates::new();
    for (name, raw) in &members {
        let mut is_known = name.starts_with('_');
        for (_, unit, zeros) in UNITS.iter().filter(|(known, _, _)| known == name) {
            is_known = true;
            for (above, price) in steps(raw)? {
                let (value, rounded) = femto(&scaled(&price, *zeros))?;
                summary.rounded += u32::from(rounded);
                rates.insert((*unit, above, ServiceTier::Standard), value);
            }
        }
        if !is_known {
            *summary.unexpressed.entry(name.clone()).or_default() += 1;
        }
    }
    Ok(rates)
}

/// The amounts of one unit: thresholds in tokens, and prices as decimal text.
fn steps(raw: &RawValue) -> Result<Vec<(u32, String)>, String> {
    if !raw.get().starts_with('{') {
        return Ok(vec![(0, plain(raw))]);
    }
    let members: Members<'_> = serde_json::from_str(raw.get()).map_err(|e| e.to_string())?;
    let mut steps: Vec<(u32, String)> =
        members.get("base").map(|base| (0, plain(base))).into_iter().collect();
    for tier in list(&members, "tiers")? {
        let tier: Members<'_> = serde_json::from_str(tier.get()).map_err(|e| e.to_string())?;
        let start = tier.get("start").and_then(|raw| integer(raw.get())).ok_or("a tier without a start")?;
        steps.push((start, tier.get("price").map(|raw| plain(raw)).ok_or("a tier without a price")?));
    }
    Ok(steps)
}

/// A number, or one in quotes.
fn plain(raw: &RawValue) -> String {
    raw.get().trim_matches('"').to_owned()
}

/// A decimal moved by `zeros` places, without a float.
fn scaled(text: &str, zeros: u32) -> String {
    match text.split_once(['e', 'E']) {
        None => format!("{text}e-{zeros}"),
        Some((digits, exponent)) => {
            let exponent: i64 = exponent.parse().unwrap_or(0);
            format!("{digits}e{}", exponent - i64::from(zeros))
        }
    }
}

/// The model's id and the plain names that mean the same.
fn names(model: &Members<'_>) -> Vec<String> {
    let mut names: Vec<String> = string(model, "id").into_iter().collect();
    let rules = model.get("match").map(|raw| raw.get()).unwrap_or_default();
    let rules: serde_json::Value = serde_json::from_str(rules).unwrap_or_default();
    let either = rules["or_"].as_array().cloned().unwrap_or_default();
    for rule in either.iter().chain([&rules]) {
        if let Some(name) = rule["equals"].as_str()
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

fn list<'a>(members: &Members<'a>, name: &str) -> Result<Vec<&'a RawValue>, String> {
    match members.get(name) {
        None => Ok(Vec::new()),
        Some(raw) => serde_json::from_str(raw.get()).map_err(|e| format!("{name}: {e}")),
    }
}

fn string(members: &Members<'_>, name: &str) -> Option<String> {
    members.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok())
}

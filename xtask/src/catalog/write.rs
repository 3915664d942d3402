//! Writes the catalogue. One line per model, sorted by price key and name, so that a reader finds a
//! model by binary search in the text itself.

use super::Summary;
use super::codes;
use super::read::{Entry, Key};
use gw_model::price::{ServiceTier, Unit};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Who holds the copyright of the source's figures; the licence asks for the notice.
pub(crate) const COPYRIGHT: &str = "Copyright (c) 2023 Berri AI";
/// The same, of the second source.
pub(crate) const COPYRIGHT_OF_MORE: &str = "Copyright (c) Pydantic Services Inc. 2025 to present";

/// The whole text.
pub(crate) fn catalogue(models: &BTreeMap<Key, Entry>, summary: &Summary, sources: &[String]) -> String {
    let capabilities = capability_codes(models);
    let mut out = header(models.len(), summary, sources);
    let units: Vec<String> =
        Unit::ALL.iter().map(|u| format!("{}={}", codes::unit(*u), u.as_str())).collect();
    let tiers = ServiceTier::ALL.iter().filter(|t| **t != ServiceTier::Standard);
    let tiers: Vec<String> = tiers.map(|t| format!("{}={}", codes::tier(*t), t.as_str())).collect();
    let named: BTreeMap<&String, &String> = capabilities.iter().map(|(name, code)| (code, name)).collect();
    let named: Vec<String> = named.iter().map(|(code, name)| format!("{code}={name}")).collect();
    let _ = writeln!(out, "#units {}", units.join(" "));
    let _ = writeln!(out, "#tiers {}", tiers.join(" "));
    let _ = writeln!(out, "#capabilities {}", named.join(" "));
    for ((key, model), entry) in models {
        line(&mut out, key, model, entry, &capabilities);
    }
    out
}

fn header(models: usize, summary: &Summary, sources: &[String]) -> String {
    let unexpressed: u32 = summary.unexpressed.values().sum();
    let members = summary.unexpressed.len();
    format!(
        "# Prices and facts of {models} models. Made by `cargo xtask catalog`; do not edit.\n\
         {}\n\
         # See LICENSE-models in this folder for the notice that the licence asks for.\n\
         # Not expressed by the units below: {unexpressed} figures under {members} member names; \
         {} figures rounded to a femto-dollar.\n\
         # Columns, split by tabs: price key, model, mode, largest prompt, largest answer, capabilities, \
         rates; `-` is unknown.\n\
         # Capability: a code; `!` before it: known not to have it.\n\
         # Rate: unit[>above_tokens][/tier]=femto-dollars, the last as digits or digits`e`zeros.\n",
        sources.join("\n"),
        summary.rounded
    )
}

fn line(out: &mut String, key: &str, model: &str, entry: &Entry, capabilities: &BTreeMap<String, String>) {
    let number = |n: Option<u32>| n.filter(|n| *n > 0).map_or_else(|| "-".to_owned(), |n| n.to_string());
    let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let mut rates = Vec::new();
    for ((unit, above, tier), femto) in &entry.rates {
        let mut rate = codes::unit(*unit).to_owned();
        if *above > 0 {
            let _ = write!(rate, ">{}", short(u64::from(*above)));
        }
        if *tier != ServiceTier::Standard {
            let _ = write!(rate, "/{}", codes::tier(*tier));
        }
        let _ = write!(rate, "={}", short(*femto));
        rates.push(rate);
    }
    let able = entry.capabilities.iter().filter_map(|(name, able)| {
        let code = capabilities.get(name)?;
        Some(if *able { code.clone() } else { format!("!{code}") })
    });
    let able: Vec<String> = able.collect();
    let _ = writeln!(
        out,
        "{key}\t{model}\t{}\t{}\t{}\t{}\t{}",
        dash(entry.mode.clone()),
        number(entry.max_input_tokens),
        number(entry.max_output_tokens),
        dash(able.join(" ")),
        dash(rates.join(" "))
    );
}

/// `3000000000` as `3e9`.
fn short(value: u64) -> String {
    let digits = value.to_string();
    let stem = digits.trim_end_matches('0');
    let zeros = digits.len() - stem.len();
    if zeros < 3 || stem.is_empty() { digits } else { format!("{stem}e{zeros}") }
}

/// Two letters for each capability, made from its name; stable while names are only added.
fn capability_codes(models: &BTreeMap<Key, Entry>) -> BTreeMap<String, String> {
    let names: BTreeSet<&String> =
        models.values().flat_map(|entry| entry.capabilities.iter().map(|(name, _)| name)).collect();
    let mut taken = BTreeSet::new();
    let mut codes = BTreeMap::new();
    for name in names {
        let letters: Vec<char> = name.chars().filter(char::is_ascii_alphabetic).collect();
        let first = letters.first().copied().unwrap_or('x');
        let pairs = letters.iter().skip(1).map(|second| format!("{first}{second}"));
        let spare = ('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("{a}{b}")));
        if let Some(code) = pairs.chain(spare).find(|code| !taken.contains(code)) {
            taken.insert(code.clone());
            codes.insert(name.clone(), code);
        }
    }
    codes
}

//! Names of kinds that others made up, kept for good: findings hold them as they hold those of built-in checks. Serves the
//! codecs. It must not keep what is no short name, nor more than a bounded number of each guardrail: names end in records,
//! and whoever makes them up may repeat what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// Most names that others make up for one guardrail. Whoever makes up more gets `other`, and no other guardrail does.
pub(super) const MAX_OF_GUARDRAIL: usize = 128;

/// Most names in all, those of the configuration too.
const MAX_NAMES: usize = 16_384;

/// Longest name, in bytes.
const MAX_BYTES: usize = 48;

/// Most digits in a row, whatever stands between them that is no letter; and most of them in all. What has more is no name
/// but a number of somebody.
const MAX_DIGITS_IN_A_ROW: usize = 4;
const MAX_DIGITS: usize = 8;

/// What is no name.
const OTHER: &str = "other";

static KNOWN: Mutex<Known> = Mutex::new(Known { names: BTreeSet::new(), of: BTreeMap::new() });

struct Known {
    names: BTreeSet<&'static str>,
    /// By guardrail, those that others made up for it.
    of: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Known {
    fn keep(&mut self, name: String) -> Option<&'static str> {
        if let Some(name) = self.names.get(name.as_str()) {
            return Some(name);
        }
        if self.names.len() >= MAX_NAMES {
            return None;
        }
        let kept: &'static str = Box::leak(name.into_boxed_str());
        self.names.insert(kept);
        Some(kept)
    }
}

/// The name of a kind that somebody who was asked for a guardrail made up: small letters, digits and `_`; `other` for what
/// is no name.
pub(super) fn kind(guardrail: &str, text: &str) -> &'static str {
    let Some(name) = plain(text).filter(|name| !has_number(name)) else { return OTHER };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let of = known.of.get(guardrail);
    if let Some(name) = of.and_then(|of| of.get(name.as_str())) {
        return name;
    }
    if of.is_some_and(|of| of.len() >= MAX_OF_GUARDRAIL) {
        return OTHER;
    }
    let Some(kept) = known.keep(name) else { return OTHER };
    known.of.entry(guardrail.to_owned()).or_default().insert(kept);
    kept
}

/// The name of a kind that the configuration has.
pub(super) fn configured(text: &str) -> &'static str {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    plain(text).and_then(|name| known.keep(name)).unwrap_or(OTHER)
}

fn plain(text: &str) -> Option<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    (!text.is_empty() && text.len() <= MAX_BYTES).then(|| text.chars().map(plain).collect())
}

fn has_number(name: &str) -> bool {
    let (mut row, mut all) = (0, 0);
    for c in name.chars() {
        match c {
            '0'..='9' => (row, all) = (row + 1, all + 1),
            '_' => {}
            _ => row = 0,
        }
        if row > MAX_DIGITS_IN_A_ROW || all > MAX_DIGITS {
            return true;
        }
    }
    false
}

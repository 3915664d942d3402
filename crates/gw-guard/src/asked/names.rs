//! Names of kinds that others made up, kept for good: findings hold them as they hold those of built-in checks. Serves the
//! codecs. It must not keep what is no short name, nor more than a bounded number.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Most names that are kept. Whoever makes up more gets `other`.
const MAX_NAMES: usize = 1_024;

/// Longest name, in bytes.
const MAX_BYTES: usize = 48;

static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// A kind's name: small letters, digits and `_`; `other` for what is no name.
pub(super) fn kind(text: &str) -> &'static str {
    if text.is_empty() || text.len() > MAX_BYTES {
        return "other";
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = text.chars().map(plain).collect();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = known.get(name.as_str()) {
        return name;
    }
    if known.len() >= MAX_NAMES {
        return "other";
    }
    let kept: &'static str = Box::leak(name.into_boxed_str());
    known.insert(kept);
    kept
}

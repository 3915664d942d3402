//! The last names of hosts: those of the root of the names, and those of networks of one's own. Serves the check of links,
//! where nothing else tells a host from other words.

use ahash::AHashSet;
use std::sync::LazyLock;

static TOPS: LazyLock<AHashSet<&str>> =
    LazyLock::new(|| include_str!("tops.txt").split_whitespace().collect());

/// Longest of them.
const MAX_BYTES: usize = 63;

/// May a host end with the name?
pub(super) fn is_top(name: &[u8]) -> bool {
    let Some(name) = std::str::from_utf8(name).ok().filter(|name| name.len() <= MAX_BYTES) else {
        return false;
    };
    let is_lower = name.bytes().all(|b| !b.is_ascii_uppercase());
    let is_coded = name.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--"));
    is_coded || if is_lower { TOPS.contains(name) } else { TOPS.contains(name.to_lowercase().as_str()) }
}

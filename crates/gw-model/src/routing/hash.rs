//! A hash that is the same in every process, machine and version: gateways that share their work must agree on it.

/// Hashes a list of byte strings; where one ends and the next begins counts.
#[must_use]
pub fn stable_hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    parts.into_iter().fold(0, |state, part| {
        let mut words = part.chunks_exact(8);
        let mut state = mixed(state ^ (part.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for word in &mut words {
            state = mixed(state ^ word.iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)));
        }
        words.remainder().iter().fold(state, |state, byte| mixed(state ^ u64::from(*byte)))
    })
}

/// Every bit of the result depends on every bit of `x`. The finalizer of SplitMix64 (Steele, Lea and Flood, "Fast
/// Splittable Pseudorandom Number Generators").
#[must_use]
pub const fn mixed(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

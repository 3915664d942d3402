//! How random a text looks. Serves the search for credentials. It must not decide what that means.

/// Shannon's entropy of the bytes, in hundredths of a bit each.
pub(super) fn entropy(text: &[u8]) -> u32 {
    let mut counts = [0u16; 256];
    for byte in text {
        counts[usize::from(*byte)] += 1;
    }
    let total = text.len().max(1) as f32;
    let bits: f32 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f32::from(*count) / total;
            -share * share.log2()
        })
        .sum();
    (bits * 100.0) as u32
}

/// Which kinds of characters a text has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mix {
    pub(super) digits: usize,
    pub(super) lower: usize,
    pub(super) upper: usize,
    pub(super) signs: usize,
}

pub(super) fn mix(text: &[u8]) -> Mix {
    let mut mix = Mix::default();
    for byte in text {
        match byte {
            b'0'..=b'9' => mix.digits += 1,
            b'a'..=b'z' => mix.lower += 1,
            b'A'..=b'Z' => mix.upper += 1,
            _ => mix.signs += 1,
        }
    }
    mix
}

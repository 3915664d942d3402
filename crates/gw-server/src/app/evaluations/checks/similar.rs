//! How much two texts have in common: the share of words, whatever their order and case (F1 of bags of words). Linear.

use std::collections::HashMap;

/// From 0, nothing, to 1, every word as often.
pub(super) fn words_in_common(one: &str, other: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        let split = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        split.map(str::to_lowercase).collect()
    };
    let (one, other) = (words(one), words(other));
    if one.is_empty() && other.is_empty() {
        return 1.0;
    }
    let mut left: HashMap<&str, u32> = HashMap::new();
    for word in &other {
        *left.entry(word).or_default() += 1;
    }
    let mut shared = 0_u32;
    for word in &one {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    let all = u32::try_from(one.len() + other.len()).unwrap_or(u32::MAX);
    2.0 * f64::from(shared) / f64::from(all)
}

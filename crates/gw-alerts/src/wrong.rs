//! What is wrong with a rule, a channel or a silence: the field at fault, and what to write instead.

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field.
    pub field: &'static str,
    /// For people.
    pub text: String,
}

impl Wrong {
    pub(crate) fn new(field: &'static str, text: impl Into<String>) -> Self {
        Self { field, text: text.into() }
    }
}

/// A number within bounds.
pub(crate) fn within(field: &'static str, value: u64, least: u64, most: u64) -> Result<u64, Wrong> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Wrong::new(field, format!("'{field}' must be a whole number from {least} to {most}")))
}

/// One of a set of words.
pub(crate) fn choice<T: Copy>(field: &'static str, word: &str, known: &[(&str, T)]) -> Result<T, Wrong> {
    known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        Wrong::new(field, format!("'{field}' must be one of {}", names.join(", ")))
    })
}

/// A name: of a rule, a channel.
pub(crate) fn name(text: &str) -> Result<(), Wrong> {
    const MOST: usize = 64;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if text.is_empty() || text.len() > MOST || !text.bytes().all(plain) {
        let text = format!("'name' may have letters, digits, '-', '_' and '.' only, 1 to {MOST}");
        return Err(Wrong::new("name", text));
    }
    Ok(())
}

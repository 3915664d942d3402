//! Bounds on texts in the journal, so that the space a call may need is known before it starts.

/// Longest texts in bytes. Their sum is what [`super::writer`] promises a call.
pub(super) const MODEL: usize = 256;
pub(super) const NAME: usize = 128;
pub(super) const DETAIL: usize = 1024;
pub(super) const WORD: usize = 64;

/// The longest prefix of `text` of at most `max` bytes that ends between two characters.
pub(super) fn clip(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or("")
}

/// 128-bit ids as 16 bytes; a variable-length integer would take up to 19 and longer to make.
pub(super) mod id {
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(id: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&id.to_be_bytes())
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        from.deserialize_bytes(Id)
    }

    struct Id;

    impl Visitor<'_> for Id {
        type Value = u128;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("16 bytes")
        }
        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<u128, E> {
            let bytes = bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))?;
            Ok(u128::from_be_bytes(bytes))
        }
    }
}

//! Settings with a fixed set of words. Words of the public contract that this version does not carry out
//! are refused with their own message, never accepted.

/// Declares an enum read from a word. `later` lists words that this version knows of but does not have.
macro_rules! choices {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)?
    } $(later { $($later:literal),+ $(,)? })?) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// The word in the file.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl From<&'static str> for $name {
            /// For defaults in code; an unknown word becomes the first choice.
            fn from(word: &'static str) -> Self {
                match word { $($text => Self::$variant,)+ _ => [$(Self::$variant),+][0] }
            }
        }

        impl $crate::shape::Shape for $name {
            fn read(node: &$crate::document::Node, reader: &mut $crate::shape::Reader<'_>) -> Option<Self> {
                let known = [$(($text, Self::$variant)),+];
                let later: &[&str] = &[$($($later),+)?];
                $crate::shape::choose(node, reader, &known, later)
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "type": "string", "anyOf": [
                    { "enum": [$($text),+] }, { "pattern": r"\$\{" }
                ] })
            }
        }
    };
}
pub(crate) use choices;

use super::{Reader, shown};
use crate::document::Node;
use gw_model::nearest::nearest;

/// Finds the word at hand among `known`.
pub(crate) fn choose<T: Copy>(
    node: &Node,
    reader: &mut Reader<'_>,
    known: &[(&str, T)],
    later: &[&str],
) -> Option<T> {
    let words = one_of(known.iter().map(|(word, _)| *word));
    let scalar = reader.scalar(node, &words)?;
    let text = scalar.text.trim();
    if let Some((_, value)) = known.iter().find(|(word, _)| *word == text) {
        return Some(*value);
    }
    if later.contains(&text) {
        let message = format!("'{}: {text}' is not in this version: write {words}", reader.key);
        reader.faults.add(node.place, message);
        return None;
    }
    let message = match nearest(text, known.iter().map(|(word, _)| *word)) {
        Some(word) => format!("must be {words}, not '{}': did you mean '{word}'?", shown(text)),
        None => format!("must be {words}, not '{}'", shown(text)),
    };
    reader.fault(node.place, &message);
    None
}

/// `a, b or c`.
fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

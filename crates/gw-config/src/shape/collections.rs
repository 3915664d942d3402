//! Lists, and blocks whose keys are names of the user's own.

use super::{Reader, Shape};
use crate::document::{Kind, Node};
use crate::place::{At, Place};
use serde_json::{Value, json};

/// Longest name in bytes.
const MAX_NAME_BYTES: usize = 256;

/// A block from names to values, in the order of the file.
#[derive(Clone, Debug)]
pub struct Named<T>(pub Vec<NamedEntry<T>>);

/// One name and its value.
#[derive(Clone, Debug)]
pub struct NamedEntry<T> {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub place: Place,
    /// The value.
    pub value: T,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<T> {
    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|entry| entry.name == name).map(|entry| &entry.value)
    }
}

impl<T: Shape> Shape for Named<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let entries = match &node.kind {
            Kind::Map(entries) => entries,
            Kind::Broken => return None,
            _ if node.is_null() => return Some(Self::default()),
            Kind::List(_) => {
                reader.fault(
                    node.place,
                    "must be a block of 'name: value' lines, not a list: remove the dashes",
                );
                return None;
            }
            Kind::Scalar(_) => {
                reader.fault(node.place, "must be a block of 'name: value' lines");
                return None;
            }
        };
        let mut named = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            if key.text.is_empty()
                || key.text.len() > MAX_NAME_BYTES
                || key.text.chars().any(char::is_control)
            {
                reader
                    .faults
                    .add(key.place, format!("a name must have 1 to {MAX_NAME_BYTES} bytes on one line"));
            }
            let read = reader.under(&key.text, |r| T::read(value, r));
            named.extend(read.map(|value| NamedEntry { name: key.text.clone(), place: key.place, value }));
        }
        Some(Self(named))
    }

    fn schema() -> Value {
        json!({ "type": ["object", "null"], "additionalProperties": T::schema() })
    }
}

impl<T: Shape> Shape for Vec<At<T>> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let items = match &node.kind {
            Kind::List(items) => items,
            Kind::Broken => return None,
            _ if node.is_null() => return Some(Self::new()),
            _ => {
                reader.fault(node.place, "must be a list: write [a, b], or a line '- a' for each");
                return None;
            }
        };
        let mut list = Self::with_capacity(items.len());
        for item in items {
            list.extend(At::read(item, reader));
        }
        Some(list)
    }

    fn schema() -> Value {
        json!({ "type": ["array", "null"], "items": T::schema() })
    }
}

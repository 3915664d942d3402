//! How a setting is read from the file and described in the JSON Schema: one trait for both, so that
//! they can not drift apart. Serves load and schema. It knows no setting by name.

mod anything;
mod calendar;
mod choices;
mod collections;
mod scalars;
mod section;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use anything::Anything;
pub use calendar::{BudgetPeriod, ZoneName};
pub(crate) use choices::{choices, choose};
pub use collections::{Named, NamedEntry};
pub(crate) use scalars::Fraction;
pub use scalars::{Usd, UsdPerMillionTokens, Whole};
pub(crate) use section::{Block, key_of, property, settings};
pub use text::{Text, Texts};

use crate::document::{Kind, Node, Scalar};
use crate::errors::Faults;
use crate::place::{At, Place};
use serde_json::Value;

/// What can stand in the file.
pub(crate) trait Shape: Sized {
    /// Reads the value; on a fault, notes it and gives `None`.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;
    /// The JSON Schema of the value.
    fn schema() -> Value;
}

/// Collects faults while reading, and knows the key that is being read, for messages.
pub(crate) struct Reader<'a> {
    pub(crate) faults: &'a mut Faults,
    key: String,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(faults: &'a mut Faults) -> Self {
        Self { faults, key: "the configuration".into() }
    }

    /// Notes a fault about the value at hand: `'key' message`.
    pub(crate) fn fault(&mut self, place: Place, message: &str) {
        let message = format!("{} {message}", self.name());
        self.faults.add(place, message);
    }

    /// The key at hand, in quotes.
    pub(crate) fn name(&self) -> String {
        if self.key.contains(' ') { self.key.clone() } else { format!("'{}'", self.key) }
    }

    /// Reads a value that stands under `key`.
    pub(crate) fn under<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let outer = std::mem::replace(&mut self.key, key.to_owned());
        let value = read(self);
        self.key = outer;
        value
    }

    /// The scalar at hand, or a fault that says what is wanted.
    pub(crate) fn scalar<'n>(&mut self, node: &'n Node, wanted: &str) -> Option<&'n Scalar> {
        match &node.kind {
            Kind::Scalar(_) if node.is_null() => {
                self.fault(node.place, &format!("has no value: write {wanted}, or remove the key"));
                None
            }
            Kind::Scalar(scalar) => Some(scalar),
            Kind::Broken => None,
            Kind::List(_) => {
                self.fault(node.place, &format!("must be {wanted}, not a list"));
                None
            }
            Kind::Map(_) => {
                self.fault(node.place, &format!("must be {wanted}, not a block of keys"));
                None
            }
        }
    }
}

impl<T: Shape> Shape for At<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self { value: T::read(node, reader)?, place: node.place })
    }

    fn schema() -> Value {
        T::schema()
    }
}

/// What stands in the file, shortened, for messages. Never used for credentials.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(40).filter(|c| !c.is_control()).collect();
    if text.chars().count() > 40 {
        short.push_str("...");
    }
    short
}

//! Reads typed members out of a scenario's tree and collects what is wrong, each with its place. It knows no member by
//! name.

use gw_config::document::{Key, Kind, Node, Scalar};
use gw_config::{Fault, Place};
use std::ops::RangeInclusive;

/// What was wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    /// Notes a fault.
    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>) {
        self.0.push(Fault { place, message: message.into() });
    }
}

/// A block of keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'n> {
    pub(crate) place: Place,
    entries: &'n [(Key, Node)],
    name: &'static str,
}

impl<'n> Block<'n> {
    /// Opens a block that has no other keys than these.
    pub(crate) fn open(
        node: &'n Node,
        name: &'static str,
        known: &[&str],
        faults: &mut Faults,
    ) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            faults.add(node.place, format!("{name} must be a block with keys such as {}", known.join(", ")));
            return None;
        };
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                let known = known.join(", ");
                faults.add(key.place, format!("unknown key '{}' in {name}, known here: {known}", key.text));
            }
        }
        Some(Self { place: node.place, entries, name })
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(known, _)| known.text == key).map(|(_, node)| node)
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &str, faults: &mut Faults) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            faults.add(self.place, format!("'{key}' is missing in {}: add it", self.name));
        }
        found
    }

    /// A number, when the key is there and right.
    pub(crate) fn number(&self, key: &str, range: RangeInclusive<f64>, faults: &mut Faults) -> Option<f64> {
        let node = self.get(key)?;
        let value = match &node.kind {
            Kind::Scalar(Scalar { text, plain: true, .. }) => {
                text.parse::<f64>().ok().filter(|n| range.contains(n))
            }
            _ => None,
        };
        if value.is_none() {
            faults.add(
                node.place,
                format!("'{key}' must be a number from {} to {}", range.start(), range.end()),
            );
        }
        value
    }

    /// A number that must be there.
    pub(crate) fn need_number(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
        faults: &mut Faults,
    ) -> Option<f64> {
        self.need(key, faults).and_then(|_| self.number(key, range, faults))
    }

    /// A whole number, when the key is there and right.
    pub(crate) fn whole(&self, key: &str, range: RangeInclusive<u32>, faults: &mut Faults) -> Option<u32> {
        let node = self.get(key)?;
        let value = match &node.kind {
            Kind::Scalar(Scalar { text, plain: true, .. }) => {
                text.parse::<u32>().ok().filter(|n| range.contains(n))
            }
            _ => None,
        };
        if value.is_none() {
            faults.add(
                node.place,
                format!("'{key}' must be a whole number from {} to {}", range.start(), range.end()),
            );
        }
        value
    }

    /// A text, when the key is there and right.
    pub(crate) fn text(&self, key: &str, faults: &mut Faults) -> Option<&'n str> {
        let node = self.get(key)?;
        match &node.kind {
            Kind::Scalar(Scalar { text, .. }) if !text.trim().is_empty() => Some(text.trim()),
            _ => {
                faults.add(node.place, format!("'{key}' must be a text"));
                None
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn need_text(&self, key: &str, faults: &mut Faults) -> Option<&'n str> {
        self.need(key, faults).and_then(|_| self.text(key, faults))
    }

    /// The items of a list; none when the key is not there.
    pub(crate) fn items(&self, key: &str, faults: &mut Faults) -> &'n [Node] {
        match self.get(key).map(|node| (&node.kind, node.place)) {
            None => &[],
            Some((Kind::List(items), _)) => items,
            Some((_, place)) => {
                faults.add(place, format!("'{key}' must be a list"));
                &[]
            }
        }
    }
}

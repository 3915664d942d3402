//! From places in a text to JSON pointers, for whoever sent the text as JSON. It must not judge anything.

use super::RouteFault;
use crate::document::{Kind, Node};
use crate::errors::Faults;
use crate::place::Place;
use std::collections::BTreeMap;

/// The pointer of every value, by its place, and of every member by the place of its name.
pub(in crate::compile) fn places(root: &Node) -> BTreeMap<Place, String> {
    let mut found = BTreeMap::new();
    walk(root, String::new(), &mut found);
    found
}

fn walk(node: &Node, pointer: String, found: &mut BTreeMap<Place, String>) {
    match &node.kind {
        Kind::Map(entries) => {
            for (key, value) in entries {
                let inner = format!("{pointer}/{}", key.text.replace('~', "~0").replace('/', "~1"));
                found.insert(key.place, inner.clone());
                walk(value, inner, found);
            }
        }
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, format!("{pointer}/{index}"), found);
            }
        }
        Kind::Scalar(_) | Kind::Broken => {}
    }
    found.insert(node.place, pointer);
}

/// Faults with pointers in place of places, each once and in order.
pub(super) fn pointed(faults: Faults, places: &BTreeMap<Place, String>) -> Vec<RouteFault> {
    let pointer = |place: &Place| places.get(place).cloned().unwrap_or_default();
    let sorted = faults.sorted().into_iter();
    sorted.map(|fault| RouteFault { pointer: pointer(&fault.place), message: fault.message }).collect()
}

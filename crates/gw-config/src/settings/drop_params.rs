//! Which parameters are left out in place of a refusal: a list of names, or all that cannot be taken.

use crate::document::{Kind, Node};
use crate::shape::{Reader, Shape, Text};
use gw_model::DropParams;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most names in a list.
const MAX_NAMES: usize = 64;

/// Never left out: without them there is no request.
const NEEDED: [&str; 5] = ["model", "messages", "input", "contents", "stream"];

/// `true`, `false` or a list of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropParamsSetting(pub DropParams);

impl Shape for DropParamsSetting {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            let all = bool::read(node, reader)?;
            return Some(Self(if all { DropParams::Unsupported } else { DropParams::Harmless }));
        };
        let mut names: Vec<Arc<str>> = Vec::with_capacity(items.len().min(MAX_NAMES));
        for item in items {
            let Some(Text(name)) = Text::read(item, reader) else { continue };
            if name.is_empty() || NEEDED.contains(&name.as_str()) {
                reader.faults.add(item.place, format!("'{name}' cannot be left out of a request: remove it"));
                continue;
            }
            names.push(name.into());
        }
        if names.len() > MAX_NAMES {
            reader.fault(node.place, &format!("has more than {MAX_NAMES} names: write `true`, or fewer"));
            return None;
        }
        Some(Self(if names.is_empty() { DropParams::Harmless } else { DropParams::Named(names.into()) }))
    }

    fn schema() -> Value {
        json!({ "anyOf": [bool::schema(), { "type": "array", "items": { "type": "string" }, "maxItems": MAX_NAMES }] })
    }
}

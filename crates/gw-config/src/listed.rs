//! The plain settings of a configuration, each with its value and where that comes from, for people who want to know what is in
//! force; and the values that the API puts in the place of defaults. Secrets are never shown. Blocks with names of the user's own
//! (providers, models, keys and so on) are no plain settings: they have resources of their own.

use crate::document::{Key, Kind, Node, Scalar};
use crate::errors::{ConfigErrors, Faults};
use crate::place::Place;
use crate::settings::{FileSettings, Settings};
use crate::shape::{Reader, Shape};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Blocks whose settings count as soon as they are read, for a running gateway too.
const CHANGEABLE: [&str; 8] = [
    "direct_models",
    "customers.",
    "health.",
    "limits.",
    "settings.",
    "records.",
    "datasets.",
    "evaluations.",
];

/// What the description of a setting says that does not.
const AT_START: &str = "Read at start";

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The configuration file, at this place.
    File(Place),
    /// The command line, or a variable of the environment that goes before the file.
    Start,
    /// The admin API.
    Api,
}

impl Origin {
    /// The name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File(_) => "file",
            Self::Start => "start",
            Self::Api => "api",
        }
    }
}

/// What somebody says about a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// `None` where it must not be shown.
    value: Option<Value>,
    origin: Origin,
}

/// Blocks of the document without plain settings, which may be long.
const RESOURCES: [&str; 3] = ["providers", "models", "keys"];

/// All that is said. It is read when somebody asks: most gateways are never asked, and what is known of settings takes memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllGiven {
    /// What the document says.
    root: Option<Arc<Node>>,
    /// What goes before it, by the settings' names.
    start: BTreeMap<String, Given>,
}

impl AllGiven {
    fn get(&self, leaf: &Leaf) -> Option<Given> {
        let started = self.start.get(&leaf.name).cloned();
        started.or_else(|| leaf.given(self.root.as_deref()?))
    }
}

/// A setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its name, with those of its blocks before it: `records.logging`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What is in force; null where nothing is, or where it must not be shown.
    pub value: Value,
    /// What would be if nobody said anything; null where nothing would.
    pub default: &'static Value,
    /// Where it comes from.
    pub origin: Origin,
    /// There is a value, and it is not shown.
    pub is_hidden: bool,
    /// It may be changed while the gateway runs, where the file does not say what it is.
    pub is_changeable: bool,
}

/// A value in the place of a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The setting's name.
    pub name: String,
    /// Its value: a number, a truth value or a text.
    pub value: Value,
}

/// What is known of a setting without a configuration.
struct Leaf {
    name: String,
    about: String,
    default: Value,
    is_secret: bool,
    /// A number, a truth value, or one of some words: no text of anybody's own.
    is_closed: bool,
}

fn leaves() -> &'static [Leaf] {
    static LEAVES: OnceLock<Vec<Leaf>> = OnceLock::new();
    LEAVES.get_or_init(|| {
        let mut found = Vec::new();
        collect(&FileSettings::schema(), "", &mut found);
        found
    })
}

fn collect(schema: &Value, within: &str, found: &mut Vec<Leaf>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let name = if within.is_empty() { name.clone() } else { format!("{within}.{name}") };
        if property["properties"].is_object() {
            collect(property, &name, found);
        } else if !has_blocks(property) {
            found.push(Leaf {
                name,
                about: property["description"].as_str().unwrap_or_default().to_owned(),
                default: property["default"].clone(),
                is_secret: property["writeOnly"] == true,
                is_closed: is_closed(property),
            });
        }
    }
}

/// The schema itself, and those that it offers.
fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    std::iter::once(schema).chain(schema["anyOf"].as_array().into_iter().flatten())
}

fn has_blocks(schema: &Value) -> bool {
    branches(schema).any(|branch| {
        branch["properties"].is_object()
            || branch["additionalProperties"].is_object()
            || branch["$ref"].is_string()
            || (branch["items"].is_object() && has_blocks(&branch["items"]))
    })
}

fn is_closed(schema: &Value) -> bool {
    let closed = ["integer", "number", "boolean"];
    let is_word = |branch: &Value| branch["enum"].is_array() || branch["const"].is_string();
    branches(schema).any(|branch| is_word(branch) || closed.iter().any(|one| branch["type"] == *one))
}

impl Leaf {
    fn is_changeable(&self) -> bool {
        let within = |block: &&str| match block.ends_with('.') {
            true => self.name.starts_with(*block),
            false => self.name == **block,
        };
        self.is_closed && CHANGEABLE.iter().any(within) && !self.about.contains(AT_START)
    }

    /// What the document says of it; nothing where it says nothing.
    fn given(&self, root: &Node) -> Option<Given> {
        let mut node = root;
        for part in self.name.split('.') {
            let Kind::Map(entries) = &node.kind else { return None };
            node = entries.iter().find(|(key, _)| key.text == part).map(|(_, inner)| inner)?;
        }
        if node.is_null() {
            return None;
        }
        let origin = if node.place.is_known() { Origin::File(node.place) } else { Origin::Api };
        let value = match &node.kind {
            Kind::Scalar(scalar) => self.shown(scalar),
            Kind::List(items) => {
                let one = |item: &Node| match &item.kind {
                    Kind::Scalar(scalar) => self.shown(scalar),
                    _ => None,
                };
                items.iter().map(one).collect::<Option<Vec<Value>>>().map(Value::Array)
            }
            Kind::Map(_) | Kind::Broken => None,
        };
        Some(Given { value, origin })
    }

    /// What may be seen of a text: not a secret, and nothing of the environment but what is a number or a known word.
    fn shown(&self, scalar: &Scalar) -> Option<Value> {
        let text = scalar.text.trim();
        if self.is_secret || may_hold_secret(text) || (scalar.filled && !self.is_closed) {
            return None;
        }
        let typed = match text.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => text.parse::<serde_json::Number>().ok().map(Value::Number),
        };
        Some(typed.filter(|_| self.is_closed).unwrap_or_else(|| text.into()))
    }
}

/// Is it an address with a user, or with a query, where keys are given too?
fn may_hold_secret(text: &str) -> bool {
    match text.split_once("://") {
        Some((_, rest)) => rest.contains(['@', '?']),
        None => text.split_once('@').is_some_and(|(user, _)| user.contains(':')),
    }
}

/// What a document says of all plain settings.
pub(crate) fn given(mut root: Node) -> AllGiven {
    if let Kind::Map(entries) = &mut root.kind {
        entries.retain(|(key, _)| !RESOURCES.contains(&key.text.as_str()));
    }
    AllGiven { root: Some(Arc::new(root)), start: BTreeMap::new() }
}

/// Puts values where a document says nothing. One that cannot be changed is passed over.
pub(crate) fn put(root: &mut Node, stored: &[Stored]) {
    for Stored { name, value } in stored {
        if leaves().iter().any(|leaf| leaf.name == *name && leaf.is_changeable()) {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            put_one(root, name, text);
        }
    }
}

fn put_one(node: &mut Node, name: &str, text: String) {
    if node.is_null() {
        node.kind = Kind::Map(Vec::new());
    }
    // What is no block is a fault that is told of elsewhere.
    let Kind::Map(entries) = &mut node.kind else { return };
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let at = entries.iter().position(|(key, _)| key.text == first).unwrap_or_else(|| {
        let key = Key { text: first.to_owned(), place: Place::NONE };
        entries.push((key, Node::null(Place::NONE)));
        entries.len() - 1
    });
    let Some((_, inner)) = entries.get_mut(at) else { return };
    match rest.is_empty() {
        false => put_one(inner, rest, text),
        // The file goes before.
        true if !inner.is_null() => {}
        true => {
            inner.place = Place::NONE;
            inner.kind = Kind::Scalar(Scalar { text, plain: false, filled: true });
        }
    }
}

impl Settings {
    /// Takes values in the place of defaults, where there is no file.
    ///
    /// # Errors
    /// One of them is not right.
    pub fn with_stored(mut self, stored: &[Stored]) -> Result<Self, ConfigErrors> {
        if stored.is_empty() {
            return Ok(self);
        }
        let (mut root, mut faults) = (Node::null(Place::NONE), Faults::default());
        put(&mut root, stored);
        let name = Arc::clone(&self.source);
        let read = FileSettings::read(&root, &mut Reader::new(&mut faults));
        let settings = read.map(|file| {
            let providers = std::mem::take(&mut self.file.providers);
            self.file = FileSettings { providers, ..file };
            self.given = given(root);
            self
        });
        faults.finish(&name, settings)
    }

    /// Notes what goes before the file. `None` is not shown.
    pub(crate) fn note_start(&mut self, name: &str, value: Option<Value>) {
        self.given.start.insert(name.to_owned(), Given { value, origin: Origin::Start });
    }

    /// All plain settings, by name.
    #[must_use]
    pub fn listed(&self) -> Vec<Listed> {
        let listed = |leaf: &'static Leaf| {
            let given = self.given.get(leaf);
            let value = given
                .as_ref()
                .map_or_else(|| leaf.default.clone(), |given| given.value.clone().unwrap_or_default());
            Listed {
                name: &leaf.name,
                about: &leaf.about,
                value,
                default: &leaf.default,
                origin: given.as_ref().map_or(Origin::Default, |given| given.origin),
                is_hidden: given.is_some_and(|given| given.value.is_none()),
                is_changeable: leaf.is_changeable(),
            }
        };
        let mut all: Vec<Listed> = leaves().iter().map(listed).collect();
        all.sort_unstable_by_key(|one| one.name);
        all
    }
}

#[cfg(test)]
mod tests;

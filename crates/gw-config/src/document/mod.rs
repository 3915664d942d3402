//! The file as a tree of texts with places: YAML syntax, limits, and `${VAR}`. Serves load, and whoever else keeps
//! settings in YAML (drills). It knows no setting by name, and guesses no types: what a text means is decided by the
//! setting that reads it.

mod build;
mod interpolate;
mod mask;
#[cfg(test)]
mod tests;

pub(crate) use build::parse;

use crate::env::Env;
use crate::errors::{Fault, Faults};
use crate::place::Place;

/// Largest file in bytes. 100,000 declared keys fit.
pub(crate) const MAX_FILE_BYTES: usize = 64 << 20;
/// Deepest nesting.
pub(crate) const MAX_DEPTH: usize = 32;
/// Most nodes that aliases (`*name`) may copy in one file, so that a few lines can not grow to millions.
pub(crate) const MAX_ALIAS_NODES: usize = 50_000;
/// Most bytes that `${VAR}` may add in one file.
pub(crate) const MAX_EXPANDED_BYTES: usize = 64 << 20;

/// A value in the file.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text, as it stands in the file, with variables filled in.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A block of keys; no key stands twice.
    Map(Vec<(Key, Node)>),
    /// Something whose fault is already noted; readers stay silent.
    Broken,
}

/// A scalar's text.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text.
    pub text: String,
    /// Written without quotes: only then can it be null.
    pub plain: bool,
    /// Holds the value of a variable.
    pub filled: bool,
}

/// A key of a block.
#[derive(Clone, Debug)]
pub struct Key {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// Reads YAML of whatever meaning, its texts as they are written.
///
/// # Errors
/// What is wrong with the syntax, with its places; a limit that is passed.
pub fn read(text: &str) -> Result<Node, Vec<Fault>> {
    finished(|faults| parse(text, None, faults))
}

/// The same, with `${VAR}` filled in from `env`.
///
/// # Errors
/// As above, and variables that are not set.
pub fn read_filled(text: &str, env: &dyn Env) -> Result<Node, Vec<Fault>> {
    finished(|faults| parse(text, Some(env), faults))
}

fn finished(read: impl FnOnce(&mut Faults) -> Option<Node>) -> Result<Node, Vec<Fault>> {
    let mut faults = Faults::default();
    let root = read(&mut faults);
    match root {
        Some(root) if faults.is_empty() => Ok(root),
        _ => Err(faults.sorted()),
    }
}

impl Node {
    pub(crate) const fn null(place: Place) -> Self {
        Self { place, kind: Kind::Scalar(Scalar { text: String::new(), plain: true, filled: false }) }
    }

    /// Moves it so many lines down.
    pub(crate) fn shift(&mut self, lines: u32) {
        let down = |place: &mut Place| place.line = place.line.saturating_add(lines);
        down(&mut self.place);
        match &mut self.kind {
            Kind::Scalar(_) | Kind::Broken => {}
            Kind::List(items) => items.iter_mut().for_each(|item| item.shift(lines)),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    down(&mut key.place);
                    value.shift(lines);
                }
            }
        }
    }

    /// Nothing was written, or YAML's null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Scalar(s) => {
                s.plain && !s.filled && matches!(s.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// Number of nodes, this one included.
    fn size(&self) -> usize {
        match &self.kind {
            Kind::Scalar(_) | Kind::Broken => 1,
            Kind::List(items) => items.iter().fold(1, |n, item| n + item.size()),
            Kind::Map(entries) => entries.iter().fold(1, |n, (_, value)| n + 1 + value.size()),
        }
    }

    /// Levels of nesting, 1 for a scalar.
    fn depth(&self) -> usize {
        match &self.kind {
            Kind::Scalar(_) | Kind::Broken => 1,
            Kind::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Kind::Map(entries) => 1 + entries.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
        }
    }
}

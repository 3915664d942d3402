//! The file as a tree of texts with places: YAML syntax, limits, and `${VAR}`. Serves load. It knows no
//! setting by name, and guesses no types: what a text means is decided by the setting that reads it.

mod build;
mod interpolate;
mod mask;
#[cfg(test)]
mod tests;

pub(crate) use build::parse;

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
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
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
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Written without quotes: only then can it be null.
    pub(crate) plain: bool,
    /// Holds the value of a variable.
    pub(crate) filled: bool,
}

/// A key of a block.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl Node {
    pub(crate) const fn null(place: Place) -> Self {
        Self { place, kind: Kind::Scalar(Scalar { text: String::new(), plain: true, filled: false }) }
    }

    /// Nothing was written, or YAML's null.
    pub(crate) fn is_null(&self) -> bool {
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

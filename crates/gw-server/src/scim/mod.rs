//! SCIM's own language (RFC 7643, 7644): schemas, paths, filters, patches and the choice of attributes, over resources that
//! are JSON objects. Pure: it knows no users, no groups, no store and no HTTP.

pub(crate) mod filter;
pub(crate) mod patch;
pub(crate) mod path;
pub(crate) mod resource;
pub(crate) mod schema;
pub(crate) mod selection;
pub(crate) mod sort;

use std::fmt;

/// What kind of a mistake a 400 or 409 tells of (RFC 7644, table 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    InvalidFilter,
    TooMany,
    Uniqueness,
    Mutability,
    InvalidSyntax,
    InvalidPath,
    NoTarget,
    InvalidValue,
}

impl FaultKind {
    /// The word of `scimType`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
        }
    }
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// For people.
    pub(crate) detail: String,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// A value that cannot be, at a path.
    pub(crate) fn value(path: &str, detail: impl fmt::Display) -> Self {
        Self::new(FaultKind::InvalidValue, format!("'{path}' {detail}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

#[cfg(test)]
mod tests;

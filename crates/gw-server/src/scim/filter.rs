//! Filters (RFC 7644, 3.4.2.2): read once against the schema, then asked of each resource. Pure.

mod compare;
mod parse;

use super::path::Place;
use super::schema::{Attribute, ResourceKind};
use super::{Fault, FaultKind};
use serde_json::{Map, Value};

/// Longest filter, in bytes.
pub(super) const MAX_BYTES: usize = 8_192;

/// How deep one may stand in another, and how many comparisons there may be.
pub(super) const MAX_DEPTH: usize = 16;
pub(super) const MAX_TERMS: usize = 128;

/// A filter.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    /// It has a value.
    Present(Place),
    Compare(Place, Operator, Literal),
    /// One of the values is such.
    Within(Place, Box<Self>),
}

/// How is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// With what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Flag(bool),
    Text(String),
    /// A point in time, in microseconds since the epoch.
    Time(i64),
}

/// Reads a filter on resources.
pub(crate) fn parse(kind: &ResourceKind, text: &str) -> Result<Filter, Fault> {
    parse::whole(parse::Scope::Resource(kind), text)
}

/// Reads a filter on the values of an attribute.
pub(crate) fn within(attribute: &'static Attribute, text: &str) -> Result<Filter, Fault> {
    parse::whole(parse::Scope::Values(attribute), text)
}

fn wrong(detail: impl Into<String>) -> Fault {
    Fault::new(FaultKind::InvalidFilter, detail)
}

impl Filter {
    /// Is the resource, or the value, such?
    pub(crate) fn matches(&self, object: &Map<String, Value>) -> bool {
        match self {
            Self::And(one, other) => one.matches(object) && other.matches(object),
            Self::Or(one, other) => one.matches(object) || other.matches(object),
            Self::Not(inner) => !inner.matches(object),
            Self::Present(place) => place.values(object).into_iter().any(compare::says_something),
            Self::Compare(place, operator, literal) => compare::holds(place, *operator, literal, object),
            Self::Within(place, inner) => place
                .values(object)
                .iter()
                .filter_map(|value| value.as_object())
                .any(|one| inner.matches(one)),
        }
    }

    /// The text that an attribute must equal for a resource to be such, where that is all that is asked.
    pub(crate) fn equals(&self, attribute: &str) -> Option<&str> {
        match self {
            Self::Compare(place, Operator::Equal, Literal::Text(text))
                if place.extension.is_none() && place.sub.is_none() && place.attribute.name == attribute =>
            {
                Some(text)
            }
            _ => None,
        }
    }

    /// What a value must be to be such, where it says only what parts of it equal.
    pub(crate) fn as_value(&self) -> Option<Map<String, Value>> {
        match self {
            Self::And(one, other) => {
                let mut value = one.as_value()?;
                value.extend(other.as_value()?);
                Some(value)
            }
            Self::Compare(place, Operator::Equal, literal) => {
                let value = match literal {
                    Literal::Text(text) => Value::from(text.as_str()),
                    Literal::Flag(flag) => Value::from(*flag),
                    Literal::Null | Literal::Time(_) => return None,
                };
                Some(std::iter::once((place.leaf().name.to_owned(), value)).collect())
            }
            _ => None,
        }
    }
}

//! Types, as far as they are known before an evaluation. Serves the checker. It must not hold values.

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Known at evaluation only: the caller's metadata may hold anything.
    Any,
    Null,
    Bool,
    Int,
    Double,
    Text,
    Time,
    List(Box<Self>),
    /// By texts, but for literals, whose keys may be anything.
    Map(Box<Self>),
}

impl Type {
    /// With an article, for messages.
    pub(crate) const fn describe(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Int => "an integer",
            Self::Double => "a floating-point number",
            Self::Text => "a text",
            Self::Time => "a timestamp",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    const fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }

    /// Whether values of both may be equal.
    pub(crate) fn may_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any | Self::Null, _) | (_, Self::Any | Self::Null) => true,
            (Self::List(a), Self::List(b)) | (Self::Map(a), Self::Map(b)) => a.may_equal(b),
            _ => self == other || (self.is_number() && other.is_number()),
        }
    }

    /// Whether one of both may be the smaller one.
    pub(crate) fn may_compare(&self, other: &Self) -> bool {
        let has_order = |of: &Self| !matches!(of, Self::Null | Self::List(_) | Self::Map(_));
        has_order(self) && has_order(other) && self.may_equal(other)
    }

    /// Whether it may be that type.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::List(_), Self::List(_)) | (Self::Map(_), Self::Map(_)) => true,
            _ => self == other,
        }
    }

    /// The type of what may be either.
    pub(crate) fn join(self, other: &Self) -> Self {
        if self == *other { self } else { Self::Any }
    }
}

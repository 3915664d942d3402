//! Plain texts: one, or a list of them. Numbers without quotes are texts too where a text is wanted.

use super::{Reader, Shape};
use crate::document::{Kind, Node};
use crate::place::At;
use serde_json::{Value, json};

/// Longest text in bytes.
const MAX_TEXT_BYTES: usize = 4096;

/// A text of at most 4096 bytes without control characters. May be empty only when written as `""`, or
/// when a variable is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(pub String);

impl Text {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Shape for Text {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let scalar = reader.scalar(node, "a text")?;
        if scalar.text.len() > MAX_TEXT_BYTES {
            reader.fault(node.place, &format!("is longer than {MAX_TEXT_BYTES} bytes"));
            return None;
        }
        if scalar.text.chars().any(char::is_control) {
            reader.fault(node.place, "holds a line break or another control character: write it on one line");
            return None;
        }
        Some(Self(scalar.text.clone()))
    }

    fn schema() -> Value {
        json!({ "type": ["string", "number", "boolean"], "maxLength": MAX_TEXT_BYTES })
    }
}

/// A list of texts; a single text stands for a list of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<At<Text>>);

impl Shape for Texts {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(_) if !node.is_null() => Some(Self(vec![At::read(node, reader)?])),
            _ => Vec::<At<Text>>::read(node, reader).map(Self),
        }
    }

    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "string" }, Vec::<At<Text>>::schema()] })
    }
}

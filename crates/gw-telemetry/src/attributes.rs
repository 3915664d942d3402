//! Lists of attributes: what is not known is not told.

use crate::proto::values::{AnyValue, KeyValue, Value};

/// Longest text of an attribute, in bytes; longer ones are cut.
pub(crate) const MAX_TEXT_BYTES: usize = 1024;

/// A list being made.
#[derive(Debug, Default)]
pub(crate) struct Attributes(pub(crate) Vec<KeyValue>);

impl Attributes {
    pub(crate) fn text(&mut self, name: &'static str, value: &str) -> &mut Self {
        if !value.is_empty() {
            self.0.push(pair(name, Value::Text(cut(value).to_owned())));
        }
        self
    }

    /// A text that has a bound of its own.
    pub(crate) fn long(&mut self, name: &'static str, value: &str) -> &mut Self {
        if !value.is_empty() {
            self.0.push(pair(name, Value::Text(value.to_owned())));
        }
        self
    }

    pub(crate) fn int(&mut self, name: &'static str, value: impl TryInto<i64>) -> &mut Self {
        self.0.push(pair(name, Value::Int(value.try_into().unwrap_or(i64::MAX))));
        self
    }

    /// A count that says nothing where it is 0.
    pub(crate) fn count(&mut self, name: &'static str, value: u64) -> &mut Self {
        if value > 0 { self.int(name, value) } else { self }
    }

    pub(crate) fn double(&mut self, name: &'static str, value: f64) -> &mut Self {
        self.0.push(pair(name, Value::Double(value)));
        self
    }

    pub(crate) fn truth(&mut self, name: &'static str, value: bool) -> &mut Self {
        self.0.push(pair(name, Value::Bool(value)));
        self
    }
}

/// One attribute.
pub(crate) fn pair(name: &str, value: Value) -> KeyValue {
    KeyValue { key: name.to_owned(), value: Some(AnyValue { value: Some(value) }) }
}

/// The beginning of a text that is too long.
pub(crate) fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_TEXT_BYTES)).unwrap_or(text)
}

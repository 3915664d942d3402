//! What a token says. Claims may lie deep, and hold a text, a number, or a list: whoever asks need not know.

use serde_json::{Map, Value};

/// Most values of one claim that are looked at.
const MAX_VALUES: usize = 1_000;

/// What a token, or a provider's answer about a person, says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The members of an object.
    #[must_use]
    pub const fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// The value at a path. A claim of that very name comes first, since names may hold dots themselves
    /// (`https://example.com/roles`); else dots lead into objects (`realm_access.roles`).
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Value> {
        find(&self.0, path)
    }

    /// A claim as one text. `None` where it is missing, empty, or no single value.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        scalar(self.get(path)?)
    }

    /// A claim as texts: those of a list, or the one that it is. Scopes stand in one text with spaces between.
    #[must_use]
    pub fn texts(&self, path: &str) -> Vec<String> {
        match self.get(path) {
            Some(Value::Array(values)) => values.iter().take(MAX_VALUES).filter_map(scalar).collect(),
            Some(Value::String(text)) if path == "scope" || path == "scp" => {
                text.split_ascii_whitespace().take(MAX_VALUES).map(str::to_owned).collect()
            }
            Some(value) => scalar(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The same with what others say besides.
    #[must_use]
    pub fn or(mut self, others: Self) -> Self {
        for (name, value) in others.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }

    /// A time in whole seconds since the epoch.
    pub(crate) fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        // Some write fractions; the whole seconds are what counts.
        value.as_i64().or_else(|| value.as_f64().filter(|at| at.abs() < 1e15).map(|at| at as i64))
    }
}

fn find<'a>(members: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = members.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(at, _)| {
        let (first, rest) = (path.get(..at)?, path.get(at + 1..)?);
        find(members.get(first)?.as_object()?, rest)
    })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;

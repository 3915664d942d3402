//! Typed access to members of a request. Serves the request readers of OpenAI's formats. It must name the
//! member in every refusal.

use crate::json::{Object, Value};
use gw_model::chat::Json;
use gw_model::{ErrorCode, Refusal};
use serde_json::value::RawValue;
use std::sync::Arc;

/// The top-level members, each read once; what is left has no field of its own.
pub(crate) struct Params<'a> {
    object: Object<'a>,
    taken: Vec<bool>,
}

impl<'a> Params<'a> {
    /// Reads `body`.
    ///
    /// # Errors
    /// It is not a JSON object, or a name stands twice.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Refusal> {
        let object = Object::parse(body, crate::json::cursor::DEPTH_CEILING)
            .map_err(|e| crate::facts::json_refusal(&e))?;
        let taken = vec![false; object.members.len()];
        Ok(Self { object, taken })
    }

    /// Takes a member; `null` counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let index = self.object.members.iter().position(|m| m.key == name)?;
        if let Some(taken) = self.taken.get_mut(index) {
            *taken = true;
        }
        let member = self.object.members.get(index)?;
        Some(self.object.value(member)).filter(|v| !v.is_null())
    }

    /// Takes a string.
    pub(crate) fn string(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        optional(self.take(name), name, "a string", |v| v.as_str().map(std::borrow::Cow::into_owned))
    }

    /// Takes a whole number of at least 0.
    pub(crate) fn count(&mut self, name: &'static str) -> Result<Option<u64>, Refusal> {
        optional(self.take(name), name, "a whole number of at least 0", Value::as_u64)
    }

    /// Takes a boolean.
    pub(crate) fn boolean(&mut self, name: &'static str) -> Result<Option<bool>, Refusal> {
        optional(self.take(name), name, "true or false", Value::as_bool)
    }

    /// Takes a number.
    pub(crate) fn number(&mut self, name: &'static str) -> Result<Option<serde_json::Number>, Refusal> {
        optional(self.take(name), name, "a number", number)
    }

    /// The members that nobody took and that are not `null`.
    pub(crate) fn rest(self) -> Vec<(String, Json)> {
        let left = self.object.members.iter().zip(&self.taken).filter(|(_, taken)| !**taken);
        left.map(|(member, _)| (member, self.object.value(member)))
            .filter(|(_, value)| !value.is_null())
            .filter_map(|(member, value)| Some((member.key.clone().into_owned(), json(&value)?)))
            .collect()
    }
}

/// Reads a value that may be absent; one that is there must be what is wanted.
pub(crate) fn optional<'a, T>(
    value: Option<Value<'a>>,
    name: &str,
    wanted: &str,
    read: impl Fn(&Value<'a>) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    match value.filter(|v| !v.is_null()) {
        None => Ok(None),
        Some(value) => read(&value).map(Some).ok_or_else(|| {
            let message = format!("`{name}` must be {wanted}, not {}.", value.kind.with_article());
            Refusal::new(ErrorCode::InvalidRequest, message).param(name.to_owned())
        }),
    }
}

/// A value kept as text. Text that our scanner took is JSON to `serde_json` too.
pub(crate) fn json(value: &Value<'_>) -> Option<Json> {
    RawValue::from_string(value.raw().to_owned()).ok().map(Arc::from)
}

/// A number as written.
pub(crate) fn number(value: &Value<'_>) -> Option<serde_json::Number> {
    serde_json::from_str(value.raw()).ok()
}

/// A string or an array of strings.
pub(crate) fn strings(value: &Value<'_>) -> Option<Vec<String>> {
    match value.as_str() {
        Some(text) => Some(vec![text.into_owned()]),
        None if value.kind == crate::json::Kind::Array => {
            value.elements().map(|v| v.as_str().map(std::borrow::Cow::into_owned)).collect()
        }
        None => None,
    }
}

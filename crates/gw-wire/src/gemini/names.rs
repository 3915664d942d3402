//! Member names in both spellings of the API, and values as the API's JSON mapping takes them: whole numbers
//! may be strings, and one object may stand for a list of one. Serves every reader of this format. It must
//! not decide what a member means.

use crate::codec::WireError;
use crate::json::{Kind, Object, Value, cursor::DEPTH_CEILING};
use gw_model::chat::Json;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// Whether `key` is `name` (camelCase) in either spelling.
pub(crate) fn is(key: &str, name: &str) -> bool {
    if key == name {
        return true;
    }
    if !key.contains('_') {
        return false;
    }
    let mut key = key.trim_start_matches('_').bytes();
    for wanted in name.bytes() {
        let found = match key.next() {
            Some(b'_') => key.next().map(|byte| byte.to_ascii_uppercase()),
            found => found,
        };
        if found != Some(wanted) {
            return false;
        }
    }
    key.next().is_none()
}

/// The camelCase spelling of a name.
pub(crate) fn camel(key: &str) -> Cow<'_, str> {
    if !key.contains('_') {
        return Cow::Borrowed(key);
    }
    let mut out = String::with_capacity(key.len());
    let mut raise = false;
    for character in key.trim_start_matches('_').chars() {
        if character == '_' {
            raise = true;
        } else if std::mem::take(&mut raise) {
            out.push(character.to_ascii_uppercase());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// The member of that name, in either spelling; `null` counts as absent.
pub(crate) fn get<'a>(object: &Object<'a>, name: &str) -> Option<Value<'a>> {
    let member = object.members.iter().find(|member| is(&member.key, name))?;
    Some(object.value(member)).filter(|value| !value.is_null())
}

/// A member that is a string.
pub(crate) fn text(object: &Object<'_>, name: &str) -> Option<String> {
    get(object, name)?.as_str().map(Cow::into_owned)
}

/// A member that is an object.
pub(crate) fn object<'a>(holder: &Object<'a>, name: &str) -> Option<Object<'a>> {
    get(holder, name).filter(|value| value.kind == Kind::Object)?.object().ok()
}

/// A whole number of at least 0, as a number or as the string that the API's JSON mapping also takes.
pub(crate) fn count(value: &Value<'_>) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A member that is a count.
pub(crate) fn count_of(object: &Object<'_>, name: &str) -> Option<u64> {
    count(&get(object, name)?)
}

/// The elements of a list; one object stands for a list of one.
pub(crate) fn elements<'a>(value: &Value<'a>) -> Vec<Value<'a>> {
    match value.kind {
        Kind::Object => vec![*value],
        _ => value.elements().collect(),
    }
}

/// A value kept as text. `None` for one that is nested deeper than other readers take.
pub(crate) fn json(value: &Value<'_>) -> Option<Json> {
    RawValue::from_string(value.raw().to_owned()).ok().map(Arc::from)
}

/// The members of an answer.
///
/// # Errors
/// It is not a JSON object.
pub(crate) fn parse(body: &[u8]) -> Result<Object<'_>, WireError> {
    Object::parse(body, DEPTH_CEILING).map_err(|error| {
        // The text has the place and the reason; serde's error type can carry it.
        WireError::Json { source: <serde_json::Error as serde::de::Error>::custom(error.to_string()) }
    })
}

//! Typed reading of JSON members with the rejection that a wrong type gets. For request readers of
//! every format; it must not know which members there are.

use serde_json::Value;

use crate::answer::Rejection;

/// Name of a value's JSON type with its article.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The rejection of a wrong type.
pub(crate) fn wrong_type(param: &str, expected: &str, got: &Value) -> Rejection {
    let message = format!("Invalid type for '{param}': expected {expected}, but got {}.", type_name(got));
    Rejection::param(param, "invalid_type", message)
}

/// A member that is there and not null.
pub(crate) fn present<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}

fn typed<'a, T>(
    body: &'a Value,
    name: &str,
    expected: &str,
    read: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>, Rejection> {
    match present(body, name) {
        None => Ok(None),
        Some(value) => read(value).map(Some).ok_or_else(|| wrong_type(name, expected, value)),
    }
}

/// An optional boolean.
pub(crate) fn boolean(body: &Value, name: &str) -> Result<bool, Rejection> {
    Ok(typed(body, name, "a boolean", Value::as_bool)?.unwrap_or(false))
}

/// An optional string.
pub(crate) fn string<'a>(body: &'a Value, name: &str) -> Result<Option<&'a str>, Rejection> {
    typed(body, name, "a string", Value::as_str)
}

/// An optional array.
pub(crate) fn array<'a>(body: &'a Value, name: &str) -> Result<Option<&'a Vec<Value>>, Rejection> {
    typed(body, name, "an array", Value::as_array)
}

/// An optional whole number of at least `least` and at most `most`.
pub(crate) fn whole(body: &Value, name: &str, least: u64, most: u64) -> Result<Option<u64>, Rejection> {
    let Some(value) = present(body, name) else { return Ok(None) };
    if !value.is_i64() && !value.is_u64() {
        return Err(wrong_type(name, "an integer", value));
    }
    match value.as_u64() {
        Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => {
            let code = if value.as_i64().is_some_and(|n| n < 0) || value.as_u64() < Some(least) {
                "integer_below_min_value"
            } else {
                "integer_above_max_value"
            };
            let message =
                format!("Invalid '{name}': {value} is out of range; it must be from {least} to {most}.");
            Err(Rejection::param(name, code, message))
        }
    }
}

/// Checks an optional number's range.
pub(crate) fn range(body: &Value, name: &str, least: f64, most: f64) -> Result<(), Rejection> {
    let Some(number) = typed(body, name, "a decimal", Value::as_f64)? else { return Ok(()) };
    if (least..=most).contains(&number) {
        return Ok(());
    }
    let code = if number < least { "decimal_below_min_value" } else { "decimal_above_max_value" };
    let message = format!("Invalid '{name}': {number} is out of range; it must be from {least} to {most}.");
    Err(Rejection::param(name, code, message))
}

//! JSON Schemas of structured answers. Serves the request reader and writer: the formats differ in what they
//! demand of a schema. It must not change what a schema accepts beyond closing objects.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Depth up to which schemas are looked at.
const MAX_DEPTH: u32 = 32;

/// True when every object of the schema is closed and requires all its properties, which OpenAI's strict
/// mode demands.
pub(crate) fn is_strict(schema: &RawValue) -> bool {
    serde_json::from_str::<Value>(schema.get()).is_ok_and(|schema| check(&schema, MAX_DEPTH))
}

/// The schema with every object that says nothing of further properties closed, as this format demands.
/// `None` when nothing had to be closed.
pub(crate) fn closed(schema: &RawValue) -> Option<Box<RawValue>> {
    let mut schema = serde_json::from_str::<Value>(schema.get()).ok()?;
    if !close(&mut schema, MAX_DEPTH) {
        return None;
    }
    serde_json::value::to_raw_value(&schema).ok()
}

fn is_object(schema: &Map<String, Value>) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object") || schema.contains_key("properties")
}

fn check(schema: &Value, depth: u32) -> bool {
    let Some(next) = depth.checked_sub(1) else { return false };
    match schema {
        Value::Object(members) => {
            if is_object(members) && !is_closed_and_complete(members) {
                return false;
            }
            members.values().all(|member| check(member, next))
        }
        Value::Array(items) => items.iter().all(|item| check(item, next)),
        _ => true,
    }
}

fn is_closed_and_complete(schema: &Map<String, Value>) -> bool {
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let properties = schema.get("properties").and_then(Value::as_object);
    schema.get("additionalProperties") == Some(&Value::Bool(false))
        && properties.is_none_or(|properties| {
            properties.keys().all(|name| required.iter().any(|known| known.as_str() == Some(name)))
        })
}

fn close(schema: &mut Value, depth: u32) -> bool {
    let Some(next) = depth.checked_sub(1) else { return false };
    match schema {
        Value::Object(members) => {
            let mut changed = false;
            for member in members.values_mut() {
                changed |= close(member, next);
            }
            if is_object(members) && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), Value::Bool(false));
                changed = true;
            }
            changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| changed | close(item, next)),
        _ => false,
    }
}

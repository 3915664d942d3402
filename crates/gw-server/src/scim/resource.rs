//! Reads a resource that a client sends: names in any case become those of the schema, values become what they should be,
//! what only the gateway sets is left out, and so is what no schema knows. Pure.

use super::Fault;
use super::path::Place;
use super::schema::{Attribute, Kind, Mutability, ResourceKind};
use serde_json::{Map, Value};

/// Most values of an attribute, but of a group's members.
const MAX_VALUES: usize = 256;

/// Longest text, in bytes.
const MAX_TEXT: usize = 64 << 10;

/// Reads a whole resource.
pub(crate) fn read(kind: &ResourceKind, given: &Value) -> Result<Map<String, Value>, Fault> {
    let Value::Object(given) = given else {
        return Err(Fault::new(super::FaultKind::InvalidSyntax, "the body must be a JSON object"));
    };
    let mut resource = Map::new();
    for (name, value) in given {
        let extension = kind.extensions.iter().find(|schema| schema.urn.eq_ignore_ascii_case(name));
        if let Some(schema) = extension {
            let members = members(schema.urn, schema.attributes, value)?;
            if !members.is_empty() {
                resource.insert(schema.urn.to_owned(), Value::Object(members));
            }
            continue;
        }
        let Some(attribute) = kind.attribute(name).filter(|attribute| is_set_by_clients(attribute)) else {
            continue;
        };
        if let Some(value) = value_of(attribute, value, attribute.name)? {
            resource.insert(attribute.name.to_owned(), value);
        }
    }
    required(kind, &resource)?;
    Ok(resource)
}

/// Is everything there that must be?
pub(crate) fn required(kind: &ResourceKind, resource: &Map<String, Value>) -> Result<(), Fault> {
    for attribute in kind.schema.attributes.iter().filter(|attribute| attribute.required) {
        let text = resource.get(attribute.name).and_then(Value::as_str).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(Fault::value(attribute.name, "must say something"));
        }
    }
    Ok(())
}

const fn is_set_by_clients(attribute: &Attribute) -> bool {
    matches!(attribute.mutability, Mutability::ReadWrite | Mutability::Immutable)
}

/// A value for that place; nothing where it is null or empty.
pub(crate) fn value_at(place: &Place, given: &Value) -> Result<Option<Value>, Fault> {
    let leaf = place.leaf();
    value_of(leaf, given, &place.to_string())
}

/// One value for that attribute, also where that has several.
pub(crate) fn one_value(attribute: &Attribute, given: &Value) -> Result<Option<Value>, Fault> {
    one(attribute, given, attribute.name)
}

fn value_of(attribute: &Attribute, given: &Value, path: &str) -> Result<Option<Value>, Fault> {
    if !attribute.many {
        return one(attribute, given, path);
    }
    let all: &[Value] = match given {
        Value::Null => return Ok(None),
        Value::Array(list) => list,
        one => std::slice::from_ref(one),
    };
    if all.len() > MAX_VALUES && attribute.name != "members" {
        return Err(Fault::value(path, format_args!("may have {MAX_VALUES} values")));
    }
    let mut values = Vec::with_capacity(all.len());
    for (at, value) in all.iter().enumerate() {
        values.extend(one(attribute, value, &format!("{path}[{at}]"))?);
    }
    let primary = values.iter().filter(|value| is_primary(value)).count();
    if primary > 1 {
        return Err(Fault::value(path, "may have one primary value only"));
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// Is it the value to use first?
pub(crate) fn is_primary(value: &Value) -> bool {
    value.get("primary").and_then(Value::as_bool).unwrap_or(false)
}

fn one(attribute: &Attribute, given: &Value, path: &str) -> Result<Option<Value>, Fault> {
    let given = unwrapped(attribute, given);
    match (attribute.kind, given) {
        (_, Value::Null) => Ok(None),
        (Kind::Complex, value) => {
            let members = match (value, attribute.sub("value")) {
                (Value::String(_), Some(sub)) => {
                    let value = one(sub, value, path)?;
                    value.into_iter().map(|value| (sub.name.to_owned(), value)).collect()
                }
                _ => members(path, attribute.subs, value)?,
            };
            Ok((!members.is_empty()).then_some(Value::Object(members)))
        }
        (Kind::Flag, Value::Bool(flag)) => Ok(Some(Value::Bool(*flag))),
        (Kind::Flag, Value::String(text)) if text.trim().is_empty() => Ok(None),
        (Kind::Flag, Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(Some(Value::Bool(true))),
            "false" => Ok(Some(Value::Bool(false))),
            _ => Err(Fault::value(path, "must be true or false")),
        },
        (Kind::Flag, _) => Err(Fault::value(path, "must be true or false")),
        (_, Value::String(text)) if text.len() > MAX_TEXT => {
            Err(Fault::value(path, format_args!("may have {MAX_TEXT} bytes")))
        }
        (Kind::Time, Value::String(text)) if gw_model::time::parse(text).is_none() => {
            Err(Fault::value(path, "must be a time such as 2026-11-01T00:00:00Z"))
        }
        (_, Value::String(text)) => Ok((!text.is_empty()).then(|| given.clone())),
        _ => Err(Fault::value(path, "must be a text")),
    }
}

/// Some clients send one value as a list of one, or a plain value as an object with a `value`.
fn unwrapped<'v>(attribute: &Attribute, given: &'v Value) -> &'v Value {
    let given = match given {
        Value::Array(list) => match list.as_slice() {
            [] => &Value::Null,
            [one] => one,
            _ => given,
        },
        _ => given,
    };
    match given {
        Value::Object(members) if attribute.kind != Kind::Complex => members.get("value").unwrap_or(given),
        _ => given,
    }
}

fn members(path: &str, subs: &[Attribute], given: &Value) -> Result<Map<String, Value>, Fault> {
    let given = match given {
        Value::Object(given) => given,
        Value::Null => return Ok(Map::new()),
        _ => return Err(Fault::value(path, "must be an object")),
    };
    let mut members = Map::new();
    for (name, value) in given {
        let sub = subs.iter().find(|sub| sub.name.eq_ignore_ascii_case(name));
        let Some(sub) = sub.filter(|sub| is_set_by_clients(sub)) else { continue };
        if let Some(value) = value_of(sub, value, &format!("{path}.{}", sub.name))? {
            members.insert(sub.name.to_owned(), value);
        }
    }
    Ok(members)
}

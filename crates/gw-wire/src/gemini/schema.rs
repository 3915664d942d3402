//! Schemas. The API has a dialect of its own (`parameters`, `responseSchema`: types in capitals, `nullable`,
//! counts as strings) besides JSON Schema; the intermediate form has JSON Schema. Serves the request reader and
//! writer. It must not change what a schema accepts where both can say it.

use super::names;
use gw_model::chat::Json;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Depth up to which schemas are looked at.
const MAX_DEPTH: u32 = 64;

/// The dialect as JSON Schema. What cannot be read is taken over.
pub(crate) fn from_dialect(schema: &RawValue) -> Json {
    let read = serde_json::from_str::<Value>(schema.get()).ok();
    let converted = read.map(|schema| convert(schema, MAX_DEPTH));
    let raw = converted.and_then(|schema| serde_json::value::to_raw_value(&schema).ok());
    raw.map_or_else(|| Arc::from(schema.to_owned()), Arc::from)
}

fn convert(schema: Value, depth: u32) -> Value {
    let (Value::Object(members), Some(next)) = (schema, depth.checked_sub(1)) else {
        return Value::Object(Map::new());
    };
    let mut out = Map::with_capacity(members.len());
    let mut nullable = false;
    for (name, value) in members {
        let name = names::camel(&name).into_owned();
        let value = match name.as_str() {
            "type" => match value.as_str() {
                Some("TYPE_UNSPECIFIED") => continue,
                Some(word) => Value::String(word.to_ascii_lowercase()),
                None => value,
            },
            "nullable" => {
                nullable = value == Value::Bool(true);
                continue;
            }
            // An order of writing, an illustration, and the dialect's mark of enumerations.
            "propertyOrdering" | "example" => continue,
            "format" if value == "enum" => continue,
            "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties" => {
                number(value)
            }
            "items" | "additionalProperties" if value.is_object() => convert(value, next),
            "anyOf" | "prefixItems" => each(value, next),
            "properties" | "defs" | "$defs" => named(value, next),
            _ => value,
        };
        out.insert(name, value);
    }
    if nullable {
        allow_null(&mut out);
    }
    Value::Object(out)
}

fn each(value: Value, depth: u32) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| convert(item, depth)).collect(),
        other => other,
    }
}

fn named(value: Value, depth: u32) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, schema)| (name, convert(schema, depth))).collect()
        }
        other => other,
    }
}

fn number(value: Value) -> Value {
    let parsed = value.as_str().and_then(|text| text.parse::<u64>().ok());
    parsed.map_or(value, Value::from)
}

fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(Value::String(kind)) = schema.get("type") {
        let kinds = Value::from(vec![kind.clone(), "null".to_owned()]);
        schema.insert("type".to_owned(), kinds);
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.push(serde_json::json!({ "type": "null" }));
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

/// JSON Schema without the keywords that the API refuses. `None` when there are none, so that the text can stay.
pub(crate) fn accepted(schema: &RawValue) -> Option<Box<RawValue>> {
    const SIGNS: [&str; 6] =
        ["\"$schema\"", "\"const\"", "\"discriminator\"", "\"examples\"", "\"exclusiveM", "\"strict\""];
    let text = schema.get();
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return None;
    }
    let mut schema = serde_json::from_str::<Value>(text).ok()?;
    clean(&mut schema, MAX_DEPTH);
    serde_json::value::to_raw_value(&schema).ok()
}

fn clean(schema: &mut Value, depth: u32) {
    let (Value::Object(members), Some(next)) = (schema, depth.checked_sub(1)) else { return };
    for name in ["$schema", "discriminator", "examples", "exclusiveMinimum", "exclusiveMaximum", "strict"] {
        members.shift_remove(name);
    }
    if let Some(value) = members.shift_remove("const") {
        members.insert("enum".to_owned(), Value::Array(vec![value]));
    }
    for (name, value) in members.iter_mut() {
        match (name.as_str(), value) {
            ("properties" | "$defs" | "definitions" | "patternProperties", Value::Object(schemas)) => {
                schemas.values_mut().for_each(|schema| clean(schema, next));
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems" | "items", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(|schema| clean(schema, next));
            }
            ("items" | "additionalProperties" | "not" | "if" | "then" | "else", value) => clean(value, next),
            _ => {}
        }
    }
}

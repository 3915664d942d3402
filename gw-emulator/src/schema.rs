//! Makes a value that fits a JSON Schema, for tool arguments and JSON answers: required properties
//! only, by type, enumeration, constant and bounds. `pattern` is not honoured. It must not validate.

use serde_json::{Map, Value, json};

/// Deepest nesting that is filled; beyond it everything is null.
const MAX_DEPTH: u8 = 24;

/// Longest array or string made to satisfy a minimum.
const MAX_LENGTH: u64 = 1024;

/// A value that fits `schema`.
pub(crate) fn instance(schema: &Value) -> Value {
    Filler { root: schema }.value(schema, "value", 0)
}

struct Filler<'a> {
    root: &'a Value,
}

impl Filler<'_> {
    fn value(&self, schema: &Value, name: &str, depth: u8) -> Value {
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let found = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return found.map_or(Value::Null, |found| self.value(found, name, depth + 1));
        }
        if let Some(given) = given_value(schema) {
            return given.clone();
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(first) = schema.get(key).and_then(|any| any.get(0)) {
                return self.value(first, name, depth + 1);
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.all_of(parts, schema, name, depth);
        }
        match type_of(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, name, depth),
            "integer" => integer(schema),
            "number" => number(schema),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => string(schema, name),
        }
    }

    fn object(&self, schema: &Value, depth: u8) -> Value {
        let mut object = Map::new();
        let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for name in required.iter().filter_map(Value::as_str) {
            let property = schema.get("properties").and_then(|all| all.get(name)).unwrap_or(&Value::Null);
            object.insert(name.to_owned(), self.value(property, name, depth + 1));
        }
        Value::Object(object)
    }

    fn array(&self, schema: &Value, name: &str, depth: u8) -> Value {
        let length = bound(schema, "minItems").unwrap_or(1).clamp(0, MAX_LENGTH);
        let item = schema.get("items").unwrap_or(&Value::Null);
        let length = if bound(schema, "maxItems") == Some(0) { 0 } else { length };
        (0..length).map(|_| self.value(item, name, depth + 1)).collect()
    }

    /// Objects of an `allOf` are merged, anything else is the first part's value.
    fn all_of(&self, parts: &[Value], schema: &Value, name: &str, depth: u8) -> Value {
        let mut merged = Map::new();
        for part in parts {
            match self.value(part, name, depth + 1) {
                Value::Object(object) => merged.extend(object),
                other => return other,
            }
        }
        if let Value::Object(own) = self.object(schema, depth) {
            merged.extend(own);
        }
        Value::Object(merged)
    }
}

fn given_value(schema: &Value) -> Option<&Value> {
    let first = |key| schema.get(key).and_then(|all: &Value| all.get(0));
    schema
        .get("const")
        .or_else(|| first("enum"))
        .or_else(|| schema.get("default"))
        .or_else(|| first("examples"))
}

fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).find(|one| *one != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

fn bound(schema: &Value, key: &str) -> Option<u64> {
    schema.get(key).and_then(Value::as_u64)
}

fn integer(schema: &Value) -> Value {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let step = limit("multipleOf").filter(|step| *step >= 1.0).unwrap_or(1.0);
    let mut value = 1.0_f64;
    if let Some(most) = limit("maximum").or(limit("exclusiveMaximum").map(|most| most - 1.0)) {
        value = value.min(most.floor());
    }
    if let Some(least) = limit("minimum").or(limit("exclusiveMinimum").map(|least| least.floor() + 1.0)) {
        value = value.max(least.ceil());
    }
    value = (value / step).ceil() * step;
    #[expect(clippy::cast_possible_truncation, reason = "whole by construction; a float cast saturates")]
    let whole = value as i64;
    json!(whole)
}

fn number(schema: &Value) -> Value {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let least = limit("minimum").or(limit("exclusiveMinimum"));
    let most = limit("maximum").or(limit("exclusiveMaximum"));
    match (least, most) {
        (Some(least), Some(most)) => json!(least + (most - least) / 2.0),
        (Some(least), None) => json!(least.max(1.0) + 0.5),
        (None, Some(most)) => json!(most.min(1.0) - 0.5),
        (None, None) => json!(1.5),
    }
}

fn string(schema: &Value, name: &str) -> Value {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "2024-05-06T07:08:09Z",
        Some("date") => "2024-05-06",
        Some("time") => "07:08:09Z",
        Some("email") => "someone@example.com",
        Some("uri" | "url") => "https://example.com/",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        Some("ipv4") => "192.0.2.1",
        _ => "",
    };
    let mut text = if text.is_empty() { format!("sample {name}") } else { text.to_owned() };
    let least = bound(schema, "minLength").unwrap_or(0).min(MAX_LENGTH);
    while (text.chars().count() as u64) < least {
        text.push('x');
    }
    if let Some(most) = bound(schema, "maxLength") {
        text = text.chars().take(usize::try_from(most).unwrap_or(usize::MAX)).collect();
    }
    json!(text)
}

#[cfg(test)]
mod tests;

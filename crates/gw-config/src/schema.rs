//! The JSON Schema of the configuration, made from the same declarations that read it.

use crate::settings::FileSettings;
use crate::settings::models::{NestedTargets, TargetSettings};
use crate::shape::Shape;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// The JSON Schema (draft 2020-12) of the configuration file, for editors and for `gatewright schema`.
#[must_use]
pub fn schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Gatewright configuration",
        "description": "Any value may hold ${VARIABLE} or ${VARIABLE:-default}; $$ is a dollar.",
    });
    if let (Some(into), Value::Object(from)) = (schema.as_object_mut(), FileSettings::schema()) {
        into.extend(from);
    }
    schema["$defs"] = json!({ NestedTargets::DEFINITION: TargetSettings::schema() });
    schema
}

/// Where a key of that name is known, as words for a message: `at the top level`, `under 'settings'`.
pub(crate) fn home_of(key: &str) -> Option<String> {
    // A file with many unknown keys asks many times.
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    let mut homes = Vec::new();
    walk(SCHEMA.get_or_init(FileSettings::schema), &mut Vec::new(), &mut |path, _| {
        if path.last().is_some_and(|name| name == key) {
            homes.push(path[..path.len() - 1].join("."));
        }
    });
    // The shallowest home is the likeliest.
    let home =
        homes.into_iter().min_by_key(|home| home.matches('.').count() + usize::from(!home.is_empty()))?;
    Some(if home.is_empty() { "at the top level".to_owned() } else { format!("under '{home}'") })
}

/// Visits the path and schema of every key; `<name>` stands for names of the user's own and
/// list items add nothing.
pub(crate) fn walk(schema: &Value, path: &mut Vec<String>, visit: &mut dyn FnMut(&[String], &Value)) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        path.push(name.clone());
        visit(path, property);
        walk(property, path, visit);
        path.pop();
    }
    if schema["additionalProperties"].is_object() {
        path.push("<name>".to_owned());
        walk(&schema["additionalProperties"], path, visit);
        path.pop();
    }
    if schema["items"].is_object() {
        walk(&schema["items"], path, visit);
    }
    for branch in schema["anyOf"].as_array().into_iter().flatten() {
        walk(branch, path, visit);
    }
}

//! JSON Schema, as far as answers of models need it: types, members, elements, bounds, patterns, alternatives, and
//! references within the schema. Serves the check of answers. A keyword that is not known is refused when the schema is
//! compiled: what is not checked must not look as if it were.

mod explain;

use crate::finding::Finding;
use regex_automata::meta::Regex;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Deepest nesting of schemas and answers that is followed.
const MAX_DEPTH: usize = 64;

/// Steps that one answer may take.
const MAX_STEPS: usize = 200_000;

/// A schema that was looked through.
#[derive(Debug)]
pub(crate) struct Schema {
    root: Value,
    patterns: HashMap<String, Regex>,
}

/// Keywords that say nothing about an answer.
const NOTES: &[&str] = &[
    "$schema",
    "$id",
    "$anchor",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
    "contentEncoding",
    "contentMediaType",
    "strict",
    "name",
    "nullable",
];

/// Keywords that are checked.
const CHECKED: &[&str] = &[
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "$ref",
    "dependentRequired",
];

impl Schema {
    /// Looks through a schema.
    ///
    /// # Errors
    /// It is no JSON, has a keyword that is not checked, a bad pattern, or a reference that leads nowhere.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let root: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let mut patterns = HashMap::new();
        inspect(&root, &root, &mut patterns, 0)?;
        Ok(Self { root, patterns })
    }

    /// Says what is wrong with an answer.
    pub(crate) fn check(&self, text: &str) -> Option<Finding> {
        let finding = |reason| Some(Finding::sure(0, text.len(), "json_schema", reason));
        let Ok(value) = serde_json::from_str::<Value>(bare(text)) else {
            return finding("the answer is not JSON");
        };
        let mut steps = 0;
        match self.fits(&self.root, &value, 0, &mut steps) {
            true if steps < MAX_STEPS => None,
            true => finding("the answer takes too long to check"),
            false => finding("the answer does not fit the schema"),
        }
    }

    fn fits(&self, schema: &Value, value: &Value, depth: usize, steps: &mut usize) -> bool {
        *steps += 1;
        let schema = match schema {
            Value::Bool(anything) => return *anything,
            Value::Object(schema) => schema,
            _ => return true,
        };
        if depth > MAX_DEPTH || *steps > MAX_STEPS {
            return depth <= MAX_DEPTH;
        }
        schema.iter().all(|(keyword, wanted)| self.keyword(schema, keyword, wanted, value, depth + 1, steps))
    }

    fn keyword(
        &self,
        schema: &Map<String, Value>,
        keyword: &str,
        wanted: &Value,
        value: &Value,
        depth: usize,
        steps: &mut usize,
    ) -> bool {
        let mut fits = |schema: &Value, value: &Value| self.fits(schema, value, depth, steps);
        let list = || wanted.as_array().map(Vec::as_slice).unwrap_or_default();
        match keyword {
            "$ref" => wanted
                .as_str()
                .and_then(|path| resolve(&self.root, path))
                .is_some_and(|schema| fits(schema, value)),
            "type" => match wanted {
                Value::Array(types) => {
                    types.iter().filter_map(Value::as_str).any(|name| is_type(name, value))
                }
                other => other.as_str().is_none_or(|name| is_type(name, value)),
            },
            "enum" => list().contains(value),
            "const" => wanted == value,
            "anyOf" => list().iter().any(|schema| fits(schema, value)),
            "oneOf" => list().iter().filter(|schema| fits(schema, value)).count() == 1,
            "allOf" => list().iter().all(|schema| fits(schema, value)),
            "not" => !fits(wanted, value),
            "if" => {
                let branch = if fits(wanted, value) { "then" } else { "else" };
                schema.get(branch).is_none_or(|branch| fits(branch, value))
            }
            _ => match value {
                Value::Object(members) => self.object(schema, keyword, wanted, members, depth, steps),
                Value::Array(elements) => self.array(schema, keyword, wanted, elements, depth, steps),
                Value::String(text) => self.string(keyword, wanted, text),
                Value::Number(number) => is_in_bounds(keyword, wanted, number.as_f64().unwrap_or(0.0)),
                _ => true,
            },
        }
    }

    fn object(
        &self,
        schema: &Map<String, Value>,
        keyword: &str,
        wanted: &Value,
        members: &Map<String, Value>,
        depth: usize,
        steps: &mut usize,
    ) -> bool {
        let mut fits = |schema: &Value, value: &Value| self.fits(schema, value, depth, steps);
        let count = |bound: &Value| bound.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        match keyword {
            "properties" => wanted.as_object().is_none_or(|known| {
                known.iter().all(|(name, schema)| members.get(name).is_none_or(|value| fits(schema, value)))
            }),
            "required" => names(wanted).all(|name| members.contains_key(name)),
            "minProperties" => members.len() >= count(wanted),
            "maxProperties" => members.len() <= count(wanted),
            "propertyNames" => members.keys().all(|name| fits(wanted, &Value::String(name.clone()))),
            "patternProperties" => wanted.as_object().is_none_or(|known| {
                known.iter().all(|(pattern, schema)| {
                    members
                        .iter()
                        .filter(|(name, _)| self.matches(pattern, name))
                        .all(|(_, value)| fits(schema, value))
                })
            }),
            "additionalProperties" => {
                let has = |list: &str, name: &str| {
                    schema.get(list).and_then(Value::as_object).is_some_and(|l| l.contains_key(name))
                };
                let by_pattern = |name: &str| {
                    let known = schema.get("patternProperties").and_then(Value::as_object);
                    known.is_some_and(|known| known.keys().any(|pattern| self.matches(pattern, name)))
                };
                members
                    .iter()
                    .filter(|(name, _)| !has("properties", name) && !by_pattern(name))
                    .all(|(_, value)| fits(wanted, value))
            }
            "dependentRequired" => wanted.as_object().is_none_or(|rules| {
                rules
                    .iter()
                    .filter(|(name, _)| members.contains_key(*name))
                    .all(|(_, list)| names(list).all(|name| members.contains_key(name)))
            }),
            _ => true,
        }
    }

    fn array(
        &self,
        schema: &Map<String, Value>,
        keyword: &str,
        wanted: &Value,
        elements: &[Value],
        depth: usize,
        steps: &mut usize,
    ) -> bool {
        let mut fits = |schema: &Value, value: &Value| self.fits(schema, value, depth, steps);
        let count = |bound: &Value| bound.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        match keyword {
            "items" => {
                let first = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                elements.iter().skip(first).all(|element| fits(wanted, element))
            }
            "prefixItems" => {
                let schemas = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
                schemas.iter().zip(elements).all(|(schema, element)| fits(schema, element))
            }
            "contains" => elements.iter().any(|element| fits(wanted, element)),
            "minItems" => elements.len() >= count(wanted),
            "maxItems" => elements.len() <= count(wanted),
            "uniqueItems" => {
                wanted != &Value::Bool(true) || {
                    let mut seen: Vec<String> = elements.iter().map(Value::to_string).collect();
                    seen.sort_unstable();
                    seen.windows(2).all(|pair| pair[0] != pair[1])
                }
            }
            _ => true,
        }
    }

    fn string(&self, keyword: &str, wanted: &Value, text: &str) -> bool {
        let count = || wanted.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        match keyword {
            "minLength" => text.chars().count() >= count(),
            "maxLength" => text.chars().count() <= count(),
            "pattern" => wanted.as_str().is_none_or(|pattern| self.matches(pattern, text)),
            _ => true,
        }
    }

    fn matches(&self, pattern: &str, text: &str) -> bool {
        self.patterns.get(pattern).is_some_and(|regex| regex.is_match(text))
    }
}

/// An answer without the fence that models put around JSON.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    inner.strip_prefix("json").unwrap_or(inner).trim()
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

fn is_in_bounds(keyword: &str, wanted: &Value, number: f64) -> bool {
    let Some(bound) = wanted.as_f64() else { return true };
    match keyword {
        "minimum" => number >= bound,
        "maximum" => number <= bound,
        "exclusiveMinimum" => number > bound,
        "exclusiveMaximum" => number < bound,
        "multipleOf" => bound == 0.0 || (number / bound).fract().abs() < 1e-9,
        _ => true,
    }
}

fn resolve<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.strip_prefix('#')?;
    if path.is_empty() { Some(root) } else { root.pointer(path) }
}

/// Looks at each keyword; patterns are compiled, references followed once.
fn inspect(
    root: &Value,
    schema: &Value,
    patterns: &mut HashMap<String, Regex>,
    depth: usize,
) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err("it is nested too deep".to_owned());
    }
    let members = match schema {
        Value::Object(members) => members,
        Value::Bool(_) => return Ok(()),
        other => return Err(format!("{other} is no schema")),
    };
    for (keyword, wanted) in members {
        match keyword.as_str() {
            "$ref" => {
                let path = wanted.as_str().unwrap_or_default();
                resolve(root, path).ok_or_else(|| format!("'$ref' {path} leads nowhere in it"))?;
            }
            "pattern" => add_pattern(wanted.as_str().unwrap_or_default(), patterns)?,
            "properties" | "patternProperties" | "$defs" | "definitions" => {
                for (name, inner) in wanted.as_object().into_iter().flatten() {
                    if keyword == "patternProperties" {
                        add_pattern(name, patterns)?;
                    }
                    inspect(root, inner, patterns, depth + 1)?;
                }
            }
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                wanted
                    .as_array()
                    .into_iter()
                    .flatten()
                    .try_for_each(|inner| inspect(root, inner, patterns, depth + 1))?;
            }
            "items"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "additionalProperties"
            | "propertyNames" => {
                inspect(root, wanted, patterns, depth + 1)?;
            }
            known if CHECKED.contains(&known) || NOTES.contains(&known) => {}
            other => return Err(format!("the keyword '{other}' is not checked: remove it")),
        }
    }
    Ok(())
}

fn add_pattern(pattern: &str, patterns: &mut HashMap<String, Regex>) -> Result<(), String> {
    let limits = Regex::config().nfa_size_limit(Some(1 << 20));
    let regex = Regex::builder()
        .configure(limits)
        .build(pattern)
        .map_err(|_| format!("the pattern '{pattern}' can not be used"))?;
    patterns.insert(pattern.to_owned(), regex);
    Ok(())
}

#[cfg(test)]
mod tests;

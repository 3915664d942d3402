//! What is wrong with an answer, in words for the model that made it: each fault with its place. Serves repairs. It must not
//! judge: what fits and what does not says the schema.

use super::{MAX_DEPTH, Schema, bare, names, resolve};
use serde_json::Value;

/// Most faults that are told.
const MAX_FAULTS: usize = 20;

/// Longest piece of a schema that is repeated, in bytes.
const MAX_SHOWN_BYTES: usize = 300;

impl Schema {
    /// The faults of an answer; none of one that fits.
    pub(crate) fn faults(&self, text: &str) -> Vec<String> {
        let value: Value = match serde_json::from_str(bare(text)) {
            Ok(value) => value,
            Err(error) => return vec![format!("it is not JSON: {error}")],
        };
        let mut out = Vec::new();
        self.explain(&self.root, &value, "$", 0, &mut out);
        out
    }

    fn explain(&self, schema: &Value, value: &Value, at: &str, depth: usize, out: &mut Vec<String>) {
        if depth > MAX_DEPTH || out.len() >= MAX_FAULTS || self.fits(schema, value, depth, &mut 0) {
            return;
        }
        let Value::Object(members) = schema else {
            return out.push(format!("{at}: nothing is allowed there"));
        };
        for (keyword, wanted) in members {
            if out.len() >= MAX_FAULTS || self.keyword(members, keyword, wanted, value, depth + 1, &mut 0) {
                continue;
            }
            let before = out.len();
            self.within(keyword, wanted, value, at, depth, out);
            if out.len() == before {
                let shown = wanted.to_string();
                let shown = shown.get(..shown.floor_char_boundary(MAX_SHOWN_BYTES)).unwrap_or_default();
                out.push(format!("{at}: does not fit \"{keyword}\": {shown}"));
            }
        }
    }

    /// Faults of what a keyword is about, where that is somewhere within.
    fn within(
        &self,
        keyword: &str,
        wanted: &Value,
        value: &Value,
        at: &str,
        depth: usize,
        out: &mut Vec<String>,
    ) {
        match (keyword, value) {
            ("$ref", _) => {
                if let Some(schema) = wanted.as_str().and_then(|path| resolve(&self.root, path)) {
                    self.explain(schema, value, at, depth + 1, out);
                }
            }
            ("allOf", _) => {
                for schema in wanted.as_array().into_iter().flatten() {
                    self.explain(schema, value, at, depth + 1, out);
                }
            }
            ("required", Value::Object(members)) => {
                let missing = names(wanted).filter(|name| !members.contains_key(*name));
                out.extend(missing.map(|name| format!("{at}: the member \"{name}\" is missing")));
            }
            ("properties", Value::Object(members)) => {
                for (name, schema) in wanted.as_object().into_iter().flatten() {
                    if let Some(value) = members.get(name) {
                        self.explain(schema, value, &format!("{at}.{name}"), depth + 1, out);
                    }
                }
            }
            ("items", Value::Array(elements)) => {
                for (number, element) in elements.iter().enumerate() {
                    self.explain(wanted, element, &format!("{at}[{number}]"), depth + 1, out);
                }
            }
            _ => {}
        }
    }
}

//! The part of the explanation about parameters of calls.

use super::{Source, combine, union};
use gw_model::access::{ParameterRules, parameter_key};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is allowed, denied and set, and by whom.
pub(super) fn explain(sources: &[Source<'_>]) -> Value {
    let rules = |source: &Source<'_>| source.calls().parameters.unwrap_or_default();
    // Spellings differ: what one list allows is what all of them do, as the nearest writes it.
    let both = |known: &[String], list: &[String]| -> Vec<String> {
        let is_in = |name: &&String| list.iter().any(|other| parameter_key(other) == parameter_key(name));
        known.iter().filter(is_in).cloned().collect()
    };
    json!({
        "allowed": combine(sources, |source| rules(source).allowed, both),
        "denied": union(sources, |source| rules(source).denied),
        // Of defaults the nearest counts, of what is forced the highest.
        "defaults": set(sources.iter(), |rules| &rules.defaults),
        "forced": set(sources.iter().rev(), |rules| &rules.forced),
    })
}

/// What is set, by name: the first of these that says a thing decides it.
fn set<'s, 'a: 's>(
    sources: impl Iterator<Item = &'s Source<'a>>,
    of: impl Fn(&ParameterRules) -> &BTreeMap<String, Value>,
) -> Value {
    let mut found: Vec<(String, String, Value)> = Vec::new();
    for source in sources {
        let Some(rules) = source.calls().parameters else { continue };
        for (name, value) in of(&rules) {
            let key = parameter_key(name);
            let row = json!({ "from": source.from, "value": value });
            match found.iter_mut().find(|(known, ..)| *known == key) {
                Some((.., shown)) => {
                    if let Some(list) = shown["considered"].as_array_mut() {
                        list.push(row);
                    }
                }
                None => {
                    let shown = json!({ "effective": value, "from": source.from, "considered": [row] });
                    found.push((key, name.clone(), shown));
                }
            }
        }
    }
    Value::Object(found.into_iter().map(|(_, name, shown)| (name, shown)).collect::<Map<_, _>>())
}

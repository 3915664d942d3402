//! Keys as the audit log tells of them. It must not tell a secret.

use gw_config::DeclaredKey;
use gw_model::{KeyPolicy, Micros, time};
use gw_store::audit::changed;
use gw_store::keys::file_key_id;
use gw_store::memory::{KeySource, KeyTable};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// Keys of a file that are new, gone or different, at most so many are told of.
const MAX_TOLD: usize = 100;

/// What a file's keys change: those that are different, by name, before and after.
pub(crate) fn difference(table: &KeyTable, declared: &[DeclaredKey], now: Micros) -> (Value, Value) {
    let (mut before, mut after) = (Map::new(), Map::new());
    let names: HashSet<&str> = declared.iter().map(|key| key.policy.name.as_str()).collect();
    let present = table.list().into_iter().filter(|entry| entry.source == KeySource::File);
    for entry in present.filter(|entry| !names.contains(&*entry.name)).take(MAX_TOLD) {
        before.insert(entry.name.to_string(), told(&entry.whole_policy()));
    }
    for key in declared {
        let old = table.get(file_key_id(&key.policy.name));
        let old_digest = old.as_ref().is_some_and(|_| table.find(key.key.expose(), now).is_some());
        match old {
            Some(old) if old.whole_policy() == key.policy && old_digest => {}
            _ if after.len() >= MAX_TOLD => break,
            Some(old) => {
                let (mut was, mut is) = changed(&told(&old.whole_policy()), &told(&key.policy));
                if !old_digest {
                    (was["key"], is["key"]) = (json!("the old one"), json!("another one"));
                }
                before.insert(key.policy.name.clone(), was);
                after.insert(key.policy.name.clone(), is);
            }
            None => drop(after.insert(key.policy.name.clone(), told(&key.policy))),
        }
    }
    (Value::Object(before), Value::Object(after))
}

/// A policy as the audit log tells of it: what stands in the database, times for people.
pub(in crate::app) fn told(policy: &KeyPolicy) -> Value {
    let mut told = serde_json::to_value(policy).unwrap_or_default();
    if let Some(at) = policy.expires_at {
        told["expires_at"] = time::format(at).into();
    }
    told
}

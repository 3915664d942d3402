//! What of a thing changed: the members that differ, and nothing of the others. It must not be given secrets.

use super::hex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Largest JSON of one side of an entry, in bytes.
const MAX_JSON_BYTES: usize = 16 << 10;

/// Both sides without the members that are the same in both. Objects within are compared too; lists are taken whole.
#[must_use]
pub fn changed(before: &Value, after: &Value) -> (Value, Value) {
    let (Value::Object(was), Value::Object(is)) = (before, after) else {
        return (before.clone(), after.clone());
    };
    let (mut old, mut new) = (Map::new(), Map::new());
    for (name, now) in is {
        match was.get(name) {
            Some(before) if before == now => {}
            Some(before @ Value::Object(_)) if now.is_object() => {
                let (before, now) = changed(before, now);
                old.insert(name.clone(), before);
                new.insert(name.clone(), now);
            }
            Some(before) => {
                old.insert(name.clone(), before.clone());
                new.insert(name.clone(), now.clone());
            }
            None => {
                new.insert(name.clone(), now.clone());
            }
        }
    }
    let gone = was.iter().filter(|(name, _)| !is.contains_key(*name));
    old.extend(gone.map(|(name, value)| (name.clone(), value.clone())));
    (Value::Object(old), Value::Object(new))
}

/// The JSON as a text of a bounded size: of what is too large, only how large it is, and which.
pub(super) fn bounded(value: &Value) -> String {
    let text = value.to_string();
    if text.len() <= MAX_JSON_BYTES {
        return text;
    }
    let hash: [u8; 32] = Sha256::digest(&text).into();
    json!({ "too_large": true, "bytes": text.len(), "sha256": hex(&hash) }).to_string()
}

#[cfg(test)]
mod tests;

//! What a record keeps of the metadata that a caller sent in a header: whole members, as many as there is room for.

use gw_store::journal::MAX_METADATA_BYTES;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The member that says how many others there was no room for.
const LEFT_OUT: &str = "gatewright_left_out";

/// Room for that member, with the largest number that a header could need.
const ROOM: usize = LEFT_OUT.len() + 12;

/// The metadata as it is kept; nothing of what is no JSON, since whoever reads records takes it for that.
pub(super) fn fitting(text: String) -> Option<String> {
    if text.len() <= MAX_METADATA_BYTES {
        return serde_json::from_str::<&RawValue>(&text).is_ok().then_some(text);
    }
    let members: BTreeMap<&str, &RawValue> = match serde_json::from_str(&text) {
        Ok(members) => members,
        // Names with escapes cannot be borrowed.
        Err(_) => return fitting_owned(&text),
    };
    Some(cut(members.into_iter()))
}

fn fitting_owned(text: &str) -> Option<String> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
    Some(cut(members.iter().map(|(name, value)| (name.as_str(), &**value))))
}

fn cut<'a>(members: impl Iterator<Item = (&'a str, &'a RawValue)>) -> String {
    let (mut out, mut left_out) = (String::from("{"), 0_u32);
    for (name, value) in members {
        let name = serde_json::Value::from(name).to_string();
        if out.len() + name.len() + value.get().len() + 2 + ROOM > MAX_METADATA_BYTES {
            left_out += 1;
            continue;
        }
        out.push_str(&format!("{name}:{},", value.get()));
    }
    out.push_str(&format!("\"{LEFT_OUT}\":{left_out}}}"));
    out
}

#[cfg(test)]
mod tests;

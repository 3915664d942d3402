//! Every string of a body that could be an id, whatever member it stands in. Serves the stage that asks whether one of
//! them is another's. It must not know which ids exist.

use crate::json::unescape;
use memchr::{memchr, memchr2};
use std::collections::BTreeSet;

/// Longest id, in bytes; longer strings are none.
const MAX_ID_BYTES: usize = 512;
/// Shortest text that could not be guessed.
const MIN_ID_BYTES: usize = 4;

/// Adds the strings of a JSON text that could be ids, with what paths and addresses end in: from `at` on, until there
/// are `most` of them. Where to go on; the text's end when all of it was read.
#[must_use]
pub fn strings(json: &[u8], mut at: usize, most: usize, found: &mut BTreeSet<String>) -> usize {
    while found.len() < most {
        let start = json.get(at..).and_then(|rest| memchr(b'"', rest)).map(|offset| at + offset + 1);
        let Some((start, end)) = start.and_then(|start| Some((start, end_of_string(json, start)?))) else {
            return json.len();
        };
        at = end + 1;
        // Escapes make a string at most six times as long.
        if !(MIN_ID_BYTES..=MAX_ID_BYTES * 6).contains(&(end - start)) {
            continue;
        }
        if let Some(text) = json.get(start..end).and_then(|raw| std::str::from_utf8(raw).ok()) {
            add_id(&unescape(text), found);
        }
    }
    at
}

/// Where the string that begins at `at` ends.
fn end_of_string(json: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let found = at + memchr2(b'"', b'\\', json.get(at..)?)?;
        if json.get(found) == Some(&b'"') {
            return Some(found);
        }
        at = found + 2;
    }
}

/// Adds a text that could be an id; of a path or an address also its last segment, and its last two, which is how
/// Google names things.
pub fn add_id(text: &str, found: &mut BTreeSet<String>) {
    let is_id = (MIN_ID_BYTES..=MAX_ID_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\<>{}()[],;".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'/'));
    if !is_id {
        return;
    }
    found.insert(text.to_owned());
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let Some((before, last)) = path.rsplit_once('/') else { return };
    let kind = before.rsplit('/').next().unwrap_or_default();
    for last in [last, last.split(':').next().unwrap_or_default()] {
        if !last.is_empty() {
            found.insert(last.to_owned());
            found.insert(format!("{kind}/{last}"));
        }
    }
}

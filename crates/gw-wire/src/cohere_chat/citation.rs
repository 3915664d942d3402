//! Citations, which the intermediate form carries as opaque JSON. Serves the writers of answers. It must not
//! take another format's opaque block for a citation.

use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object};
use std::borrow::Cow;

/// The citation in `json`, on one line; `None` when it is something else.
pub(crate) fn of_opaque(json: &[u8]) -> Option<Cow<'_, str>> {
    let object = Object::parse(json, DEPTH_CEILING).ok()?;
    let has = |name: &str, kind: Kind| object.get(name).is_some_and(|value| value.kind == kind);
    if !has("sources", Kind::Array) || !has("start", Kind::Number) || !has("end", Kind::Number) {
        return None;
    }
    if memchr::memchr2(b'\n', b'\r', json).is_none() {
        return Some(Cow::Borrowed(object.text()));
    }
    // A line feed between tokens would end the event that the citation goes into.
    let value: serde_json::Value = serde_json::from_slice(json).ok()?;
    serde_json::to_string(&value).ok().map(Cow::Owned)
}

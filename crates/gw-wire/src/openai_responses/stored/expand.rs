//! A request that goes on from a stored answer, written out in full: what led to that answer, the answer, and what
//! is new. Serves the stage that recalls. It must not change what the caller wrote besides.

use super::items;
use super::reference::{self, Reference};
use super::state::State;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Object, Value, Writer};
use std::collections::HashMap;

/// What a request goes on from.
#[derive(Debug, Default)]
pub struct History<'a> {
    /// The earlier answer that it names.
    pub previous: Option<&'a State<'a>>,
    /// Items that it refers to, by id.
    pub items: HashMap<String, &'a str>,
}

/// Items of a request that stand for stored ones, in order.
#[must_use]
pub fn references(body: &[u8]) -> Vec<Reference> {
    let Ok(request) = Object::parse(body, DEPTH_CEILING) else { return Vec::new() };
    request.get("input").iter().flat_map(Value::elements).filter_map(|item| reference::of(&item)).collect()
}

/// Writes the request out. `portable` leaves out of the history what only its own provider understands (ids,
/// reasoning), for providers of this very format. `None` when the body is no request.
#[must_use]
pub fn expand(body: &[u8], history: &History<'_>, portable: bool) -> Option<Vec<u8>> {
    let request = Object::parse(body, DEPTH_CEILING).ok()?;
    let mut w = Writer::with_capacity(body.len() * 2 + 1024);
    w.begin_object();
    for member in &request.members {
        if member.key != "input" && member.key != "previous_response_id" {
            w.raw_member(&member.key, request.value(member).raw());
        }
    }
    w.key("input");
    w.begin_array();
    let past = |raw: &str, w: &mut Writer| match portable {
        false => w.raw(raw),
        true => items::portable(raw).iter().for_each(|item| w.raw(item)),
    };
    if let Some(previous) = history.previous {
        previous.input().chain(previous.output()).for_each(|item| past(item, &mut w));
    }
    let input = request.get("input");
    if let Some(text) = input.as_ref().and_then(Value::as_str) {
        w.begin_object();
        w.string_member("role", "user");
        w.string_member("content", &text);
        w.end_object();
    }
    for item in input.iter().flat_map(Value::elements) {
        match reference::of(&item).and_then(|found| history.items.get(&found.id)) {
            Some(found) => past(found, &mut w),
            None => w.raw(item.raw()),
        }
    }
    w.end_array();
    w.end_object();
    Some(w.into_bytes())
}

//! Custom tools take text where functions take an object. In the intermediate form they are functions with one
//! parameter, so that any target can call them. Serves the request reader and the answer writers. It must not
//! check what a model wrote.

use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Object, Writer};
use std::borrow::Cow;

/// The parameter that holds the text.
const INPUT: &str = "input";

/// The JSON Schema of a custom tool as a function.
pub(super) const SCHEMA: &str = r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#;

/// What opens the arguments, before the escaped text, and what closes them.
pub(crate) const OPENING: &str = r#"{"input":""#;
/// See [`OPENING`].
pub(crate) const CLOSING: &str = r#""}"#;

/// The arguments for a text.
pub(crate) fn wrap(input: &str) -> String {
    let mut w = Writer::with_capacity(input.len() + 16);
    w.begin_object();
    w.string_member(INPUT, input);
    w.end_object();
    String::from_utf8(w.into_bytes()).unwrap_or_default()
}

/// The text in arguments. A model that wrote something else meant that as the text.
pub(crate) fn unwrap(arguments: &str) -> Cow<'_, str> {
    let input = Object::parse(arguments.as_bytes(), DEPTH_CEILING)
        .ok()
        .and_then(|object| object.get(INPUT)?.as_str().map(Cow::into_owned));
    input.map_or(Cow::Borrowed(arguments), Cow::Owned)
}

//! One part of a content, as requests and answers both have it. Serves their readers. It must not interpret
//! a part beyond telling its kind.

use super::names::{get, is, object, text};
use super::signature::{self, Found};
use crate::json::{Object, Value};

/// A part.
pub(crate) struct PartIn<'a> {
    /// What stands on it besides its content.
    pub(crate) signature: Option<Found>,
    /// It is reasoning.
    pub(crate) is_thought: bool,
    /// Its content.
    pub(crate) kind: KindIn<'a>,
}

/// Kinds of parts.
pub(crate) enum KindIn<'a> {
    /// Text.
    Text(String),
    /// A call.
    Call(Object<'a>),
    /// What a tool answered.
    Result(Object<'a>),
    /// Inline media, a blob.
    Inline(Object<'a>),
    /// Media elsewhere.
    File(Object<'a>),
    /// Anything that only this format has.
    Other,
    /// No content at all.
    Empty,
}

/// Reads a part. `None` when it is no object.
pub(crate) fn read<'a>(value: &Value<'a>) -> Option<PartIn<'a>> {
    let part = value.object().ok()?;
    let kind = kind(&part);
    let on_call = matches!(kind, KindIn::Call(_));
    let signed = text(&part, "thoughtSignature").filter(|written| !written.is_empty());
    // An opaque part carries its signature itself.
    let signed = signed.filter(|_| !matches!(kind, KindIn::Other));
    Some(PartIn {
        signature: signed.map(|written| signature::read(&written, on_call)),
        is_thought: get(&part, "thought").and_then(|v| v.as_bool()).unwrap_or(false),
        kind,
    })
}

fn kind<'a>(part: &Object<'a>) -> KindIn<'a> {
    // Directions on how to look at media have no place elsewhere.
    if get(part, "videoMetadata").is_some() {
        return KindIn::Other;
    }
    if let Some(text) = text(part, "text") {
        return KindIn::Text(text);
    }
    let known = [
        ("functionCall", KindIn::Call as fn(Object<'a>) -> KindIn<'a>),
        ("functionResponse", KindIn::Result),
        ("inlineData", KindIn::Inline),
        ("fileData", KindIn::File),
    ];
    for (name, make) in known {
        if let Some(found) = object(part, name) {
            return make(found);
        }
    }
    let says_nothing =
        |key: &str| is(key, "thought") || is(key, "thoughtSignature") || is(key, "partMetadata");
    if part.members.iter().all(|member| says_nothing(&member.key)) { KindIn::Empty } else { KindIn::Other }
}

/// Kinds of parts that the intermediate form has no part for.
const OWN_KINDS: [&str; 6] =
    ["executableCode", "codeExecutionResult", "toolCall", "toolResponse", "inlineData", "fileData"];

/// Whether an opaque block is a part of this format: those of other formats name their type, or have other
/// members.
pub(crate) fn is_native(json: &str) -> bool {
    match Object::parse(json.as_bytes(), crate::json::cursor::DEPTH_CEILING) {
        Ok(part) => OWN_KINDS.iter().any(|name| get(&part, name).is_some()),
        Err(_) => false,
    }
}

/// Whether an opaque tool is one of this format: those of other formats name their type.
pub(crate) fn is_native_tool(json: &str) -> bool {
    match Object::parse(json.as_bytes(), crate::json::cursor::DEPTH_CEILING) {
        Ok(tool) => tool.get("type").is_none() && !tool.members.is_empty(),
        Err(_) => false,
    }
}

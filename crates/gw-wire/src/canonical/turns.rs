//! The turns of a conversation in its own format, without the text of the last one where that is a text of the user: so
//! that requests which differ in nothing else can be told. Serves the keys of the cache. It must not leave out anything
//! but that text.

use super::json::{self, Piece};
use crate::json::{Kind, Object, Value};
use gw_model::WireFormat;

/// What stands in place of the text: no value is written like that.
const LEFT_OUT: u8 = b'_';

/// The member that has the turns.
pub(super) const fn member(format: WireFormat) -> Option<&'static str> {
    match format {
        WireFormat::OpenAiChat
        | WireFormat::CohereChat
        | WireFormat::AnthropicMessages
        | WireFormat::BedrockConverse => Some("messages"),
        WireFormat::OpenAiResponses => Some("input"),
        WireFormat::GeminiGenerate => Some("contents"),
        _ => None,
    }
}

/// Appends the turns; gives the text that was left out. `None`: it is no JSON.
pub(super) fn write(turns: &Value<'_>, out: &mut Vec<u8>) -> Option<Option<String>> {
    // The whole input of the Responses API may be the user's one turn.
    if let Some(text) = text_of(turns) {
        out.push(LEFT_OUT);
        return Some(Some(text));
    }
    if turns.kind != Kind::Array {
        json::value(turns, out).ok()?;
        return Some(None);
    }
    let mut last_turn = None;
    out.push(b'[');
    let mut turns = turns.elements().peekable();
    while let Some(turn) = turns.next() {
        let start = out.len();
        let is_last = turns.peek().is_none();
        last_turn = if is_last { last(&turn, out) } else { None };
        if last_turn.is_none() {
            out.truncate(start);
            json::value(&turn, out).ok()?;
        }
    }
    out.push(b']');
    Some(last_turn)
}

/// Appends a turn without its text. `None`: it is not one text of the user, and what was appended is good for nothing.
fn last(turn: &Value<'_>, out: &mut Vec<u8>) -> Option<String> {
    let turn = turn.object().ok()?;
    let role = turn.get("role");
    // Google's users need not say who they are.
    if role.is_some_and(|role| role.as_str().as_deref() != Some("user")) {
        return None;
    }
    let name = ["content", "parts"].into_iter().find(|name| turn.get(name).is_some())?;
    without(&turn, name, out, |content, out| {
        if let Some(text) = text_of(content) {
            out.push(LEFT_OUT);
            return Some(text);
        }
        let mut parts = content.elements();
        let (only, none) = (parts.next()?, parts.next());
        if none.is_some() {
            return None;
        }
        out.push(b'[');
        let text = without(&only.object().ok()?, "text", out, |text, out| {
            out.push(LEFT_OUT);
            text_of(text)
        })?;
        out.push(b']');
        Some(text)
    })
}

/// A text, unless something in it can not be read.
fn text_of(value: &Value<'_>) -> Option<String> {
    let text = value.as_str().filter(|text| !text.contains(char::REPLACEMENT_CHARACTER))?;
    Some(text.into_owned())
}

/// Appends an object, one member of it by other means.
fn without(
    object: &Object<'_>,
    name: &str,
    out: &mut Vec<u8>,
    write: impl Fn(&Value<'_>, &mut Vec<u8>) -> Option<String>,
) -> Option<String> {
    let mut text = None;
    out.push(b'{');
    let start = out.len();
    let mut pieces = Vec::with_capacity(object.members.len());
    for member in &object.members {
        let value = object.value(member);
        let at = out.len();
        json::string(&member.key, out);
        let key = at..out.len();
        if *member.key == *name {
            text = Some(write(&value, out)?);
        } else {
            json::value(&value, out).ok()?;
        }
        pieces.push(Piece { name: key, end: out.len() });
    }
    json::sort(out, start, &mut pieces);
    out.push(b'}');
    text
}

//! Items of an input as they are kept: each with an id and a type, messages with parts. Serves the state. It must not
//! refuse anything: a request that got this far was read before.

use super::ids;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value, Writer};

/// Writes the items of `input` (a text or items) as an array. `answer` is the id of the answer that they led to.
pub(super) fn write(input: Option<&Value<'_>>, answer: &str, w: &mut Writer) {
    w.begin_array();
    if let Some(text) = input.and_then(Value::as_str) {
        message("user", &text, &ids::input_item("message", answer, 0), w);
    }
    for (index, element) in input.into_iter().flat_map(Value::elements).enumerate() {
        item(&element, answer, index, w);
    }
    w.end_array();
}

/// A message of one text.
fn message(role: &str, text: &str, id: &str, w: &mut Writer) {
    w.begin_object();
    w.string_member("id", id);
    w.string_member("type", "message");
    w.string_member("status", "completed");
    w.string_member("role", role);
    w.key("content");
    parts(role, text, w);
    w.end_object();
}

fn parts(role: &str, text: &str, w: &mut Writer) {
    w.begin_array();
    w.begin_object();
    w.string_member("type", if role == "assistant" { "output_text" } else { "input_text" });
    w.string_member("text", text);
    if role == "assistant" {
        w.raw_member("annotations", "[]");
    }
    w.end_object();
    w.end_array();
}

fn item(element: &Value<'_>, answer: &str, index: usize, w: &mut Writer) {
    if let Some(text) = element.as_str() {
        message("user", &text, &ids::input_item("message", answer, index), w);
        return;
    }
    let Some(object) = (element.kind == Kind::Object).then(|| element.object().ok()).flatten() else {
        w.raw(element.raw());
        return;
    };
    let text = |name: &str| object.get(name).and_then(|value| value.as_str());
    let stated = text("type").filter(|kind| !kind.is_empty());
    let kind = stated.as_deref().unwrap_or("message");
    let role = text("role").unwrap_or_default();
    w.begin_object();
    if text("id").is_none_or(|id| id.is_empty()) {
        w.string_member("id", &ids::input_item(kind, answer, index));
    }
    if stated.is_none() {
        w.string_member("type", kind);
    }
    for member in &object.members {
        let value = object.value(member);
        match (member.key.as_ref(), value.as_str()) {
            ("id", id) if id.as_deref().is_none_or(str::is_empty) => {}
            ("content", Some(said)) if kind == "message" => {
                w.key("content");
                parts(&role, &said, w);
            }
            (name, _) => w.raw_member(name, value.raw()),
        }
    }
    w.end_object();
}

/// An item without what only its own provider understands: its id. `None` for reasoning, which another provider
/// refuses.
pub(super) fn portable(raw: &str) -> Option<String> {
    let object = Object::parse(raw.as_bytes(), DEPTH_CEILING).ok()?;
    if object.get("type").and_then(|kind| kind.as_str()).as_deref() == Some("reasoning") {
        return None;
    }
    let mut w = Writer::with_capacity(raw.len());
    w.begin_object();
    for member in object.members.iter().filter(|member| member.key != "id") {
        w.raw_member(&member.key, object.value(member).raw());
    }
    w.end_object();
    String::from_utf8(w.into_bytes()).ok()
}

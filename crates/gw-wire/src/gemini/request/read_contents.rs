//! Contents to messages. Serves the request reader. It must not drop a part: what the intermediate form has no
//! part for stays opaque. Calls without ids get some, and results find their calls by name and order.

use super::fields::{object, wrong};
use super::media;
use crate::gemini::names::{self, get, json, text};
use crate::gemini::part::{self, KindIn, PartIn};
use crate::gemini::{ids, signature::Found};
use crate::json::{Kind, Object, Value};
use gw_model::Refusal;
use gw_model::chat::{Message, Part, PartKind, Role};
use std::borrow::Cow;

/// A call that has been read.
struct Called {
    id: String,
    name: String,
    is_answered: bool,
}

#[derive(Default)]
struct Conversation {
    messages: Vec<Message>,
    calls: Vec<Called>,
}

/// Reads `contents`.
pub(super) fn read(contents: &Value<'_>) -> Result<Vec<Message>, Refusal> {
    if !matches!(contents.kind, Kind::Array | Kind::Object) {
        return Err(wrong("contents", "must be an array of contents"));
    }
    let mut conversation = Conversation::default();
    for (index, content) in names::elements(contents).iter().enumerate() {
        conversation.content(content, &format!("contents[{index}]"))?;
    }
    Ok(conversation.messages)
}

/// Reads `systemInstruction`.
pub(super) fn instruction(value: &Value<'_>) -> Result<Vec<Part>, Refusal> {
    let at = "systemInstruction";
    if let Some(text) = value.as_str() {
        return Ok(vec![Part::text(text)]);
    }
    let mut parts = Vec::new();
    let mut conversation = Conversation::default();
    for (index, value) in parts_of(&object(value, at)?, at)?.iter().enumerate() {
        conversation.part(value, Role::System, &format!("{at}.parts[{index}]"), &mut parts)?;
    }
    Ok(parts)
}

fn parts_of<'a>(content: &Object<'a>, at: &str) -> Result<Vec<Value<'a>>, Refusal> {
    match get(content, "parts") {
        Some(parts) if matches!(parts.kind, Kind::Array | Kind::Object) => Ok(names::elements(&parts)),
        Some(_) => Err(wrong(format!("{at}.parts"), "must be an array of parts")),
        None => Ok(Vec::new()),
    }
}

impl Conversation {
    fn content(&mut self, value: &Value<'_>, at: &str) -> Result<(), Refusal> {
        let content = object(value, at)?;
        let role = match text(&content, "role").as_deref() {
            None | Some("" | "user" | "function" | "tool") => Role::User,
            Some("model" | "assistant") => Role::Assistant,
            Some("system") => Role::System,
            Some(_) => return Err(wrong(format!("{at}.role"), "must be user or model")),
        };
        let mut parts = Vec::new();
        // Streams are sent back as one content for each of their frames: together they are a turn.
        let continued = role == Role::Assistant && self.messages.last().is_some_and(|last| last.role == role);
        if continued && let Some(last) = self.messages.last_mut() {
            parts = std::mem::take(&mut last.parts);
        }
        let before = parts.len();
        for (index, value) in parts_of(&content, at)?.iter().enumerate() {
            self.part(value, role, &format!("{at}.parts[{index}]"), &mut parts)?;
        }
        if continued {
            join_texts(&mut parts, before);
            if let Some(last) = self.messages.last_mut() {
                last.parts = parts;
            }
        } else if !parts.is_empty() {
            self.messages.push(Message { role, parts, name: None });
        }
        Ok(())
    }

    fn part(&mut self, value: &Value<'_>, role: Role, at: &str, out: &mut Vec<Part>) -> Result<(), Refusal> {
        let Some(PartIn { signature, is_thought, kind }) = part::read(value) else {
            return Err(wrong(at.to_owned(), "must be an object"));
        };
        let is_signed = signature.is_some();
        if is_thought && let KindIn::Text(text) = kind {
            thought(text, signature, out);
            return Ok(());
        }
        sign(signature, out);
        let kind = match kind {
            KindIn::Text(text) if text.is_empty() && (is_signed || role != Role::User) => return Ok(()),
            KindIn::Text(text) => PartKind::Text(text),
            KindIn::Empty if is_signed => return Ok(()),
            KindIn::Empty => return Err(wrong(at.to_owned(), "has no content")),
            KindIn::Call(call) => self.call(&call, at)?,
            KindIn::Result(result) => self.result(&result, at)?,
            KindIn::Inline(blob) => opaque_if_none(media::inline(&blob, at)?, value, at)?,
            KindIn::File(file) => opaque_if_none(media::file(&file, at)?, value, at)?,
            KindIn::Other => opaque_if_none(None, value, at)?,
        };
        out.push(Part::new(kind));
        Ok(())
    }

    fn call(&mut self, call: &Object<'_>, at: &str) -> Result<PartKind, Refusal> {
        let name = name_of(call, &format!("{at}.functionCall"))?;
        let id = text(call, "id").filter(|id| !id.is_empty());
        let id = id.unwrap_or_else(|| ids::of_position(self.calls.len()));
        let arguments = get(call, "args").map_or("{}", |v| v.raw()).to_owned();
        self.calls.push(Called { id: id.clone(), name: name.clone(), is_answered: false });
        Ok(PartKind::ToolCall { id, name, arguments })
    }

    fn result(&mut self, result: &Object<'_>, at: &str) -> Result<PartKind, Refusal> {
        let at = format!("{at}.functionResponse");
        let name = name_of(result, &at)?;
        let given = text(result, "id").filter(|id| !id.is_empty());
        let id = self.answered(&name, given);
        let mut parts = Vec::new();
        let is_error = match get(result, "response") {
            Some(response) => response_text(&response, &mut parts),
            None => false,
        };
        for (index, value) in get(result, "parts").iter().flat_map(names::elements).enumerate() {
            self.part(&value, Role::User, &format!("{at}.parts[{index}]"), &mut parts)?;
        }
        Ok(PartKind::ToolResult { id, parts, is_error })
    }

    /// The id of the call that a result belongs to: the one given, else that of the first call of the name
    /// that waits for one.
    fn answered(&mut self, name: &str, given: Option<String>) -> String {
        let position = self.calls.iter().position(|call| {
            !call.is_answered && given.as_ref().map_or(call.name == name, |given| *given == call.id)
        });
        match (position.and_then(|position| self.calls.get_mut(position)), given) {
            (Some(call), _) => {
                call.is_answered = true;
                call.id.clone()
            }
            (None, Some(given)) => given,
            // A result without a call: the upstream says what it thinks of it.
            (None, None) => name.to_owned(),
        }
    }
}

fn name_of(holder: &Object<'_>, at: &str) -> Result<String, Refusal> {
    text(holder, "name")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| wrong(at.to_owned(), "needs `name`, a string"))
}

/// Shown reasoning. Pieces of a stream belong together until a signature ends them.
fn thought(text: String, signature: Option<Found>, out: &mut Vec<Part>) {
    let signature = match signature {
        Some(Found::Hidden(data)) => {
            out.push(Part::new(PartKind::RedactedThinking(data)));
            if text.is_empty() {
                return;
            }
            None
        }
        Some(Found::Signature(signature)) => Some(signature),
        None => None,
    };
    if let Some(Part { kind: PartKind::Thinking { text: whole, signature: open @ None }, .. }) =
        out.last_mut()
    {
        whole.push_str(&text);
        *open = signature;
    } else if !text.is_empty() || signature.is_some() {
        out.push(Part::new(PartKind::Thinking { text, signature }));
    }
}

/// What stands on a part is the signature of the reasoning before it.
fn sign(signature: Option<Found>, out: &mut Vec<Part>) {
    match signature {
        None => {}
        Some(Found::Hidden(data)) => out.push(Part::new(PartKind::RedactedThinking(data))),
        Some(Found::Signature(found)) => match out.last_mut() {
            Some(Part { kind: PartKind::Thinking { signature: open @ None, .. }, .. }) => *open = Some(found),
            _ => {
                let kind = PartKind::Thinking { text: String::new(), signature: Some(found) };
                out.push(Part::new(kind));
            }
        },
    }
}

/// Text that went on in a later frame.
fn join_texts(parts: &mut Vec<Part>, before: usize) {
    if before == 0 || before >= parts.len() {
        return;
    }
    let is_text = |part: Option<&Part>| matches!(part, Some(Part { kind: PartKind::Text(_), .. }));
    if is_text(parts.get(before - 1)) && is_text(parts.get(before)) {
        let next = parts.remove(before);
        if let (PartKind::Text(next), Some(Part { kind: PartKind::Text(whole), .. })) =
            (next.kind, parts.get_mut(before - 1))
        {
            whole.push_str(&next);
        }
    }
}

/// The text of a tool's answer, and whether it is an error. The API documents `output` and `error` as the names
/// for plain answers, and its SDKs use `result`.
fn response_text(response: &Value<'_>, out: &mut Vec<Part>) -> bool {
    let mut members = response.members();
    let only = members.next().filter(|_| members.next().is_none());
    if let Some((name @ ("output" | "result" | "error"), value)) = only {
        let text = value.as_str().unwrap_or(Cow::Borrowed(value.raw()));
        out.push(Part::text(text));
        return name == "error";
    }
    out.push(Part::text(response.raw()));
    false
}

fn opaque_if_none(kind: Option<PartKind>, value: &Value<'_>, at: &str) -> Result<PartKind, Refusal> {
    match kind {
        Some(kind) => Ok(kind),
        None => json(value).map(PartKind::Opaque).ok_or_else(|| wrong(at.to_owned(), "is nested too deeply")),
    }
}

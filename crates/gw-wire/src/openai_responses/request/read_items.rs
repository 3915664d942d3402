//! The input: a text or items. Serves the request reader. Items of one speaker that follow one another become
//! one turn, as the intermediate form has them; it must keep their order.

use super::{custom, read_content};
use crate::json::{Kind, Object, Value};
use crate::openai_chat::request::{json, object, string, wrong};
use crate::openai_responses::ids::{Sealed, unsealed};
use crate::openai_responses::items;
use crate::openai_responses::names::flat;
use gw_model::chat::{ChatRequest, Message, Part, PartKind, Role};
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

/// Reads `input` into `system` and `messages` of the request.
pub(super) fn read(value: &Value<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    if let Some(text) = value.as_str() {
        push(request, Role::User, vec![Part::text(text)]);
        return Ok(());
    }
    if value.kind != Kind::Array {
        return Err(wrong("input", "must be a string or an array of items"));
    }
    for (index, element) in value.elements().enumerate() {
        item(&element, &format!("input[{index}]"), request)?;
    }
    Ok(())
}

fn item(value: &Value<'_>, at: &str, request: &mut ChatRequest) -> Result<(), Refusal> {
    if let Some(text) = value.as_str() {
        push(request, Role::User, vec![Part::text(text)]);
        return Ok(());
    }
    let item = object(value, at)?;
    let kind = item.get("type").and_then(|kind| kind.as_str());
    match kind.as_deref() {
        Some("message") => message(&item, at, request),
        None if item.get("role").is_some() => message(&item, at, request),
        Some("function_call") => {
            let arguments = item.get("arguments").map(|arguments| match arguments.as_str() {
                Some(text) => text.into_owned(),
                // Some clients send the object itself.
                None => arguments.raw().to_owned(),
            });
            call(&item, at, arguments.unwrap_or_default(), request)
        }
        Some("custom_tool_call") => {
            let input = string(&item, "input", at)?;
            call(&item, at, custom::wrap(&input), request)
        }
        Some("function_call_output" | "custom_tool_call_output") => result(&item, at, request),
        Some("reasoning") => reasoning(value, &item, at, request),
        Some("item_reference") | None => Err(unresolved(at)),
        Some(kind) => opaque(value, kind, &item, at, request),
    }
}

/// An item that stands for a stored one.
fn unresolved(at: &str) -> Refusal {
    let message = format!(
        "`{at}` refers to an item that is stored elsewhere. Send the item itself, with \"store\": false in the \
         request that makes it."
    );
    Refusal::new(ErrorCode::UnsupportedParameter, message).param(at.to_owned())
}

fn push(request: &mut ChatRequest, role: Role, parts: Vec<Part>) {
    request.messages.push(Message { role, parts, name: None });
}

fn message(message: &Object<'_>, at: &str, request: &mut ChatRequest) -> Result<(), Refusal> {
    let role = message.get("role").and_then(|role| role.as_str()).unwrap_or_default();
    let content = message
        .get("content")
        .filter(|content| !content.is_null())
        .ok_or_else(|| wrong(at, "needs `content`"))?;
    let mut parts = Vec::new();
    read_content::read(&content, &format!("{at}.content"), &mut parts)?;
    match role.as_ref() {
        "user" => push(request, Role::User, parts),
        "assistant" => {
            let open = request.messages.last_mut().filter(|last| last.role == Role::Assistant);
            match open.filter(|turn| goes_on(turn)) {
                Some(turn) => turn.parts.append(&mut parts),
                None => push(request, Role::Assistant, parts),
            }
        }
        // Instructions before the first turn belong to the request, later ones keep their place.
        "system" | "developer" if request.messages.is_empty() => request.system.append(&mut parts),
        "system" | "developer" => push(request, Role::System, parts),
        _ => return Err(wrong(at, "needs `role`: user, assistant, system or developer")),
    }
    Ok(())
}

/// Whether a further message belongs to the same turn: calls must stay next to their results, and reasoning
/// with what it led to; a second message else is a turn of its own.
fn goes_on(turn: &Message) -> bool {
    let has = |wanted: fn(&PartKind) -> bool| turn.parts.iter().any(|part| wanted(&part.kind));
    has(|kind| matches!(kind, PartKind::ToolCall { .. }))
        || !has(|kind| matches!(kind, PartKind::Text(_) | PartKind::Refusal(_)))
}

/// The assistant's turn that a new item belongs to.
fn turn(request: &mut ChatRequest) -> Option<&mut Message> {
    if request.messages.last().is_none_or(|last| last.role != Role::Assistant) {
        push(request, Role::Assistant, Vec::new());
    }
    request.messages.last_mut()
}

fn said(request: &mut ChatRequest, kind: PartKind) {
    if let Some(turn) = turn(request) {
        turn.parts.push(Part::new(kind));
    }
}

fn call(item: &Object<'_>, at: &str, arguments: String, request: &mut ChatRequest) -> Result<(), Refusal> {
    let namespace = item.get("namespace").and_then(|namespace| namespace.as_str());
    let name = flat(namespace.as_deref(), &string(item, "name", at)?).into_owned();
    said(request, PartKind::ToolCall { id: string(item, "call_id", at)?, name, arguments });
    Ok(())
}

fn result(item: &Object<'_>, at: &str, request: &mut ChatRequest) -> Result<(), Refusal> {
    let id = string(item, "call_id", at)?;
    let mut parts = Vec::new();
    if let Some(output) = item.get("output") {
        match output.kind {
            // Some clients send what the tool gave without writing it as text first.
            Kind::Object | Kind::Number | Kind::Bool => parts.push(Part::text(output.raw())),
            _ => read_content::read(&output, &format!("{at}.output"), &mut parts)?,
        }
    }
    let result = Part::new(PartKind::ToolResult { id, parts, is_error: false });
    let is_results = |turn: &&mut Message| {
        turn.role == Role::User
            && !turn.parts.is_empty()
            && turn.parts.iter().all(|part| matches!(part.kind, PartKind::ToolResult { .. }))
    };
    match request.messages.last_mut().filter(is_results) {
        Some(turn) => turn.parts.push(result),
        None => push(request, Role::User, vec![result]),
    }
    Ok(())
}

fn reasoning(
    value: &Value<'_>,
    item: &Object<'_>,
    at: &str,
    request: &mut ChatRequest,
) -> Result<(), Refusal> {
    let mut text = String::new();
    for name in ["summary", "content"] {
        // Both say the same; the summary is what was shown.
        if text.is_empty() {
            join(item.get(name).as_ref(), &mut text);
        }
    }
    let sealed = item.get("encrypted_content").and_then(|sealed| sealed.as_str()).filter(|s| !s.is_empty());
    let part = match sealed.as_deref().map(|sealed| unsealed(!text.is_empty(), sealed)) {
        Some(Sealed::Hidden(data)) => PartKind::RedactedThinking(data.to_owned()),
        Some(Sealed::Signature(signature)) => {
            PartKind::Thinking { text, signature: Some(signature.to_owned()) }
        }
        None if text.is_empty() => PartKind::Opaque(json(value).ok_or_else(|| wrong(at, "is not JSON"))?),
        None => PartKind::Thinking { text, signature: None },
    };
    said(request, part);
    Ok(())
}

/// Appends the texts of parts, with blank lines between.
fn join(parts: Option<&Value<'_>>, out: &mut String) {
    for part in parts.into_iter().flat_map(Value::elements) {
        let text = part.object().ok().and_then(|part| part.get("text")?.as_str().map(Cow::into_owned));
        let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(&text);
    }
}

/// An item that only this format has. It stands on the side of who made it.
fn opaque(
    value: &Value<'_>,
    kind: &str,
    item: &Object<'_>,
    at: &str,
    request: &mut ChatRequest,
) -> Result<(), Refusal> {
    let json = json(value).ok_or_else(|| wrong(at, "is not JSON"))?;
    let at_provider =
        item.get("execution").and_then(|execution| execution.as_str()).as_deref() == Some("server");
    if items::is_models(kind) || at_provider {
        said(request, PartKind::Opaque(json));
    } else {
        push(request, Role::User, vec![Part::new(PartKind::Opaque(json))]);
    }
    Ok(())
}

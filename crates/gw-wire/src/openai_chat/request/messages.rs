//! The messages of a conversation. Serves the request reader. Tool messages become parts of a user turn, as
//! the intermediate form has them; it must keep their order.

use super::content::{self, cache_control, nested, object, string, wrong};
use crate::json::{Kind, Object, Value};
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, Message, Part, PartKind, Role};
use std::borrow::Cow;

/// Reads `messages` into `system` and `messages` of the request.
pub(super) fn read(value: &Value<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    if value.kind != Kind::Array {
        return Err(wrong("messages", "must be an array of messages"));
    }
    let mut after_tool = false;
    for (index, element) in value.elements().enumerate() {
        let at = format!("messages[{index}]");
        let message = object(&element, &at)?;
        let role = message.get("role").and_then(|v| v.as_str()).unwrap_or_default();
        let is_tool = matches!(role.as_ref(), "tool" | "function");
        match role.as_ref() {
            "system" | "developer" => instructions(&message, &at, request)?,
            "user" => push(request, Role::User, user(&message, &at)?, &message),
            "assistant" => push(request, Role::Assistant, assistant(&message, &at)?, &message),
            "tool" | "function" => {
                let result = tool_result(&message, &at)?;
                match request.messages.last_mut().filter(|_| after_tool) {
                    Some(turn) => turn.parts.push(result),
                    None => {
                        request.messages.push(Message { role: Role::User, parts: vec![result], name: None })
                    }
                }
            }
            _ => return Err(wrong(&at, "needs `role`: system, developer, user, assistant or tool")),
        }
        after_tool = is_tool;
    }
    Ok(())
}

fn push(request: &mut ChatRequest, role: Role, mut parts: Vec<Part>, message: &Object<'_>) {
    if let (Some(mark), Some(last)) = (cache_control(message), parts.last_mut()) {
        last.cache_control.get_or_insert(mark);
    }
    let name = message.get("name").and_then(|v| v.as_str()).map(Cow::into_owned);
    request.messages.push(Message { role, parts, name });
}

/// Instructions before the first turn belong to the request, later ones keep their place.
fn instructions(message: &Object<'_>, at: &str, request: &mut ChatRequest) -> Result<(), Refusal> {
    let mut parts = Vec::new();
    content_of(message, at, &mut parts)?;
    if !request.messages.is_empty() {
        push(request, Role::System, parts, message);
        return Ok(());
    }
    if let (Some(mark), Some(last)) = (cache_control(message), parts.last_mut()) {
        last.cache_control.get_or_insert(mark);
    }
    request.system.append(&mut parts);
    Ok(())
}

fn user(message: &Object<'_>, at: &str) -> Result<Vec<Part>, Refusal> {
    let mut parts = Vec::new();
    if message.get("content").is_none_or(|c| c.is_null()) {
        return Err(wrong(at, "needs `content`"));
    }
    content_of(message, at, &mut parts)?;
    Ok(parts)
}

fn assistant(message: &Object<'_>, at: &str) -> Result<Vec<Part>, Refusal> {
    let mut parts = Vec::new();
    thinking(message, &mut parts);
    content_of(message, at, &mut parts)?;
    if let Some(text) = message.get("refusal").and_then(|v| v.as_str()) {
        parts.push(Part::new(PartKind::Refusal(text.into_owned())));
    }
    for (index, call) in message.get("tool_calls").iter().flat_map(Value::elements).enumerate() {
        let at = format!("{at}.tool_calls[{index}]");
        let call = object(&call, &at)?;
        let id = string(&call, "id", &at)?;
        let (name, arguments) = match call.get("custom") {
            // A custom tool takes text instead of an object.
            Some(custom) => {
                let custom = object(&custom, &at)?;
                let input = serde_json::json!({ "input": string(&custom, "input", &at)? });
                (string(&custom, "name", &at)?, input.to_string())
            }
            None => called(&nested(&call, "function", &at)?, &at)?,
        };
        parts.push(Part::new(PartKind::ToolCall { id, name, arguments }));
    }
    if let Some(call) = message.get("function_call").filter(|c| c.kind == Kind::Object) {
        let (name, arguments) = called(&object(&call, at)?, at)?;
        parts.push(Part::new(PartKind::ToolCall { id: name.clone(), name, arguments }));
    }
    Ok(parts)
}

fn called(function: &Object<'_>, at: &str) -> Result<(String, String), Refusal> {
    let name = string(function, "name", at)?;
    let arguments = function.get("arguments").map(|v| match v.as_str() {
        Some(text) => text.into_owned(),
        // Some clients send the object itself.
        None => v.raw().to_owned(),
    });
    Ok((name, arguments.unwrap_or_default()))
}

/// Reasoning that an earlier answer showed and the caller sends back.
fn thinking(message: &Object<'_>, parts: &mut Vec<Part>) {
    let details = message.get("reasoning_details").filter(|v| v.kind == Kind::Array);
    for detail in details.iter().flat_map(Value::elements) {
        let Ok(detail) = detail.object() else { continue };
        let text = |name: &str| detail.get(name).and_then(|v| v.as_str()).map(Cow::into_owned);
        match text("type").as_deref() {
            Some("reasoning.text") => parts.push(Part::new(PartKind::Thinking {
                text: text("text").unwrap_or_default(),
                signature: text("signature"),
            })),
            Some("reasoning.encrypted") => {
                parts.extend(text("data").map(|data| Part::new(PartKind::RedactedThinking(data))));
            }
            _ => {}
        }
    }
    let plain = message.get("reasoning_content").or_else(|| message.get("reasoning"));
    let plain = plain.and_then(|v| v.as_str()).filter(|t| !t.is_empty());
    // In a stream the text comes as `reasoning_content`, and the details bring its signature only.
    let is_unsaid =
        |part: &&mut Part| matches!(&part.kind, PartKind::Thinking { text, .. } if text.is_empty());
    let has_none = parts.is_empty();
    match (plain, parts.iter_mut().find(is_unsaid), has_none) {
        (Some(said), Some(Part { kind: PartKind::Thinking { text, .. }, .. }), _) => {
            *text = said.into_owned();
        }
        (Some(said), _, true) => {
            parts.push(Part::new(PartKind::Thinking { text: said.into_owned(), signature: None }));
        }
        _ => {}
    }
}

fn tool_result(message: &Object<'_>, at: &str) -> Result<Part, Refusal> {
    let id = match message.get("tool_call_id").and_then(|v| v.as_str()) {
        Some(id) => id.into_owned(),
        None => string(message, "name", at).map_err(|_| wrong(at, "needs `tool_call_id`, a string"))?,
    };
    let mut parts = Vec::new();
    content_of(message, at, &mut parts)?;
    let mark = cache_control(message);
    Ok(Part { kind: PartKind::ToolResult { id, parts, is_error: false }, cache_control: mark })
}

fn content_of(message: &Object<'_>, at: &str, parts: &mut Vec<Part>) -> Result<(), Refusal> {
    match message.get("content") {
        Some(value) => content::read(&value, &format!("{at}.content"), parts),
        None => Ok(()),
    }
}

//! The messages of a conversation. Serves the request reader. Tool messages become parts of a user turn, as
//! the intermediate form has them; it must keep their order.

use super::content::{self, object, string, wrong};
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
        let is_tool = role == "tool";
        let (role, parts) = match role.as_ref() {
            "system" | "developer" => (Role::System, of(&message, &at)?),
            "user" => (Role::User, of(&message, &at)?),
            "assistant" => (Role::Assistant, assistant(&message, &at)?),
            "tool" => (Role::User, vec![tool_result(&message, &at)?]),
            _ => return Err(wrong(&at, "needs `role`: system, user, assistant or tool")),
        };
        // Instructions before the first turn belong to the request, later ones keep their place.
        let is_preamble = role == Role::System && request.messages.is_empty();
        match request.messages.last_mut().filter(|_| is_tool && after_tool) {
            Some(turn) => turn.parts.extend(parts),
            None if is_preamble => request.system.extend(parts),
            None => request.messages.push(Message { role, parts, name: None }),
        }
        after_tool = is_tool;
    }
    Ok(())
}

fn of(message: &Object<'_>, at: &str) -> Result<Vec<Part>, Refusal> {
    let content = message.get("content").filter(|v| !v.is_null());
    let content = content.ok_or_else(|| wrong(at, "needs `content`"))?;
    let mut parts = Vec::new();
    content::read(&content, &format!("{at}.content"), &mut parts)?;
    Ok(parts)
}

/// The plan before tool calls is thinking. Citations of an earlier answer say nothing to a model and are not
/// read.
fn assistant(message: &Object<'_>, at: &str) -> Result<Vec<Part>, Refusal> {
    let mut parts = Vec::new();
    if let Some(text) = message.get("tool_plan").and_then(|v| v.as_str()).filter(|t| !t.is_empty()) {
        parts.push(Part::new(PartKind::Thinking { text: text.into_owned(), signature: None }));
    }
    if let Some(content) = message.get("content") {
        content::read(&content, &format!("{at}.content"), &mut parts)?;
    }
    // Callers put an empty block before calls.
    parts.retain(|part| !matches!(&part.kind, PartKind::Text(text) if text.is_empty()));
    let calls = message.get("tool_calls").filter(|v| v.kind == Kind::Array);
    for (index, call) in calls.iter().flat_map(Value::elements).enumerate() {
        let at = format!("{at}.tool_calls[{index}]");
        let call = object(&call, &at)?;
        let function = call.get("function").ok_or_else(|| wrong(&at, "lacks `function`"))?;
        let function = object(&function, &at)?;
        let id = string(&call, "id", &at)?;
        let name = string(&function, "name", &at)?;
        let arguments = function.get("arguments").filter(|v| !v.is_null()).map(|v| {
            // Some clients send the object itself.
            v.as_str().map_or_else(|| v.raw().to_owned(), Cow::into_owned)
        });
        let arguments = arguments.unwrap_or_default();
        parts.push(Part::new(PartKind::ToolCall { id, name, arguments }));
    }
    Ok(parts)
}

fn tool_result(message: &Object<'_>, at: &str) -> Result<Part, Refusal> {
    let id = string(message, "tool_call_id", at)?;
    let parts = of(message, at)?;
    Ok(Part::new(PartKind::ToolResult { id, parts, is_error: false }))
}

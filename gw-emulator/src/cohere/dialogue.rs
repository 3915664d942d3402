//! Reads the messages of a chat request: roles, contents and the order of tool calls and results. It must
//! refuse tool results out of place.

use serde_json::Value;

use super::content;
use crate::answer::Rejection;
use crate::fields::{array, string};
use crate::prompt::Prompt;
use crate::tokens;

/// Reads `messages` into the prompt.
pub(super) fn read(messages: &[Value], prompt: &mut Prompt) -> Result<(), Rejection> {
    let mut open: Vec<String> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        let wrong = |what: &str| Rejection::new(400, format!("invalid request: {at}{what}"));
        let role = string(message, "role")?.ok_or_else(|| wrong(".role is required"))?;
        if role != "tool" && !open.is_empty() {
            return Err(wrong(": all tool calls must be followed by their tool results"));
        }
        prompt.input_tokens += tokens::MESSAGE_TOKENS;
        let content = content::read(message, &at)?;
        prompt.input_tokens += content.as_ref().map_or(0, |content| content.tokens);
        match (role, content) {
            ("system", Some(_)) => {}
            ("user", Some(content)) => {
                prompt.user_text = content.text;
                prompt.images.extend(content.images);
            }
            ("assistant", content) => {
                open = calls(message, &at, prompt)?;
                if content.is_none() && open.is_empty() {
                    return Err(wrong(" must have content or tool_calls"));
                }
                prompt.tool_results.clear();
                prompt.images.clear();
            }
            ("tool", Some(content)) => {
                let id = string(message, "tool_call_id")?.unwrap_or("");
                let place = open.iter().position(|call| call == id);
                let place = place.ok_or_else(|| wrong(".tool_call_id names no tool call before it"))?;
                open.remove(place);
                prompt.tool_results.push(content.text);
            }
            ("system" | "user" | "tool", None) => return Err(wrong(".content is required")),
            _ => return Err(wrong(".role must be one of system, user, assistant, tool")),
        }
    }
    if open.is_empty() {
        return Ok(());
    }
    Err(Rejection::new(400, "invalid request: all tool calls must be followed by their tool results"))
}

/// The ids of an assistant message's calls.
fn calls(message: &Value, at: &str, prompt: &mut Prompt) -> Result<Vec<String>, Rejection> {
    if let Some(plan) = string(message, "tool_plan")? {
        prompt.input_tokens += tokens::count(plan);
    }
    let mut ids = Vec::new();
    for (index, call) in array(message, "tool_calls")?.into_iter().flatten().enumerate() {
        let text = |pointer: &str| {
            let text = call.pointer(pointer).and_then(Value::as_str);
            let missing = || format!("invalid request: {at}.tool_calls[{index}]{pointer} is required");
            text.ok_or_else(|| Rejection::new(400, missing()))
        };
        prompt.input_tokens += tokens::count(text("/function/name")?);
        prompt.input_tokens += tokens::count(text("/function/arguments")?);
        ids.push(text("/id")?.to_owned());
    }
    Ok(ids)
}

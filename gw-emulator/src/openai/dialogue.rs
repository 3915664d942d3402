//! Reads the messages of a chat request: roles, contents and the order of tool calls and results. It
//! must refuse a dialogue that the real service refuses, above all tool results out of place.

use serde_json::Value;

use super::content::{Content, read_content};
use crate::answer::Rejection;
use crate::fields::{array, string, wrong_type};
use crate::prompt::Prompt;
use crate::tokens;

/// Reads `messages` into the prompt.
pub(crate) fn read(messages: &[Value], prompt: &mut Prompt) -> Result<(), Rejection> {
    let mut open_calls: Vec<String> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        if !message.is_object() {
            return Err(wrong_type(&at, "an object", message));
        }
        let role = string(message, "role")?.ok_or_else(|| Rejection::missing(format!("{at}.role")))?;
        if role != "tool" {
            all_answered(&open_calls, &at)?;
        }
        prompt.input_tokens += tokens::MESSAGE_TOKENS;
        match role {
            "system" | "developer" => {
                let content = required_content(message, &at)?;
                prompt.input_tokens += content.tokens;
            }
            "user" => {
                let content = required_content(message, &at)?;
                prompt.input_tokens += content.tokens;
                prompt.user_text = content.text;
                prompt.images.extend(content.images);
            }
            "assistant" => {
                open_calls = assistant(message, &at, prompt)?;
                prompt.tool_results.clear();
                prompt.images.clear();
            }
            "tool" => tool_result(message, &at, &mut open_calls, prompt)?,
            "function" => {}
            other => {
                let message =
                    format!("'{other}' is not a role; use system, developer, user, assistant or tool.");
                return Err(Rejection::param(format!("{at}.role"), "invalid_value", message));
            }
        }
    }
    all_answered(&open_calls, &format!("messages[{}]", messages.len()))
}

fn required_content(message: &Value, at: &str) -> Result<Content, Rejection> {
    let content = read_content(message, at)?;
    content.ok_or_else(|| Rejection::missing(format!("{at}.content")))
}

/// Reads an assistant message and gives the ids of its tool calls.
fn assistant(message: &Value, at: &str, prompt: &mut Prompt) -> Result<Vec<String>, Rejection> {
    let content = read_content(message, at)?;
    let calls = array(message, "tool_calls")?;
    if content.is_none() && calls.is_none() && message.get("function_call").is_none() {
        let text = format!("'{at}' of the assistant needs 'content' or 'tool_calls'.");
        return Err(Rejection::param(format!("{at}.content"), "invalid_value", text));
    }
    prompt.input_tokens += content.map_or(0, |content| content.tokens);
    let mut ids = Vec::new();
    for (index, call) in calls.into_iter().flatten().enumerate() {
        let part = |name: &str| format!("{at}.tool_calls[{index}].{name}");
        let id = string(call, "id")?.ok_or_else(|| Rejection::missing(part("id")))?;
        if string(call, "type")? == Some("function") {
            let function = call.get("function").ok_or_else(|| Rejection::missing(part("function")))?;
            let name = string(function, "name")?;
            let name = name.ok_or_else(|| Rejection::missing(part("function.name")))?;
            let arguments = string(function, "arguments")?;
            let arguments = arguments.ok_or_else(|| Rejection::missing(part("function.arguments")))?;
            prompt.input_tokens += tokens::count(name) + tokens::count(arguments);
        }
        ids.push(id.to_owned());
    }
    Ok(ids)
}

fn tool_result(
    message: &Value,
    at: &str,
    open: &mut Vec<String>,
    prompt: &mut Prompt,
) -> Result<(), Rejection> {
    let id = string(message, "tool_call_id")?;
    let id = id.ok_or_else(|| Rejection::missing(format!("{at}.tool_call_id")))?;
    let Some(place) = open.iter().position(|call| call == id) else {
        let text = format!(
            "'{at}' has role 'tool' but does not follow an assistant message with the tool call '{id}'."
        );
        return Err(Rejection::param(format!("{at}.role"), "invalid_value", text));
    };
    open.remove(place);
    let content = required_content(message, at)?;
    prompt.input_tokens += content.tokens;
    prompt.tool_results.push(content.text);
    Ok(())
}

fn all_answered(open: &[String], at: &str) -> Result<(), Rejection> {
    if open.is_empty() {
        return Ok(());
    }
    let ids = open.join(", ");
    let text = format!(
        "Every tool call of an assistant message needs a 'tool' message right after it; missing for: {ids}."
    );
    Err(Rejection::param(at, "invalid_value", text))
}

//! Reads the messages of a messages request in order: roles, blocks per role, and that every tool use
//! is answered by a result in the very next message. It must refuse what the real service refuses.

use serde_json::Value;

use super::blocks::{Reader, is_name};
use crate::answer::Rejection;
use crate::fields::{boolean, string, wrong_type};
use crate::tokens;

/// Reads `messages` into the reader's prompt.
pub(crate) fn read(messages: &[Value], reader: &mut Reader<'_>) -> Result<(), Rejection> {
    let mut open: Vec<String> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let at = format!("messages.{index}");
        if !message.is_object() {
            return Err(wrong_type(&at, "an object", message));
        }
        let role = string(message, "role")?.ok_or_else(|| Rejection::missing(format!("{at}.role")))?;
        reader.count(tokens::MESSAGE_TOKENS, role.as_bytes());
        let is_last = index + 1 == messages.len();
        match role {
            "user" => user(message, &at, reader, &mut open)?,
            "assistant" => assistant(message, &at, is_last, reader, &mut open)?,
            "system" if index > 0 => system(message, &at, reader, &open)?,
            other => {
                let text =
                    format!("'{other}' is not a role here; system text belongs into the 'system' member");
                return Err(Rejection::param(format!("{at}.role"), "invalid_value", text));
            }
        }
    }
    Ok(())
}

/// Instructions in the midst of a conversation: text, and not between a tool's use and its result.
fn system(message: &Value, at: &str, reader: &mut Reader<'_>, open: &[String]) -> Result<(), Rejection> {
    if !open.is_empty() {
        let text = format!("`tool_use` ids without `tool_result` blocks right after: {}", open.join(", "));
        return Err(Rejection::param(at, "invalid_value", text));
    }
    match content(message, at)? {
        Content::Text(whole) if !whole.is_empty() => reader.count(tokens::count(whole), whole.as_bytes()),
        Content::Blocks(blocks) if !blocks.is_empty() => {
            for (index, block) in blocks.iter().enumerate() {
                let at = format!("{at}.content.{index}");
                reader.text(block, &at)?;
                reader.breakpoint(block, &at)?;
            }
        }
        _ => return Err(empty(at)),
    }
    Ok(())
}

fn user(message: &Value, at: &str, reader: &mut Reader<'_>, open: &mut Vec<String>) -> Result<(), Rejection> {
    let mut text = String::new();
    match content(message, at)? {
        Content::Text(whole) if !whole.is_empty() => {
            reader.count(tokens::count(whole), whole.as_bytes());
            text.push_str(whole);
        }
        Content::Blocks(blocks) if !blocks.is_empty() => {
            for (index, block) in blocks.iter().enumerate() {
                user_block(block, &format!("{at}.content.{index}"), reader, open, &mut text)?;
            }
        }
        _ => return Err(empty(at)),
    }
    if !open.is_empty() {
        let text = format!("`tool_use` ids without `tool_result` blocks right after: {}", open.join(", "));
        return Err(Rejection::param(at, "invalid_value", text));
    }
    if !text.is_empty() || reader.prompt.tool_results.is_empty() {
        reader.prompt.user_text = text;
    }
    Ok(())
}

fn user_block(
    block: &Value,
    at: &str,
    reader: &mut Reader<'_>,
    open: &mut Vec<String>,
    text: &mut String,
) -> Result<(), Rejection> {
    match kind(block, at)? {
        "text" => {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(reader.text(block, at)?);
        }
        "image" => {
            let media_type = reader.media(block, at, true)?;
            reader.prompt.images.push(media_type);
        }
        "document" => {
            reader.media(block, at, false)?;
        }
        "tool_result" => tool_result(block, at, reader, open)?,
        "tool_use" | "thinking" | "redacted_thinking" => {
            return Err(Rejection::param(
                at,
                "invalid_value",
                "this block belongs into an assistant message",
            ));
        }
        // Results of the provider's own tools and kinds of later versions pass.
        _ => reader.count(tokens::IMAGE_TOKENS, at.as_bytes()),
    }
    reader.breakpoint(block, at)
}

fn tool_result(
    block: &Value,
    at: &str,
    reader: &mut Reader<'_>,
    open: &mut Vec<String>,
) -> Result<(), Rejection> {
    let id = string(block, "tool_use_id")?;
    let id = id.ok_or_else(|| Rejection::missing(format!("{at}.tool_use_id")))?;
    let Some(place) = open.iter().position(|call| call == id) else {
        let text = format!("`tool_use_id` {id} has no `tool_use` block in the message before");
        return Err(Rejection::param(at, "invalid_value", text));
    };
    open.remove(place);
    let is_error = boolean(block, "is_error")?;
    let mut result = String::new();
    match block.get("content") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => {
            reader.count(tokens::count(text), text.as_bytes());
            result.push_str(text);
        }
        Some(Value::Array(blocks)) => {
            for (index, inner) in blocks.iter().enumerate() {
                let at = format!("{at}.content.{index}");
                match kind(inner, &at)? {
                    "text" => result.push_str(reader.text(inner, &at)?),
                    "image" => {
                        let media_type = reader.media(inner, &at, true)?;
                        reader.prompt.images.push(media_type);
                    }
                    _ => reader.count(tokens::IMAGE_TOKENS, at.as_bytes()),
                }
            }
        }
        Some(other) => return Err(wrong_type(&format!("{at}.content"), "a string or blocks", other)),
    }
    reader.prompt.tool_results.push(if is_error { format!("an error: {result}") } else { result });
    Ok(())
}

fn assistant(
    message: &Value,
    at: &str,
    is_last: bool,
    reader: &mut Reader<'_>,
    open: &mut Vec<String>,
) -> Result<(), Rejection> {
    if !open.is_empty() {
        let text = format!("`tool_use` ids without `tool_result` blocks right after: {}", open.join(", "));
        return Err(Rejection::param(at, "invalid_value", text));
    }
    reader.prompt.tool_results.clear();
    reader.prompt.images.clear();
    match content(message, at)? {
        Content::Text(text) if !text.is_empty() || is_last => {
            reader.count(tokens::count(text), text.as_bytes());
        }
        Content::Blocks(blocks) if !blocks.is_empty() || is_last => {
            for (index, block) in blocks.iter().enumerate() {
                assistant_block(block, &format!("{at}.content.{index}"), reader, open)?;
            }
        }
        _ => return Err(empty(at)),
    }
    Ok(())
}

fn assistant_block(
    block: &Value,
    at: &str,
    reader: &mut Reader<'_>,
    open: &mut Vec<String>,
) -> Result<(), Rejection> {
    let required = |name: &str| -> Result<&str, Rejection> {
        string(block, name)?.ok_or_else(|| Rejection::missing(format!("{at}.{name}")))
    };
    match kind(block, at)? {
        "text" => {
            reader.text(block, at)?;
        }
        "thinking" => {
            required("signature")?;
            let text = required("thinking")?;
            reader.count(tokens::count(text), text.as_bytes());
        }
        "redacted_thinking" => {
            required("data")?;
        }
        "tool_use" => {
            let (id, name) = (required("id")?, required("name")?);
            if !is_name(name) || !is_name(id) {
                let text = "a tool use's id and name are 1 to 128 letters, digits, '_' or '-'";
                return Err(Rejection::param(at, "invalid_value", text));
            }
            let input = block.get("input").ok_or_else(|| Rejection::missing(format!("{at}.input")))?;
            if !input.is_object() {
                return Err(wrong_type(&format!("{at}.input"), "an object", input));
            }
            let text = input.to_string();
            reader.count(tokens::count(name) + tokens::count(&text), text.as_bytes());
            open.push(id.to_owned());
        }
        "tool_result" | "image" => {
            return Err(Rejection::param(at, "invalid_value", "this block belongs into a user message"));
        }
        _ => reader.count(tokens::IMAGE_TOKENS, at.as_bytes()),
    }
    reader.breakpoint(block, at)
}

enum Content<'v> {
    Text(&'v str),
    Blocks(&'v [Value]),
}

fn content<'v>(message: &'v Value, at: &str) -> Result<Content<'v>, Rejection> {
    match message.get("content") {
        Some(Value::String(text)) => Ok(Content::Text(text)),
        Some(Value::Array(blocks)) => Ok(Content::Blocks(blocks)),
        None | Some(Value::Null) => Err(Rejection::missing(format!("{at}.content"))),
        Some(other) => Err(wrong_type(&format!("{at}.content"), "a string or an array of blocks", other)),
    }
}

fn kind<'v>(block: &'v Value, at: &str) -> Result<&'v str, Rejection> {
    string(block, "type")?.ok_or_else(|| Rejection::missing(format!("{at}.type")))
}

fn empty(at: &str) -> Rejection {
    let text = "all messages must have non-empty content except for the optional final assistant message";
    Rejection::param(at, "invalid_value", text)
}

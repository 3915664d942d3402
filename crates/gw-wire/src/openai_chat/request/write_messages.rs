//! Turns written as messages. Serves the request writer. Results of tools must come before the rest of their
//! turn, directly behind the calls: the format demands it.

use crate::json::Writer;
use crate::outgoing::{drop_mark, drop_once, is_media};
use gw_model::chat::{ChatRequest, MediaSource, Message, Part, PartKind, Role};
use gw_model::{ErrorCode, Refusal};

/// Writes the array of messages.
pub(super) fn write(request: &ChatRequest, w: &mut Writer, dropped: &mut Vec<String>) -> Result<(), Refusal> {
    w.begin_array();
    if !request.system.is_empty() {
        instructions(&request.system, w, dropped)?;
    }
    for message in &request.messages {
        match message.role {
            Role::System => instructions(&message.parts, w, dropped)?,
            Role::User => user(message, w, dropped)?,
            Role::Assistant => assistant(message, w, dropped)?,
        }
    }
    w.end_array();
    Ok(())
}

fn instructions(parts: &[Part], w: &mut Writer, dropped: &mut Vec<String>) -> Result<(), Refusal> {
    let text = text_of(parts, "\n\n", dropped)?;
    if !text.is_empty() {
        w.begin_object();
        w.string_member("role", "system");
        w.string_member("content", &text);
        w.end_object();
    }
    Ok(())
}

fn user(message: &Message, w: &mut Writer, dropped: &mut Vec<String>) -> Result<(), Refusal> {
    let mut rest: Vec<&Part> = Vec::new();
    for part in &message.parts {
        if let PartKind::ToolResult { id, parts, is_error } = &part.kind {
            drop_mark(part, dropped);
            let (media, text): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(|p| is_media(p));
            tool_result(id, &text, *is_error, w, dropped)?;
            // Tool messages hold text only; what else a tool gave follows as the user's.
            rest.extend(media);
        } else {
            rest.push(part);
        }
    }
    if rest.is_empty() && !message.parts.is_empty() {
        return Ok(());
    }
    w.begin_object();
    w.string_member("role", "user");
    if let Some(name) = &message.name {
        w.string_member("name", name);
    }
    w.key("content");
    match rest.as_slice() {
        [] => w.string(""),
        [part @ Part { kind: PartKind::Text(text), .. }] => {
            drop_mark(part, dropped);
            w.string(text);
        }
        parts => {
            w.begin_array();
            for part in parts {
                drop_mark(part, dropped);
                content_part(&part.kind, w)?;
            }
            w.end_array();
        }
    }
    w.end_object();
    Ok(())
}

fn tool_result(
    id: &str,
    parts: &[&Part],
    is_error: bool,
    w: &mut Writer,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    let text = text_of(parts.iter().copied(), "\n", dropped)?;
    w.begin_object();
    w.string_member("role", "tool");
    w.string_member("tool_call_id", id);
    let says_so = text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("error"));
    if is_error && !says_so {
        w.string_member("content", &format!("Error: {text}"));
    } else {
        w.string_member("content", &text);
    }
    w.end_object();
    Ok(())
}

fn assistant(message: &Message, w: &mut Writer, dropped: &mut Vec<String>) -> Result<(), Refusal> {
    let (mut text, mut refusal, mut reasoning) = (String::new(), String::new(), String::new());
    let mut calls: Vec<(&str, &str, &str)> = Vec::new();
    for part in &message.parts {
        drop_mark(part, dropped);
        match &part.kind {
            PartKind::Text(piece) => text.push_str(piece),
            PartKind::Refusal(piece) => refusal.push_str(piece),
            PartKind::ToolCall { id, name, arguments } => calls.push((id, name, arguments)),
            // Without a signature it came from an upstream of this format, which may want it back.
            PartKind::Thinking { text, signature: None } => reasoning.push_str(text),
            // Signed for another provider: this one could not use it.
            PartKind::Thinking { .. } | PartKind::RedactedThinking(_) => drop_once(dropped, "thinking"),
            other => return Err(unsupported(other)),
        }
    }
    if text.is_empty() && refusal.is_empty() && calls.is_empty() && !message.parts.is_empty() {
        return Ok(());
    }
    w.begin_object();
    w.string_member("role", "assistant");
    if let Some(name) = &message.name {
        w.string_member("name", name);
    }
    if text.is_empty() && !(calls.is_empty() && refusal.is_empty()) {
        w.null_member("content");
    } else {
        w.string_member("content", &text);
    }
    if !refusal.is_empty() {
        w.string_member("refusal", &refusal);
    }
    if !reasoning.is_empty() {
        w.string_member("reasoning_content", &reasoning);
    }
    if !calls.is_empty() {
        w.key("tool_calls");
        w.begin_array();
        for (id, name, arguments) in calls {
            w.begin_object();
            w.string_member("id", id);
            w.string_member("type", "function");
            w.key("function");
            w.begin_object();
            w.string_member("name", name);
            w.string_member("arguments", if arguments.is_empty() { "{}" } else { arguments });
            w.end_object();
            w.end_object();
        }
        w.end_array();
    }
    w.end_object();
    Ok(())
}

/// All text of parts that must be text.
fn text_of<'a>(
    parts: impl IntoIterator<Item = &'a Part>,
    separator: &str,
    dropped: &mut Vec<String>,
) -> Result<String, Refusal> {
    let mut out = String::new();
    for part in parts {
        drop_mark(part, dropped);
        let (PartKind::Text(text) | PartKind::Refusal(text)) = &part.kind else {
            return Err(unsupported(&part.kind));
        };
        if !out.is_empty() {
            out.push_str(separator);
        }
        out.push_str(text);
    }
    Ok(out)
}

fn content_part(kind: &PartKind, w: &mut Writer) -> Result<(), Refusal> {
    w.begin_object();
    match kind {
        PartKind::Text(text) | PartKind::Refusal(text) => {
            w.string_member("type", "text");
            w.string_member("text", text);
        }
        PartKind::Image { source, detail } => {
            w.string_member("type", "image_url");
            w.key("image_url");
            w.begin_object();
            w.string_member("url", &url(source).ok_or_else(|| unsupported(kind))?);
            if let Some(detail) = detail {
                w.string_member("detail", detail);
            }
            w.end_object();
        }
        PartKind::Document { source, title } => {
            w.string_member("type", "file");
            w.key("file");
            w.begin_object();
            w.string_member("filename", title.as_deref().unwrap_or("document.pdf"));
            match source {
                MediaSource::Base64 { .. } => {
                    w.string_member("file_data", &url(source).ok_or_else(|| unsupported(kind))?);
                }
                MediaSource::Url(_) | MediaSource::File(_) => return Err(unsupported(kind)),
            }
            w.end_object();
        }
        PartKind::Audio { data, format } => {
            w.string_member("type", "input_audio");
            w.key("input_audio");
            w.begin_object();
            w.string_member("data", data);
            w.string_member("format", format);
            w.end_object();
        }
        other => return Err(unsupported(other)),
    }
    w.end_object();
    Ok(())
}

fn url(source: &MediaSource) -> Option<String> {
    match source {
        MediaSource::Url(url) => Some(url.clone()),
        MediaSource::Base64 { media_type, data } => {
            let mut url = String::with_capacity(media_type.len() + data.len() + 13);
            url.push_str("data:");
            url.push_str(media_type);
            url.push_str(";base64,");
            url.push_str(data);
            Some(url)
        }
        MediaSource::File(_) => None,
    }
}

fn unsupported(kind: &PartKind) -> Refusal {
    let what = match kind {
        PartKind::Image { .. } => "An image that is stored at another provider",
        PartKind::Document { .. } => "A document by URL or stored at another provider",
        PartKind::Audio { .. } => "Audio in this place",
        PartKind::ToolCall { .. } => "A tool call outside of an assistant's turn",
        PartKind::ToolResult { .. } => "A tool's result outside of a user's turn",
        PartKind::Thinking { .. } | PartKind::RedactedThinking(_) => {
            "Reasoning outside of an assistant's turn"
        }
        PartKind::Text(_) | PartKind::Refusal(_) | PartKind::Opaque(_) => "A content block of this kind",
    };
    let message = format!(
        "{what} cannot be sent to this model's target. Send text or inline data, or choose another model."
    );
    Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages")
}

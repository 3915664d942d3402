//! Turns written as messages. Serves the request writer. Results of tools must come before the rest of their
//! turn, directly behind the calls: the format demands it.

use crate::embeddings::base64;
use crate::json::Writer;
use crate::outgoing::{drop_mark, drop_once, is_media};
use gw_model::chat::{ChatRequest, MediaSource, Message, Part, PartKind, Role};
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

/// Writes the array of messages. `thinks` tells whether the model takes back what it thought.
pub(super) fn write(
    request: &ChatRequest,
    thinks: bool,
    w: &mut Writer,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    w.begin_array();
    if !request.system.is_empty() {
        instructions(&request.system, w, dropped)?;
    }
    for message in &request.messages {
        if message.name.is_some() {
            drop_once(dropped, "messages.name");
        }
        match message.role {
            Role::System => instructions(&message.parts, w, dropped)?,
            Role::User => user(message, w, dropped)?,
            Role::Assistant => assistant(message, thinks, w, dropped)?,
        }
    }
    w.end_array();
    Ok(())
}

fn instructions(parts: &[Part], w: &mut Writer, dropped: &mut Vec<String>) -> Result<(), Refusal> {
    if parts.iter().all(is_empty) {
        return Ok(());
    }
    w.begin_object();
    w.string_member("role", "system");
    w.key("content");
    texts(parts.iter().filter(|part| !is_empty(part)), "", w, dropped)?;
    w.end_object();
    Ok(())
}

fn user(message: &Message, w: &mut Writer, dropped: &mut Vec<String>) -> Result<(), Refusal> {
    let mut rest: Vec<&Part> = Vec::new();
    for part in &message.parts {
        if let PartKind::ToolResult { id, parts, is_error } = &part.kind {
            drop_mark(part, dropped);
            let (media, text): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(|p| is_media(p));
            w.begin_object();
            w.string_member("role", "tool");
            w.string_member("tool_call_id", id);
            w.key("content");
            texts(text.iter().copied(), error_mark(*is_error, &text), w, dropped)?;
            w.end_object();
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
                block(&part.kind, w)?;
            }
            w.end_array();
        }
    }
    w.end_object();
    Ok(())
}

/// The format has no mark for a tool that failed; the text says so, unless it does already.
fn error_mark(is_error: bool, parts: &[&Part]) -> &'static str {
    let says_so = matches!(parts.first(), Some(Part { kind: PartKind::Text(text), .. })
        if text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("error")));
    if is_error && !says_so { "Error: " } else { "" }
}

fn assistant(
    message: &Message,
    thinks: bool,
    w: &mut Writer,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    let mut content: Vec<(&str, &str)> = Vec::new();
    let mut calls: Vec<(&str, &str, &str)> = Vec::new();
    let mut plan = String::new();
    let has_calls = message.parts.iter().any(|part| matches!(part.kind, PartKind::ToolCall { .. }));
    for part in &message.parts {
        drop_mark(part, dropped);
        match &part.kind {
            PartKind::Text(text) | PartKind::Refusal(text) if text.is_empty() => {}
            PartKind::Text(text) | PartKind::Refusal(text) => content.push(("text", text)),
            PartKind::ToolCall { id, name, arguments } => calls.push((id, name, arguments)),
            // Without a signature it came from an upstream that wants it back as text.
            PartKind::Thinking { text, signature: None } if thinks => content.push(("thinking", text)),
            PartKind::Thinking { text, signature: None } if has_calls => plan.push_str(text),
            // Signed for another provider, or more than this model takes.
            PartKind::Thinking { .. } | PartKind::RedactedThinking(_) => {
                drop_once(dropped, "reasoning_content");
            }
            other => return Err(unsupported(other)),
        }
    }
    if content.is_empty() && calls.is_empty() {
        return Ok(());
    }
    w.begin_object();
    w.string_member("role", "assistant");
    if !plan.is_empty() {
        w.string_member("tool_plan", &plan);
    }
    match content.as_slice() {
        [] => {}
        [("text", text)] => w.string_member("content", text),
        blocks => {
            w.key("content");
            w.begin_array();
            for (kind, text) in blocks {
                w.begin_object();
                w.string_member("type", kind);
                w.string_member(kind, text);
                w.end_object();
            }
            w.end_array();
        }
    }
    write_calls(&calls, w);
    w.end_object();
    Ok(())
}

fn write_calls(calls: &[(&str, &str, &str)], w: &mut Writer) {
    if calls.is_empty() {
        return;
    }
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

/// Content of text only: a string for one part, blocks for several. `mark` goes before the first.
fn texts<'a>(
    parts: impl IntoIterator<Item = &'a Part>,
    mark: &'a str,
    w: &mut Writer,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    let mut found: Vec<Cow<'a, str>> = Vec::new();
    for part in parts {
        drop_mark(part, dropped);
        let (PartKind::Text(text) | PartKind::Refusal(text)) = &part.kind else {
            return Err(unsupported(&part.kind));
        };
        found.push(Cow::Borrowed(text));
    }
    match found.first_mut() {
        Some(first) if !mark.is_empty() => *first = Cow::Owned(format!("{mark}{first}")),
        Some(_) => {}
        None => found.push(Cow::Borrowed(mark.trim_end())),
    }
    if let [text] = found.as_slice() {
        w.string(text);
        return Ok(());
    }
    w.begin_array();
    for text in &found {
        text_block(text, w);
    }
    w.end_array();
    Ok(())
}

fn text_block(text: &str, w: &mut Writer) {
    w.begin_object();
    w.string_member("type", "text");
    w.string_member("text", text);
    w.end_object();
}

fn block(kind: &PartKind, w: &mut Writer) -> Result<(), Refusal> {
    match kind {
        PartKind::Text(text) | PartKind::Refusal(text) => text_block(text, w),
        PartKind::Image { source, detail } => {
            w.begin_object();
            w.string_member("type", "image_url");
            w.key("image_url");
            w.begin_object();
            w.string_member("url", &url(source).ok_or_else(|| unsupported(kind))?);
            if let Some(detail) = detail {
                w.string_member("detail", detail);
            }
            w.end_object();
            w.end_object();
        }
        PartKind::Document { source, title } => {
            let text = text_of(source).ok_or_else(|| unsupported(kind))?;
            match title {
                Some(title) => text_block(&format!("{title}\n\n{text}"), w),
                None => text_block(&text, w),
            }
        }
        other => return Err(unsupported(other)),
    }
    Ok(())
}

/// The text of a document that is text: the format takes no other files, and text as it is.
fn text_of(source: &MediaSource) -> Option<String> {
    let (media_type, data) = match source {
        MediaSource::Base64 { media_type, data } => (media_type.as_str(), data.as_str()),
        MediaSource::Url(url) => url.strip_prefix("data:")?.split_once(";base64,")?,
        MediaSource::File(_) => return None,
    };
    let kind = media_type.split(';').next().unwrap_or_default();
    let is_text = kind.starts_with("text/") || kind == "application/json";
    is_text.then(|| base64::decode(data)).flatten().and_then(|bytes| String::from_utf8(bytes).ok())
}

fn url(source: &MediaSource) -> Option<Cow<'_, str>> {
    match source {
        MediaSource::Url(url) => Some(Cow::Borrowed(url)),
        MediaSource::Base64 { media_type, data } => {
            let mut url = String::with_capacity(media_type.len() + data.len() + 13);
            url.push_str("data:");
            url.push_str(media_type);
            url.push_str(";base64,");
            url.push_str(data);
            Some(Cow::Owned(url))
        }
        MediaSource::File(_) => None,
    }
}

const fn is_empty(part: &Part) -> bool {
    matches!(&part.kind, PartKind::Text(text) if text.is_empty())
}

fn unsupported(kind: &PartKind) -> Refusal {
    let what = match kind {
        PartKind::Image { .. } => "An image in this place, or one that is stored at another provider,",
        PartKind::Document { .. } => "A document that is not inline text",
        PartKind::Audio { .. } => "Audio",
        PartKind::ToolCall { .. } => "A tool call outside of an assistant's turn",
        PartKind::ToolResult { .. } => "A tool's result outside of a user's turn",
        PartKind::Thinking { .. } | PartKind::RedactedThinking(_) => {
            "Reasoning outside of an assistant's turn"
        }
        PartKind::Text(_) | PartKind::Refusal(_) | PartKind::Opaque(_) => "A content block of this kind",
    };
    let message = format!(
        "{what} cannot be sent to this model's target. Send text or images, or choose another model."
    );
    Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages")
}

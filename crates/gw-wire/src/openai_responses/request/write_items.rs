//! Turns, written as items of the input. Serves the request writer. It must not change the order of what is said.

use super::write::Out;
use super::write_content::{self, unsupported};
use crate::json::Object;
use crate::json::cursor::DEPTH_CEILING;
use crate::openai_responses::{ids, items};
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, Json, Message, Part, PartKind, Role};
use std::borrow::Cow;

/// Writes `instructions` and `input`.
pub(super) fn write(request: &ChatRequest, out: &mut Out<'_>) -> Result<(), Refusal> {
    // A caching mark has its place in an item only.
    let as_item = out.keeps_marks && request.system.iter().any(|part| part.cache_control.is_some());
    if !request.system.is_empty() && !as_item {
        let text = text_of(&request.system, "\n\n", out)?;
        out.key("instructions");
        out.w.string(&text);
    }
    out.key("input");
    out.w.begin_array();
    if as_item {
        instructions(&request.system, out)?;
    }
    for message in &request.messages {
        if message.name.is_some() {
            out.drop("messages.name");
        }
        match message.role {
            Role::System => instructions(&message.parts, out)?,
            Role::User => user(message, out)?,
            Role::Assistant => assistant(message, out)?,
        }
    }
    out.w.end_array();
    Ok(())
}

fn begin_message(role: &str, out: &mut Out<'_>) {
    out.w.begin_object();
    out.w.string_member("role", role);
    out.w.key("content");
}

fn instructions(parts: &[Part], out: &mut Out<'_>) -> Result<(), Refusal> {
    begin_message("system", out);
    content(&parts.iter().collect::<Vec<_>>(), out)?;
    out.w.end_object();
    Ok(())
}

/// Content is a text where that is all there is.
fn content(parts: &[&Part], out: &mut Out<'_>) -> Result<(), Refusal> {
    match parts {
        [] => {
            out.w.string("");
            Ok(())
        }
        [Part { kind: PartKind::Text(text), cache_control: None }] => {
            out.w.string(text);
            Ok(())
        }
        parts => write_content::write(parts.iter().copied(), out),
    }
}

fn user(message: &Message, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut said: Vec<&Part> = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match &part.kind {
            PartKind::ToolResult { id, parts, is_error } => {
                speak("user", &mut said, out)?;
                if part.cache_control.is_some() {
                    out.drop("cache_control");
                }
                result(id, parts, *is_error, out)?;
            }
            PartKind::Opaque(raw) => {
                let kind = kind_of(raw);
                if kind.starts_with("input_") {
                    said.push(part);
                } else {
                    speak("user", &mut said, out)?;
                    item(raw, &kind, part, out)?;
                }
            }
            _ => said.push(part),
        }
    }
    if said.is_empty() && !message.parts.is_empty() {
        return Ok(());
    }
    begin_message("user", out);
    content(&said, out)?;
    out.w.end_object();
    Ok(())
}

/// Writes what was said so far, if anything, as a message.
fn speak(role: &str, said: &mut Vec<&Part>, out: &mut Out<'_>) -> Result<(), Refusal> {
    if said.is_empty() {
        return Ok(());
    }
    begin_message(role, out);
    content(said, out)?;
    out.w.end_object();
    said.clear();
    Ok(())
}

/// An item of this format that came through the intermediate form untouched.
fn item(raw: &Json, kind: &str, part: &Part, out: &mut Out<'_>) -> Result<(), Refusal> {
    // Another format has blocks of the same name, which are not sealed.
    let is_foreign = kind == "compaction" && !raw.get().contains("\"encrypted_content\"");
    if is_foreign || !items::is_item(kind) {
        return Err(unsupported(&part.kind));
    }
    out.w.raw(raw.get());
    Ok(())
}

fn result(id: &str, parts: &[Part], is_error: bool, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.w.begin_object();
    out.w.string_member("type", "function_call_output");
    out.w.string_member("call_id", id);
    out.w.key("output");
    if parts.iter().all(|part| matches!(part.kind, PartKind::Text(_) | PartKind::Refusal(_))) {
        let text = text_of(parts, "\n", out)?;
        let says_so = text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("error"));
        if is_error && !says_so {
            out.w.string(&format!("Error: {text}"));
        } else {
            out.w.string(&text);
        }
    } else {
        if let Some(odd) = parts.iter().find(|part| !is_output(part)) {
            return Err(unsupported(&odd.kind));
        }
        let notice = is_error.then(|| Part::text("Error:"));
        write_content::write(notice.iter().chain(parts), out)?;
    }
    out.w.end_object();
    Ok(())
}

/// Whether a part has a place in a tool's result.
fn is_output(part: &Part) -> bool {
    match &part.kind {
        PartKind::Text(_) | PartKind::Refusal(_) | PartKind::Image { .. } | PartKind::Document { .. } => true,
        PartKind::Opaque(raw) => kind_of(raw).starts_with("input_"),
        _ => false,
    }
}

fn assistant(message: &Message, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut said: Vec<&Part> = Vec::new();
    for part in &message.parts {
        if matches!(part.kind, PartKind::Text(_) | PartKind::Refusal(_)) {
            said.push(part);
            continue;
        }
        answer(&mut said, out);
        match &part.kind {
            PartKind::ToolCall { id, name, arguments } => {
                out.w.begin_object();
                out.w.string_member("type", "function_call");
                out.w.string_member("call_id", id);
                out.w.string_member("name", name);
                out.w.string_member("arguments", if arguments.is_empty() { "{}" } else { arguments });
                out.w.end_object();
            }
            PartKind::Thinking { text, signature } => thinking(text, signature.as_deref(), out),
            PartKind::RedactedThinking(data) => reasoning("", Some(data), out),
            PartKind::Opaque(raw) => item(raw, &kind_of(raw), part, out)?,
            other => return Err(unsupported(other)),
        }
    }
    if message.parts.is_empty() {
        begin_message("assistant", out);
        out.w.string("");
        out.w.end_object();
    }
    answer(&mut said, out);
    Ok(())
}

/// Writes what the model said so far, if anything, as a message.
fn answer(said: &mut Vec<&Part>, out: &mut Out<'_>) {
    if said.is_empty() {
        return;
    }
    begin_message("assistant", out);
    if let [Part { kind: PartKind::Text(text), .. }] = said.as_slice() {
        out.w.string(text);
    } else {
        out.w.begin_array();
        for part in said.iter() {
            out.w.begin_object();
            match &part.kind {
                PartKind::Refusal(text) => {
                    out.w.string_member("type", "refusal");
                    out.w.string_member("refusal", text);
                }
                PartKind::Text(text) => {
                    out.w.string_member("type", "output_text");
                    out.w.string_member("text", text);
                    out.w.raw_member("annotations", "[]");
                }
                _ => {}
            }
            out.w.end_object();
        }
        out.w.end_array();
    }
    out.w.end_object();
    if said.iter().any(|part| part.cache_control.is_some()) {
        out.drop("cache_control");
    }
    said.clear();
}

/// Reasoning with a signature goes back as it came. Without one it came from a model that shows its reasoning
/// in full, and may want it back; OpenAI's own models refuse it.
fn thinking(text: &str, signature: Option<&str>, out: &mut Out<'_>) {
    match signature {
        Some(signature) => reasoning(text, Some(&ids::sealed(text, signature)), out),
        None if takes_sealed_only(out.model) => out.drop("reasoning_content"),
        None => reasoning(text, None, out),
    }
}

fn reasoning(text: &str, sealed: Option<&str>, out: &mut Out<'_>) {
    let (holder, kind) = match sealed {
        Some(_) => ("summary", "summary_text"),
        None => ("content", "reasoning_text"),
    };
    out.w.begin_object();
    out.w.string_member("type", "reasoning");
    if sealed.is_none() {
        out.w.raw_member("summary", "[]");
    }
    out.w.key(holder);
    out.w.begin_array();
    if !text.is_empty() {
        out.w.begin_object();
        out.w.string_member("type", kind);
        out.w.string_member("text", text);
        out.w.end_object();
    }
    out.w.end_array();
    if let Some(sealed) = sealed {
        out.w.string_member("encrypted_content", sealed);
    }
    out.w.end_object();
}

/// Families whose models take reasoning back in sealed form only.
fn takes_sealed_only(model: &str) -> bool {
    let name = model.rsplit(['/', '.']).find(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()));
    let name = name.unwrap_or(model);
    let families = ["gpt-", "o1", "o3", "o4", "codex", "chatgpt"];
    families.iter().any(|family| name.starts_with(family)) && !name.starts_with("gpt-oss")
}

/// All text of parts that must be text.
fn text_of(parts: &[Part], separator: &str, out: &mut Out<'_>) -> Result<String, Refusal> {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        if part.cache_control.is_some() {
            out.drop("cache_control");
        }
        let (PartKind::Text(piece) | PartKind::Refusal(piece)) = &part.kind else {
            return Err(unsupported(&part.kind));
        };
        if index > 0 {
            text.push_str(separator);
        }
        text.push_str(piece);
    }
    Ok(text)
}

/// The `type` of JSON that is an object.
pub(super) fn kind_of(raw: &Json) -> String {
    Object::parse(raw.get().as_bytes(), DEPTH_CEILING)
        .ok()
        .and_then(|object| object.get("type")?.as_str().map(Cow::into_owned))
        .unwrap_or_default()
}

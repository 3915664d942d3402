//! Messages to contents: speakers alternate, results of tools come first in a user turn and name their calls,
//! instructions stand apart. Serves the request writer. It must not reorder what one speaker says otherwise,
//! nor send a signature that another provider made.

use super::media::{self, unsupported};
use super::reasoning::is_third;
use super::write::{Out, misplaced};
use crate::gemini::part::is_native;
use crate::gemini::signature::{self, Whose};
use crate::gemini::{arguments, ids};
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, MediaSource, Part, PartKind, Role};
use std::collections::{HashMap, VecDeque};

struct Turn<'a> {
    role: Role,
    parts: Vec<&'a Part>,
}

/// Writes `contents` and `systemInstruction`.
pub(super) fn write<'a>(request: &'a ChatRequest, out: &mut Out<'a>) -> Result<(), Refusal> {
    let mut system: Vec<&Part> = request.system.iter().collect();
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(request.messages.len());
    let mut names: HashMap<&str, &str> = HashMap::new();
    for message in &request.messages {
        if message.name.is_some() {
            out.drop_named("messages.name");
        }
        if message.role == Role::System {
            system.extend(&message.parts);
            continue;
        }
        match turns.last_mut().filter(|turn| turn.role == message.role) {
            Some(turn) => turn.parts.extend(&message.parts),
            None => turns.push(Turn { role: message.role, parts: message.parts.iter().collect() }),
        }
    }
    if turns.is_empty() {
        // Instructions alone are a prompt.
        turns.push(Turn { role: Role::User, parts: std::mem::take(&mut system) });
    }
    if !system.is_empty() {
        out.key("systemInstruction");
        out.w.begin_object();
        content(&Turn { role: Role::System, parts: system }, &names, out)?;
        out.w.end_object();
    }
    out.key("contents");
    out.w.begin_array();
    for turn in &mut turns {
        if turn.role == Role::User {
            turn.parts.sort_by_key(|part| !matches!(part.kind, PartKind::ToolResult { .. }));
        }
        // In order: where ids repeat, a result belongs to the latest call.
        for part in &turn.parts {
            if let PartKind::ToolCall { id, name, .. } = &part.kind {
                names.insert(id, name);
            }
        }
        out.w.begin_object();
        content(turn, &names, out)?;
        out.w.string_member("role", if turn.role == Role::Assistant { "model" } else { "user" });
        out.w.end_object();
    }
    out.w.end_array();
    Ok(())
}

fn content(turn: &Turn<'_>, names: &HashMap<&str, &str>, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.w.key("parts");
    out.w.begin_array();
    let mut written = Parts { count: 0, text_signature: None, call_signatures: VecDeque::new(), calls: 0 };
    if turn.role == Role::Assistant {
        for part in &turn.parts {
            note_mark(part, out);
            written.assistant(part, out)?;
        }
        written.text_signature_alone(out);
    } else {
        written.user(turn, names, out)?;
    }
    if written.count == 0 {
        // The API refuses a content without parts.
        text("", false, None, out);
    }
    out.w.end_array();
    Ok(())
}

/// The parts of one turn.
struct Parts<'a> {
    count: usize,
    /// A signature for the next text.
    text_signature: Option<&'a str>,
    /// Signatures for the next calls.
    call_signatures: VecDeque<&'a str>,
    calls: usize,
}

impl<'a> Parts<'a> {
    fn assistant(&mut self, part: &'a Part, out: &mut Out<'_>) -> Result<(), Refusal> {
        match &part.kind {
            PartKind::Text(words) | PartKind::Refusal(words) if words.is_empty() => return Ok(()),
            PartKind::Text(words) | PartKind::Refusal(words) => {
                text(words, false, self.text_signature.take(), out);
            }
            PartKind::Thinking { text: words, signature } => {
                if !words.is_empty() {
                    self.count += 1;
                    text(words, true, None, out);
                }
                match signature.as_deref().map(signature::whose) {
                    Some(Whose::Own { written, on_call: true }) => self.call_signatures.push_back(written),
                    Some(Whose::Own { written, on_call: false }) => {
                        self.text_signature_alone(out);
                        self.text_signature = Some(written);
                    }
                    Some(Whose::Foreign) => out.drop_named("thinking"),
                    None => {}
                }
                return Ok(());
            }
            // Hidden reasoning is another provider's: this format has signatures only.
            PartKind::RedactedThinking(_) => {
                out.drop_named("thinking");
                return Ok(());
            }
            PartKind::ToolCall { id, name, arguments } => {
                self.text_signature_alone(out);
                self.call(id, name, arguments, out);
            }
            PartKind::Opaque(raw) => native(raw.get(), out)?,
            kind @ PartKind::ToolResult { .. } => return Err(misplaced(kind)),
            media => write_media(media, out)?,
        }
        self.count += 1;
        Ok(())
    }

    /// A signature that no text follows stands on an empty one, as the API sends it.
    fn text_signature_alone(&mut self, out: &mut Out<'_>) {
        if let Some(signature) = self.text_signature.take() {
            self.count += 1;
            text("", false, Some(signature), out);
        }
    }

    fn call(&mut self, id: &str, name: &str, arguments: &str, out: &mut Out<'_>) {
        let mut signature = self.call_signatures.pop_front();
        // The third generation refuses a first call without signature, unless it is told not to look.
        if signature.is_none() && self.calls == 0 && is_third(out.model) {
            signature = Some(signature::UNCHECKED);
        }
        self.calls += 1;
        out.w.begin_object();
        out.w.key("functionCall");
        out.w.begin_object();
        if let Some(id) = ids::shown(id) {
            out.w.string_member("id", id);
        }
        out.w.string_member("name", name);
        out.w.raw_member("args", &arguments::object(arguments));
        out.w.end_object();
        if let Some(signature) = signature {
            out.w.string_member("thoughtSignature", signature);
        }
        out.w.end_object();
    }

    fn user(
        &mut self,
        turn: &Turn<'a>,
        names: &HashMap<&str, &str>,
        out: &mut Out<'_>,
    ) -> Result<(), Refusal> {
        // Media of a tool's answer that cannot stand in it follows behind all answers.
        let mut beside: Vec<&Part> = Vec::new();
        let results = turn.parts.iter().take_while(|part| matches!(part.kind, PartKind::ToolResult { .. }));
        let count = results.clone().count();
        for part in results {
            note_mark(part, out);
            let PartKind::ToolResult { id, parts, is_error } = &part.kind else { continue };
            let name = names.get(id.as_str()).copied().unwrap_or(id);
            result(id, name, parts, *is_error, &mut beside, out)?;
            self.count += 1;
        }
        for part in beside.iter().chain(turn.parts.iter().skip(count)) {
            note_mark(part, out);
            match &part.kind {
                PartKind::Text(words) | PartKind::Refusal(words) if words.is_empty() => continue,
                PartKind::Text(words) | PartKind::Refusal(words) => text(words, false, None, out),
                PartKind::Opaque(raw) => native(raw.get(), out)?,
                kind @ (PartKind::ToolCall { .. }
                | PartKind::ToolResult { .. }
                | PartKind::Thinking { .. }
                | PartKind::RedactedThinking(_)) => return Err(misplaced(kind)),
                media => write_media(media, out)?,
            }
            self.count += 1;
        }
        Ok(())
    }
}

fn result<'a>(
    id: &str,
    name: &str,
    parts: &'a [Part],
    is_error: bool,
    beside: &mut Vec<&'a Part>,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let mut words = String::new();
    let mut inside: Vec<&Part> = Vec::new();
    for part in parts {
        match &part.kind {
            PartKind::Text(text) | PartKind::Refusal(text) => {
                note_mark(part, out);
                if !words.is_empty() {
                    words.push('\n');
                }
                words.push_str(text);
            }
            PartKind::ToolCall { .. } | PartKind::ToolResult { .. } => return Err(misplaced(&part.kind)),
            PartKind::Thinking { .. } | PartKind::RedactedThinking(_) => return Err(misplaced(&part.kind)),
            kind if is_third(out.model) && fits_inside(kind) => inside.push(part),
            _ => beside.push(part),
        }
    }
    out.w.begin_object();
    out.w.key("functionResponse");
    out.w.begin_object();
    if let Some(id) = ids::shown(id) {
        out.w.string_member("id", id);
    }
    out.w.string_member("name", name);
    out.w.raw_member("response", &arguments::response(&words, is_error));
    if !inside.is_empty() {
        out.w.key("parts");
        out.w.begin_array();
        for part in inside {
            note_mark(part, out);
            write_media(&part.kind, out)?;
        }
        out.w.end_array();
    }
    out.w.end_object();
    out.w.end_object();
    Ok(())
}

/// What the third generation takes inside a tool's answer.
const fn fits_inside(kind: &PartKind) -> bool {
    matches!(
        kind,
        PartKind::Image { source: MediaSource::Base64 { .. }, .. }
            | PartKind::Document { source: MediaSource::Base64 { .. }, .. }
    )
}

fn text(text: &str, is_thought: bool, signature: Option<&str>, out: &mut Out<'_>) {
    out.w.begin_object();
    out.w.string_member("text", text);
    if is_thought {
        out.w.bool_member("thought", true);
    }
    if let Some(signature) = signature {
        out.w.string_member("thoughtSignature", signature);
    }
    out.w.end_object();
}

fn write_media(kind: &PartKind, out: &mut Out<'_>) -> Result<(), Refusal> {
    match kind {
        PartKind::Image { detail: Some(detail), .. } if detail != "auto" => {
            out.drop_named("image_url.detail");
        }
        PartKind::Document { title: Some(_), .. } => out.drop_named("file.filename"),
        _ => {}
    }
    out.w.begin_object();
    media::write(kind, &mut out.w)?;
    out.w.end_object();
    Ok(())
}

/// A part that only this format has, as the caller wrote it.
fn native(raw: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
    if !is_native(raw) {
        return Err(unsupported("A content part of a kind that only its own provider knows"));
    }
    out.w.raw(raw);
    Ok(())
}

/// The API caches by itself, or what was stored beforehand; marks are left out.
fn note_mark(part: &Part, out: &mut Out<'_>) {
    if part.cache_control.is_some() {
        out.drop_named("cache_control");
    }
}

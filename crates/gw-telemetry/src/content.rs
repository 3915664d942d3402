//! Prompts and answers in the form of the conventions' messages: what was asked and said, by role and in parts, as JSON. Texts are
//! cut so that no attribute gets larger than wanted: of a conversation the last messages stay, of a text its beginning. Whether
//! any of it may be told is decided elsewhere.

use gw_model::chat::{ChatRequest, MediaSource, Part, PartKind, Role};
use gw_model::event::{Event, FinishReason};
use serde_json::{Value, json};

/// What stands behind a text that was cut.
const CUT: &str = "[...]";
/// What a message or a part takes besides its texts, roughly.
const FRAME: usize = 64;

/// Attributes of a span, as JSON; empty where there is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What the model was told to be.
    pub system: String,
    /// The conversation.
    pub input: String,
    /// The answer.
    pub output: String,
}

/// Bytes that are left of an attribute.
struct Room(usize);

impl Room {
    const fn is_over(&self) -> bool {
        self.0 == 0
    }

    /// The text, as far as it fits.
    fn text(&mut self, text: &str) -> String {
        self.0 = self.0.saturating_sub(FRAME);
        // As JSON writes it, a byte may take six.
        let mut fits = 0;
        for (at, one) in text.char_indices() {
            let takes = match one {
                '"' | '\\' | '\n' | '\r' | '\t' => 2,
                '\u{0}'..='\u{1f}' => 6,
                _ => one.len_utf8(),
            };
            if takes > self.0 {
                self.0 = 0;
                return format!("{}{CUT}", text.get(..fits).unwrap_or_default());
            }
            self.0 -= takes;
            fits = at + one.len_utf8();
        }
        text.to_owned()
    }
}

/// What a request says, in at most about `max_bytes` for each attribute.
#[must_use]
pub fn asked(request: &ChatRequest, max_bytes: usize) -> Told {
    let mut room = Room(max_bytes);
    let system: Vec<Value> = request.system.iter().filter_map(|one| part(one, &mut room)).collect();
    let mut room = Room(max_bytes);
    let mut input = Vec::new();
    for message in request.messages.iter().rev() {
        if room.is_over() {
            break;
        }
        let role = match message.role {
            Role::User if message.parts.iter().all(|one| matches!(one.kind, PartKind::ToolResult { .. })) => {
                "tool"
            }
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::System => "system",
        };
        let parts: Vec<Value> = message.parts.iter().filter_map(|one| part(one, &mut room)).collect();
        let mut shown = json!({ "role": role, "parts": parts });
        if let Some(name) = &message.name {
            shown["name"] = room.text(name).into();
        }
        input.push(shown);
    }
    input.reverse();
    Told { system: written(&system), input: written(&input), output: String::new() }
}

/// What an answer says, one message for each choice.
#[must_use]
pub fn answered(events: &[Event], max_bytes: usize) -> String {
    let mut choices: Vec<Choice> = Vec::new();
    for event in events {
        let (choice, said) = match event {
            Event::Text { choice, block, text } => (*choice, Said::piece("text", *block, text)),
            Event::Thinking { choice, block, text } => (*choice, Said::piece("reasoning", *block, text)),
            Event::Refusal { choice, block, text } => (*choice, Said::piece("text", *block, text)),
            Event::ToolStart { choice, block, id, name } => {
                let call = Said {
                    kind: "tool_call",
                    block: *block,
                    id: id.clone(),
                    name: name.clone(),
                    text: String::new(),
                };
                (*choice, call)
            }
            Event::ToolArguments { choice, block, json } => {
                let known = choices.iter_mut().find(|one| one.number == *choice);
                let calls = known.into_iter().flat_map(|one| &mut one.said);
                if let Some(call) = calls.filter(|one| one.block == *block && one.kind == "tool_call").last()
                {
                    call.text.push_str(json);
                }
                continue;
            }
            Event::Finish { choice, reason } => {
                if let Some(choice) = of(&mut choices, *choice) {
                    choice.finish = finish(reason);
                }
                continue;
            }
            _ => continue,
        };
        let Some(choice) = of(&mut choices, choice) else { continue };
        match choice.said.last_mut() {
            Some(last) if said.kind != "tool_call" && (last.kind, last.block) == (said.kind, said.block) => {
                last.text.push_str(&said.text);
            }
            _ => choice.said.push(said),
        }
    }
    let mut room = Room(max_bytes);
    let shown: Vec<Value> = choices.iter().map(|choice| choice.shown(&mut room)).collect();
    written(&shown)
}

struct Choice {
    number: u32,
    said: Vec<Said>,
    finish: String,
}

struct Said {
    kind: &'static str,
    block: u32,
    id: String,
    name: String,
    text: String,
}

impl Said {
    fn piece(kind: &'static str, block: u32, text: &str) -> Self {
        Self { kind, block, id: String::new(), name: String::new(), text: text.to_owned() }
    }
}

/// The choice of that number, which there is then.
fn of(choices: &mut Vec<Choice>, number: u32) -> Option<&mut Choice> {
    let known = choices.iter().position(|one| one.number == number);
    if known.is_none() {
        choices.push(Choice { number, said: Vec::new(), finish: "stop".to_owned() });
    }
    match known {
        Some(at) => choices.get_mut(at),
        None => choices.last_mut(),
    }
}

impl Choice {
    fn shown(&self, room: &mut Room) -> Value {
        let part = |said: &Said| match said.kind {
            "tool_call" => call(&said.id, &said.name, &said.text, room),
            kind => json!({ "type": kind, "content": room.text(&said.text) }),
        };
        let parts: Vec<Value> = self.said.iter().map(part).collect();
        json!({ "role": "assistant", "parts": parts, "finish_reason": self.finish })
    }
}

/// In the conventions' words.
fn finish(reason: &FinishReason) -> String {
    match reason {
        FinishReason::Stop | FinishReason::StopSequence(_) => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_call",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Pause => "pause",
        FinishReason::Other(other) => crate::attributes::cut(other),
    }
    .to_owned()
}

fn part(part: &Part, room: &mut Room) -> Option<Value> {
    if room.is_over() {
        return None;
    }
    Some(match &part.kind {
        PartKind::Text(text) | PartKind::Refusal(text) => {
            json!({ "type": "text", "content": room.text(text) })
        }
        PartKind::Thinking { text, .. } => json!({ "type": "reasoning", "content": room.text(text) }),
        PartKind::ToolCall { id, name, arguments } => call(id, name, arguments, room),
        PartKind::ToolResult { id, parts, .. } => {
            let texts = parts.iter().filter_map(|one| match &one.kind {
                PartKind::Text(text) => Some(text.as_str()),
                _ => None,
            });
            let all = texts.collect::<Vec<_>>().join("\n");
            json!({ "type": "tool_call_response", "id": room.text(id), "response": room.text(&all) })
        }
        PartKind::Image { source, .. } => media("image", source, room),
        PartKind::Document { source, .. } => media("document", source, room),
        // What it sounds like is not told, nor what cannot be read.
        PartKind::Audio { .. } => json!({ "type": "omitted", "modality": "audio" }),
        PartKind::RedactedThinking(_) | PartKind::Opaque(_) => return None,
    })
}

/// Where media is; never the bytes themselves.
fn media(modality: &str, source: &MediaSource, room: &mut Room) -> Value {
    match source {
        MediaSource::Url(url) if !url.starts_with("data:") => {
            json!({ "type": "uri", "modality": modality, "uri": room.text(url) })
        }
        MediaSource::File(id) => json!({ "type": "file", "modality": modality, "file_id": room.text(id) }),
        _ => json!({ "type": "omitted", "modality": modality }),
    }
}

fn call(id: &str, name: &str, arguments: &str, room: &mut Room) -> Value {
    let (id, name) = (room.text(id), room.text(name));
    let text = room.text(arguments);
    // What a model wrote wrongly, or was cut, is told as text.
    let arguments: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    json!({ "type": "tool_call", "id": id, "name": name, "arguments": arguments })
}

fn written(list: &[Value]) -> String {
    if list.is_empty() { String::new() } else { Value::from(list).to_string() }
}

#[cfg(test)]
mod tests;

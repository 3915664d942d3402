//! The state of one session and its answers to the client's events. It must not touch the connection.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};

use super::events::{self, Outgoing};
use super::run::Opened;
use crate::emulator::Shared;
use crate::fault::Faults;
use crate::tokens;

/// Bytes of base64 for one token of the caller's sound: 24 kHz of 16 bits, ten tokens a second.
const BASE64_PER_TOKEN: usize = 6_400;

/// Most items of a conversation that are kept.
const MAX_ITEMS: usize = 4096;

/// See the module.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) model: String,
    pub(super) faults: Faults,
    pub(super) beta: bool,
    pub(super) settings: Value,
    pub(super) items: Vec<Value>,
    /// Tokens of all items: text, sound.
    pub(super) context: (u64, u64),
    /// Base64 bytes of sound that are not committed yet.
    buffered: usize,
    pub(super) queue: VecDeque<Outgoing>,
    /// What the response under way has generated: text, sound.
    generated: (u64, u64),
    serial: u64,
    number: u64,
}

impl Session {
    pub(super) fn new(opened: Opened) -> Self {
        let Opened { shared, model, faults, beta } = opened;
        let serial = shared.next_serial();
        let settings = events::session(&format!("sess_emu{serial:012x}"), &model, beta);
        let mut session = Self {
            shared,
            model,
            faults,
            beta,
            settings,
            items: Vec::new(),
            context: (0, 0),
            buffered: 0,
            queue: VecDeque::new(),
            generated: (0, 0),
            serial,
            number: 0,
        };
        session.say("session.created", json!({"session": session.settings}));
        session
    }

    /// An id that no other has.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.number += 1;
        format!("{prefix}_emu{:012x}{:04x}", self.serial, self.number)
    }

    pub(super) fn event(&mut self, kind: &str, members: Value) -> Value {
        let id = self.id("event");
        events::event(&events::name(kind, self.beta), id, members)
    }

    /// Sends an event outside of any response.
    pub(super) fn say(&mut self, kind: &str, members: Value) {
        let value = self.event(kind, members);
        self.queue.push_back(Outgoing::plain(value));
    }

    pub(super) fn has_events(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The next event to send; what it says is billed.
    pub(super) fn next_event(&mut self) -> Option<Outgoing> {
        let mut next = self.queue.pop_front()?;
        let (text, audio) = next.tokens;
        self.generated.0 += text;
        self.generated.1 += audio;
        if text + audio > 0 {
            self.shared.counters.bill_output(text + audio);
            self.shared.counters.bill_model(&self.model, 0, text + audio);
        }
        if next.is_end {
            let usage = self.usage();
            if let Some(slot) = next.value.pointer_mut("/response/usage") {
                *slot = usage;
            }
            self.context.0 += self.generated.0;
            self.context.1 += self.generated.1;
            self.generated = (0, 0);
        }
        Some(next)
    }

    fn usage(&self) -> Value {
        if self.faults.no_usage {
            return Value::Null;
        }
        let (text, audio) = self.context;
        let (text_out, audio_out) = self.generated;
        let cached = self.faults.cached_tokens.unwrap_or(0).min(text + audio);
        let cached_text = cached.min(text);
        json!({
            "total_tokens": text + audio + text_out + audio_out,
            "input_tokens": text + audio,
            "output_tokens": text_out + audio_out,
            "input_token_details": {"text_tokens": text, "audio_tokens": audio, "image_tokens": 0,
                "cached_tokens": cached, "cached_tokens_details":
                    {"text_tokens": cached_text, "audio_tokens": cached - cached_text, "image_tokens": 0}},
            "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out}
        })
    }

    /// The error that a fault asks for.
    pub(super) fn failure(&mut self) -> Value {
        let error =
            events::error("server_error", "server_error", "Emulated error in the session.", None, None);
        self.event("error", json!({"error": error}))
    }

    fn refuse(&mut self, code: &str, message: &str, param: Option<&str>, caused_by: Option<&str>) {
        let error = events::error("invalid_request_error", code, message, param, caused_by);
        self.say("error", json!({"error": error}));
    }

    /// Takes an event of the client.
    pub(super) fn take(&mut self, text: &str) {
        let Ok(event) = serde_json::from_str::<Value>(text) else {
            return self.refuse("invalid_json", "The event could not be parsed as JSON.", None, None);
        };
        let caused_by = event.get("event_id").and_then(Value::as_str);
        match event.get("type").and_then(Value::as_str).unwrap_or_default() {
            "session.update" | "transcription_session.update" => self.update(&event, caused_by),
            "conversation.item.create" => match event.get("item") {
                Some(item @ Value::Object(_)) => self.add_item(item.clone()),
                _ => self.refuse("missing_required_parameter", "Missing: 'item'.", Some("item"), caused_by),
            },
            "conversation.item.delete" => {
                let id = event.get("item_id").cloned().unwrap_or_default();
                self.items.retain(|item| item.get("id") != Some(&id));
                self.say("conversation.item.deleted", json!({"item_id": id}));
            }
            "input_audio_buffer.append" => {
                self.buffered += event.get("audio").and_then(Value::as_str).map_or(0, str::len);
                if self.detects_turns() {
                    self.say("input_audio_buffer.speech_started", json!({"audio_start_ms": 0}));
                    self.say("input_audio_buffer.speech_stopped", json!({"audio_end_ms": 100}));
                    self.commit();
                    self.respond(&Value::Null);
                }
            }
            "input_audio_buffer.commit" if self.buffered == 0 => {
                self.refuse("input_audio_buffer_commit_empty", "The buffer is empty.", None, caused_by);
            }
            "input_audio_buffer.commit" => self.commit(),
            "input_audio_buffer.clear" => {
                self.buffered = 0;
                self.say("input_audio_buffer.cleared", json!({}));
            }
            "response.create" if self.is_responding() => {
                let text = "Conversation already has an active response.";
                self.refuse("conversation_already_has_active_response", text, None, caused_by);
            }
            "response.create" => self.respond(event.get("response").unwrap_or(&Value::Null)),
            "response.cancel" => self.cancel(caused_by),
            other => {
                let text = format!("Invalid value: '{other}'.");
                self.refuse("invalid_value", &text, Some("type"), caused_by);
            }
        }
    }

    fn update(&mut self, event: &Value, caused_by: Option<&str>) {
        let Some(change) = event.get("session").and_then(Value::as_object) else {
            return self.refuse(
                "missing_required_parameter",
                "Missing: 'session'.",
                Some("session"),
                caused_by,
            );
        };
        let named = change.get("model").and_then(Value::as_str);
        if named.is_some_and(|model| model != self.model) {
            let text = "The model of a session cannot be changed.";
            return self.refuse("cannot_update_model", text, Some("session.model"), caused_by);
        }
        for (name, value) in change {
            merge(&mut self.settings[name.as_str()], value);
        }
        self.say("session.updated", json!({"session": self.settings}));
    }

    fn detects_turns(&self) -> bool {
        let at = |pointer: &str| self.settings.pointer(pointer).is_some_and(Value::is_object);
        at("/audio/input/turn_detection") || at("/turn_detection")
    }

    fn transcription_model(&self) -> Option<String> {
        let at =
            |pointer: &str| self.settings.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
        at("/audio/input/transcription/model").or_else(|| at("/input_audio_transcription/model"))
    }

    /// Adds an item of the client to the conversation.
    fn add_item(&mut self, mut item: Value) {
        if item.get("id").is_none() {
            item["id"] = self.id("item").into();
        }
        item["object"] = "realtime.item".into();
        item["status"] = "completed".into();
        let previous = self.items.last().and_then(|last| last.get("id")).cloned();
        self.context.0 += tokens::MESSAGE_TOKENS + tokens::count(&super::speech::text_of(&item));
        self.keep(item.clone());
        self.say("conversation.item.added", json!({"previous_item_id": previous, "item": item}));
        if !self.beta {
            self.say("conversation.item.done", json!({"previous_item_id": previous, "item": item}));
        }
    }

    pub(super) fn keep(&mut self, item: Value) {
        if self.items.len() < MAX_ITEMS {
            self.items.push(item);
        }
    }

    /// Makes an item of the sound that was sent, and writes it down when asked to.
    fn commit(&mut self) {
        let audio = std::mem::take(&mut self.buffered);
        let audio_tokens = audio.div_ceil(BASE64_PER_TOKEN) as u64;
        let id = self.id("item");
        let previous = self.items.last().and_then(|last| last.get("id")).cloned();
        self.say("input_audio_buffer.committed", json!({"previous_item_id": previous, "item_id": id}));
        let item = json!({"id": id, "object": "realtime.item", "type": "message", "role": "user",
            "status": "completed", "content": [{"type": "input_audio", "transcript": null}]});
        self.context.0 += tokens::MESSAGE_TOKENS;
        self.context.1 += audio_tokens;
        self.keep(item.clone());
        self.say("conversation.item.added", json!({"previous_item_id": previous, "item": item}));
        let Some(model) = self.transcription_model() else { return };
        let transcript = "something was said";
        let kind = "conversation.item.input_audio_transcription";
        let (text, place) = (tokens::count(transcript), json!({"item_id": id, "content_index": 0}));
        let with = |mut members: Value, name: &str, value: Value| {
            members[name] = value;
            members
        };
        self.say(&format!("{kind}.delta"), with(place.clone(), "delta", transcript.into()));
        let usage = if model.starts_with("whisper") {
            json!({"type": "duration", "seconds": audio.div_ceil(64_000)})
        } else {
            json!({"type": "tokens", "total_tokens": audio_tokens + text, "input_tokens": audio_tokens,
                "output_tokens": text, "input_token_details": {"text_tokens": 0, "audio_tokens": audio_tokens}})
        };
        let completed = with(with(place, "transcript", transcript.into()), "usage", usage);
        self.say(&format!("{kind}.completed"), completed);
    }

    fn is_responding(&self) -> bool {
        self.queue.iter().any(|event| event.of_response)
    }

    fn cancel(&mut self, caused_by: Option<&str>) {
        let Some(end) = self.queue.iter().rposition(|event| event.is_end) else {
            let text = "Cancellation failed: no active response found.";
            return self.refuse("response_cancel_not_active", text, None, caused_by);
        };
        let end = self.queue.remove(end);
        self.queue.retain(|event| !event.of_response);
        if let Some(mut end) = end {
            end.value["response"]["status"] = "cancelled".into();
            end.value["response"]["status_details"] =
                json!({"type": "cancelled", "reason": "client_cancelled"});
            self.queue.push_back(end);
        }
    }
}

/// Takes over what is given, member by member.
fn merge(old: &mut Value, new: &Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in new {
                merge(old.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (old, new) => new.clone_into(old),
    }
}

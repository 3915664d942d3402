//! Responses: what is said, as text, sound or a call of a function, in the order of events that the real service has.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::events::Outgoing;
use super::session::Session;
use crate::prompt::{Prompt, Tool, ToolChoice};
use crate::reply::{self, ToolCall};
use crate::tokens;

/// Bytes of silence that go with a piece of text: a tenth of a second, two tokens.
const SILENCE_BYTES: usize = 4_800;

/// Tokens of that.
const SILENCE_TOKENS: u64 = 2;

/// All text in an item.
pub(super) fn text_of(item: &Value) -> String {
    let output = item.get("output").and_then(Value::as_str).unwrap_or_default();
    let parts = item.get("content").and_then(Value::as_array).into_iter().flatten();
    let texts = parts.filter_map(|part| part.get("text").or_else(|| part.get("transcript"))?.as_str());
    texts.chain([output]).collect::<Vec<_>>().concat()
}

impl Session {
    /// Makes a response; `asked` is what the client wants of it.
    pub(super) fn respond(&mut self, asked: &Value) {
        let member = |session: &Self, name: &str| {
            asked.get(name).filter(|v| !v.is_null()).or_else(|| session.settings.get(name)).cloned()
        };
        let modalities = if self.beta { "modalities" } else { "output_modalities" };
        let modalities = member(self, modalities).unwrap_or_default();
        let speaks = modalities.as_array().is_some_and(|list| list.iter().any(|m| m == "audio"));
        let (input, sound) = self.context;
        self.shared.counters.bill_input(input + sound);
        self.shared.counters.bill_model(&self.model, input + sound, 0);
        let bound = member(self, "max_output_tokens").or_else(|| member(self, "max_response_output_tokens"));
        let reply = reply::compose(&self.prompt(bound.as_ref(), &member(self, "tools")), &self.faults, 0);
        let id = self.id("resp");
        let head = json!({"object": "realtime.response", "id": id, "status": "in_progress", "status_details": null,
            "output": [], "conversation_id": "conv_emu", "output_modalities": modalities,
            "max_output_tokens": bound, "usage": null, "metadata": asked.get("metadata")});
        self.respond_event("response.created", json!({"response": head}), (0, 0));
        let mut output = Vec::new();
        if !reply.text.is_empty() || reply.calls.is_empty() {
            output.push(self.message(&id, &reply.text, speaks, bound.is_some_and(|b| b.is_u64())));
        }
        for call in &reply.calls {
            let index = output.len();
            output.push(self.call(&id, index, call));
        }
        let mut done = head;
        done["status"] = "completed".into();
        done["output"] = output.into();
        let value = self.event("response.done", json!({"response": done}));
        self.queue.push_back(Outgoing { value, of_response: true, tokens: (0, 0), is_end: true });
        let limits = json!([{"name": "requests", "limit": 1000, "remaining": 999, "reset_seconds": 0.1},
            {"name": "tokens", "limit": 50000, "remaining": 49000, "reset_seconds": 0.2}]);
        self.say("rate_limits.updated", json!({"rate_limits": limits}));
    }

    fn respond_event(&mut self, kind: &str, members: Value, tokens: (u64, u64)) {
        let value = self.event(kind, members);
        self.queue.push_back(Outgoing { value, of_response: true, tokens, is_end: false });
    }

    fn prompt(&self, bound: Option<&Value>, tools: &Option<Value>) -> Prompt {
        let is_user = |item: &&Value| item.get("role").and_then(Value::as_str) == Some("user");
        let last = self.items.iter().rfind(is_user).map(text_of).unwrap_or_default();
        let results = self.items.iter().rev().take_while(|item| item["type"] == "function_call_output");
        let list = tools.as_ref().and_then(Value::as_array).into_iter().flatten();
        let tools = list.filter(|tool| tool["type"] == "function").filter_map(|tool| {
            let schema = tool.get("parameters").cloned().unwrap_or_default();
            Some(Tool { name: tool.get("name")?.as_str()?.to_owned(), schema })
        });
        let tool_results: Vec<String> = results.map(text_of).collect();
        Prompt {
            model: self.model.clone(),
            user_text: last,
            tools: if tool_results.is_empty() { tools.collect() } else { Vec::new() },
            choice: ToolChoice::Auto,
            tool_results,
            max_tokens: bound.and_then(Value::as_u64),
            ..Prompt::default()
        }
    }

    /// A message, spoken or written. Where the output is bounded, the sound costs nothing: the bound is the text's.
    fn message(&mut self, response: &str, text: &str, speaks: bool, is_bounded: bool) -> Value {
        let id = self.id("item");
        let place = json!({"response_id": response, "item_id": id, "output_index": 0, "content_index": 0});
        let mut item = json!({"id": id, "object": "realtime.item", "type": "message", "status": "in_progress",
            "role": "assistant", "content": []});
        self.begin(response, 0, &item);
        let part = if speaks {
            json!({"type": "audio", "transcript": ""})
        } else {
            json!({"type": "text", "text": ""})
        };
        self.respond_event("response.content_part.added", with(&place, "part", part), (0, 0));
        let words = if speaks { "response.output_audio_transcript" } else { "response.output_text" };
        let frames = if self.faults.huge_bytes.is_some() { Some(1) } else { self.faults.frames };
        let pieces: Vec<(String, u64)> = tokens::groups(text, frames)
            .into_iter()
            .map(|(piece, count)| (piece.to_owned(), count))
            .collect();
        for (piece, count) in pieces {
            self.respond_event(&format!("{words}.delta"), with(&place, "delta", piece.into()), (count, 0));
            if speaks {
                let sound = STANDARD.encode(vec![0; SILENCE_BYTES]);
                let tokens = if is_bounded { 0 } else { SILENCE_TOKENS };
                self.respond_event(
                    "response.output_audio.delta",
                    with(&place, "delta", sound.into()),
                    (0, tokens),
                );
            }
        }
        let part = if speaks {
            self.respond_event("response.output_audio.done", place.clone(), (0, 0));
            self.respond_event(&format!("{words}.done"), with(&place, "transcript", text.into()), (0, 0));
            json!({"type": "output_audio", "transcript": text})
        } else {
            self.respond_event(&format!("{words}.done"), with(&place, "text", text.into()), (0, 0));
            json!({"type": "output_text", "text": text})
        };
        self.respond_event("response.content_part.done", with(&place, "part", part.clone()), (0, 0));
        item["status"] = "completed".into();
        item["content"] = json!([part]);
        self.finish(response, 0, &item);
        item
    }

    fn call(&mut self, response: &str, index: usize, call: &ToolCall) -> Value {
        let (id, call_id) = (self.id("item"), self.id("call"));
        let mut item = json!({"id": id, "object": "realtime.item", "type": "function_call", "status": "in_progress",
            "name": call.name, "call_id": call_id, "arguments": ""});
        self.begin(response, index, &item);
        let place =
            json!({"response_id": response, "item_id": id, "output_index": index, "call_id": call_id});
        let cost = tokens::count(&call.arguments) + reply::call_name_tokens(call);
        let kind = "response.function_call_arguments";
        self.respond_event(
            &format!("{kind}.delta"),
            with(&place, "delta", call.arguments.as_str().into()),
            (cost, 0),
        );
        let done = with(
            &with(&place, "arguments", call.arguments.as_str().into()),
            "name",
            call.name.as_str().into(),
        );
        self.respond_event(&format!("{kind}.done"), done, (0, 0));
        item["status"] = "completed".into();
        item["arguments"] = call.arguments.as_str().into();
        self.finish(response, index, &item);
        item
    }

    fn begin(&mut self, response: &str, index: usize, item: &Value) {
        let added = json!({"response_id": response, "output_index": index, "item": item});
        self.respond_event("response.output_item.added", added, (0, 0));
        let previous = self.items.last().and_then(|last| last.get("id")).cloned();
        self.respond_event(
            "conversation.item.added",
            json!({"previous_item_id": previous, "item": item}),
            (0, 0),
        );
    }

    fn finish(&mut self, response: &str, index: usize, item: &Value) {
        let done = json!({"response_id": response, "output_index": index, "item": item});
        self.respond_event("response.output_item.done", done, (0, 0));
        if !self.beta {
            let previous = self.items.last().and_then(|last| last.get("id")).cloned();
            self.respond_event(
                "conversation.item.done",
                json!({"previous_item_id": previous, "item": item}),
                (0, 0),
            );
        }
        self.keep(item.clone());
    }
}

fn with(members: &Value, name: &str, value: Value) -> Value {
    let mut members = members.clone();
    members[name] = value;
    members
}

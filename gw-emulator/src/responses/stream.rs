//! A response as a stream of numbered events in the order of the real service: `response.created` and
//! `response.in_progress`, per item its start, parts, deltas and ends, and the closing event with the whole
//! response. It must not read requests.

use serde_json::{Value, json};

use super::answer::{Response, summary_part, text_part};
use crate::answer::{Answer, Content};
use crate::play::Frames;
use crate::reply::{ToolCall, call_name_tokens};
use crate::tokens;

/// The stream of a response.
pub(crate) fn answer(response: &Response<'_>) -> Answer {
    let mut writer = Writer { frames: response.cx.frames(), index: 0, response };
    for kind in ["response.created", "response.in_progress"] {
        writer.event(kind, json!({"response": response.started()}), 0);
    }
    if let Some(thinking) = &response.reply.thinking {
        writer.reasoning(thinking);
    }
    if response.has_message() {
        writer.message(&response.reply.text);
    }
    for (part, call) in response.reply.calls.iter().enumerate() {
        writer.call(part, call);
    }
    let kind = match response.outcome().status.as_str() {
        "failed" => "response.failed",
        "incomplete" => "response.incomplete",
        _ => "response.completed",
    };
    writer.event(kind, json!({"response": response.finished()}), 0);
    Answer {
        content: Content::Stream(writer.frames),
        input_tokens: response.request.prompt.input_tokens,
        output_tokens: response.cx.faults.reasoning_tokens.unwrap_or(0),
    }
}

struct Writer<'a> {
    frames: Frames,
    /// Index of the item being written.
    index: usize,
    response: &'a Response<'a>,
}

impl Writer<'_> {
    /// Writes an event; its number is that of the frames before it.
    fn event(&mut self, kind: &str, mut body: Value, tokens: u64) {
        body["type"] = json!(kind);
        body["sequence_number"] = json!(self.frames.len());
        self.frames.event(Some(kind), &[&body.to_string()], tokens);
    }

    fn item(&mut self, kind: &str, item: &Value, tokens: u64) {
        self.event(kind, json!({"output_index": self.index, "item": item}), tokens);
    }

    /// An event about a part of the current item; `more` holds what is special about it.
    fn part(&mut self, kind: &str, item_id: &str, place: &str, more: (&str, Value), tokens: u64) {
        let mut body = json!({"item_id": item_id, "output_index": self.index});
        if !place.is_empty() {
            body[place] = json!(0);
        }
        if kind.starts_with("response.output_text") {
            body["logprobs"] = json!([]);
        }
        body[more.0] = more.1;
        self.event(kind, body, tokens);
    }

    fn reasoning(&mut self, thinking: &str) {
        let (id, place) = (self.response.item_id("rs_", 0), "summary_index");
        let kind = |name: &str| format!("response.reasoning_summary_{name}");
        self.item("response.output_item.added", &self.response.reasoning(None), 0);
        self.part(&kind("part.added"), &id, place, ("part", summary_part("")), 0);
        for (text, tokens) in tokens::groups(thinking, None) {
            self.part(&kind("text.delta"), &id, place, ("delta", json!(text)), tokens);
        }
        self.part(&kind("text.done"), &id, place, ("text", json!(thinking)), 0);
        self.part(&kind("part.done"), &id, place, ("part", summary_part(thinking)), 0);
        self.item("response.output_item.done", &self.response.reasoning(Some(thinking)), 0);
        self.index += 1;
    }

    fn message(&mut self, full: &str) {
        let (id, place) = (self.response.item_id("msg_", 0), "content_index");
        let opened = self.response.message("in_progress", Vec::new());
        self.item("response.output_item.added", &opened, 0);
        self.part("response.content_part.added", &id, place, ("part", text_part("")), 0);
        for (text, tokens) in tokens::groups(full, self.response.cx.frame_count()) {
            self.part("response.output_text.delta", &id, place, ("delta", json!(text)), tokens);
        }
        self.part("response.output_text.done", &id, place, ("text", json!(full)), 0);
        self.part("response.content_part.done", &id, place, ("part", text_part(full)), 0);
        let closed = self.response.message(self.response.item_status(), vec![text_part(full)]);
        self.item("response.output_item.done", &closed, 0);
        self.index += 1;
    }

    fn call(&mut self, part: usize, call: &ToolCall) {
        let id = self.response.item_id("fc_", part);
        let kind = |name: &str| format!("response.function_call_arguments.{name}");
        let opened = self.response.call(part, call, "", "in_progress");
        self.item("response.output_item.added", &opened, call_name_tokens(call));
        for (text, tokens) in tokens::groups(&call.arguments, None) {
            self.part(&kind("delta"), &id, "", ("delta", json!(text)), tokens);
        }
        self.part(&kind("done"), &id, "", ("arguments", json!(call.arguments)), 0);
        let closed = self.response.call(part, call, &call.arguments, self.response.item_status());
        self.item("response.output_item.done", &closed, 0);
        self.index += 1;
    }
}

//! Messages as a stream of named events in the order of the real service: `message_start`, per block
//! `content_block_start`, deltas, `content_block_stop`, a `ping` after the first start, then
//! `message_delta` with the final usage and `message_stop`. It must not read requests.

use serde_json::{Value, json};

use super::messages::{Message, signature};
use crate::answer::{Answer, Content};
use crate::play::Frames;
use crate::reply::call_name_tokens;
use crate::tokens;

/// Output tokens that `message_start` reports, as the real service counts ahead.
const FIRST_OUTPUT_TOKENS: u64 = 1;

/// The stream of a message.
pub(crate) fn answer(message: &Message<'_>) -> Answer {
    let mut writer = Writer { frames: message.cx.frames(), index: 0 };
    writer.start(message);
    let reply = message.reply;
    if let Some(thinking) = &reply.thinking {
        writer.open(&json!({"type": "thinking", "thinking": "", "signature": ""}), 0);
        for (text, tokens) in tokens::groups(thinking, None) {
            writer.delta("{\"type\":\"thinking_delta\",\"thinking\":", text, tokens);
        }
        writer.delta("{\"type\":\"signature_delta\",\"signature\":", &signature(thinking), 0);
        writer.close();
    }
    if !reply.text.is_empty() {
        writer.open(&json!({"type": "text", "text": ""}), 0);
        for (text, tokens) in tokens::groups(&reply.text, message.cx.frame_count()) {
            writer.delta("{\"type\":\"text_delta\",\"text\":", text, tokens);
        }
        writer.close();
    }
    for (part, call) in reply.calls.iter().enumerate() {
        let block = json!({"type": "tool_use", "id": message.call_id(part), "name": call.name, "input": {}});
        writer.open(&block, call_name_tokens(call));
        writer.delta("{\"type\":\"input_json_delta\",\"partial_json\":", "", 0);
        for (text, tokens) in tokens::groups(&call.arguments, None) {
            writer.delta("{\"type\":\"input_json_delta\",\"partial_json\":", text, tokens);
        }
        writer.close();
    }
    writer.end(message);
    Answer { content: Content::Stream(writer.frames), input_tokens: message.input_tokens, output_tokens: 0 }
}

struct Writer {
    frames: Frames,
    index: usize,
}

impl Writer {
    fn event(&mut self, name: &str, body: &Value, tokens: u64) {
        self.frames.event(Some(name), &[&body.to_string()], tokens);
    }

    fn start(&mut self, message: &Message<'_>) {
        let mut body = json!({
            "id": message.cx.id("msg_"), "type": "message", "role": "assistant", "model": message.model,
            "content": [], "stop_reason": null, "stop_sequence": null
        });
        if let Some(usage) = message.usage(FIRST_OUTPUT_TOKENS) {
            body["usage"] = usage;
        }
        self.event("message_start", &json!({"type": "message_start", "message": body}), 0);
    }

    fn open(&mut self, block: &Value, tokens: u64) {
        let body = json!({"type": "content_block_start", "index": self.index, "content_block": block});
        self.event("content_block_start", &body, tokens);
        if self.index == 0 {
            self.event("ping", &json!({"type": "ping"}), 0);
        }
    }

    fn delta(&mut self, head: &str, text: &str, tokens: u64) {
        let (index, text) = (self.index.to_string(), Value::from(text).to_string());
        let parts =
            ["{\"type\":\"content_block_delta\",\"index\":", &index, ",\"delta\":", head, &text, "}}"];
        self.frames.event(Some("content_block_delta"), &parts, tokens);
    }

    fn close(&mut self) {
        let body = json!({"type": "content_block_stop", "index": self.index});
        self.event("content_block_stop", &body, 0);
        self.index += 1;
    }

    fn end(&mut self, message: &Message<'_>) {
        let (stop_reason, stop_sequence) = message.stop();
        let mut body = json!({
            "type": "message_delta", "delta": {"stop_reason": stop_reason, "stop_sequence": stop_sequence}
        });
        if let Some(mut usage) = message.usage(message.reply.output_tokens) {
            if let Some(usage) = usage.as_object_mut() {
                usage.remove("cache_creation");
                usage.remove("service_tier");
            }
            body["usage"] = usage;
        }
        self.event("message_delta", &body, 0);
        self.event("message_stop", &json!({"type": "message_stop"}), 0);
    }
}

//! Converse as a binary event stream: `messageStart`, per block its start (tool uses only), deltas and stop,
//! then `messageStop` and `metadata` with the usage. Every payload is padded, as the real service does. It
//! must not read requests.

use serde_json::{Value, json};

use super::answer::{Message, signature};
use crate::answer::{Answer, Content};
use crate::play::{Frames, Framing};
use crate::reply::call_name_tokens;
use crate::tokens;

/// What paddings are made of.
const PADDING: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The stream of a message.
pub(crate) fn answer(message: &Message<'_>) -> Answer {
    let mut writer = Writer { frames: Frames::framed(Framing::Messages), index: 0 };
    let reply = message.reply;
    writer.event("messageStart", json!({"role": "assistant"}), 0);
    if let Some(thinking) = &reply.thinking {
        for (text, tokens) in tokens::groups(thinking, None) {
            writer.delta(&json!({"reasoningContent": {"text": text}}), tokens);
        }
        writer.delta(&json!({"reasoningContent": {"signature": signature(thinking)}}), 0);
        writer.close();
    }
    if !reply.text.is_empty() {
        for (text, tokens) in tokens::groups(&reply.text, message.cx.frame_count()) {
            writer.delta(&json!({"text": text}), tokens);
        }
        writer.close();
    }
    for (part, call) in reply.calls.iter().enumerate() {
        let start = json!({"toolUse": {"name": call.name, "toolUseId": message.call_id(part)}});
        let body = json!({"contentBlockIndex": writer.index, "start": start});
        writer.event("contentBlockStart", body, call_name_tokens(call));
        for (text, tokens) in tokens::groups(&call.arguments, None) {
            writer.delta(&json!({"toolUse": {"input": text}}), tokens);
        }
        writer.close();
    }
    writer.event("messageStop", json!({"stopReason": message.stop_reason()}), 0);
    let mut metadata = json!({"metrics": {"latencyMs": 1}});
    if let Some(usage) = message.usage() {
        metadata["usage"] = usage;
    }
    writer.event("metadata", metadata, 0);
    Answer {
        content: Content::Stream(writer.frames),
        input_tokens: message.prompt.input_tokens,
        output_tokens: message.cx.faults.reasoning_tokens.unwrap_or(0),
    }
}

struct Writer {
    frames: Frames,
    index: usize,
}

impl Writer {
    fn event(&mut self, kind: &str, mut body: Value, tokens: u64) {
        // Its length hides that of the text; here it is a matter of the frame's place alone.
        body["p"] = json!(&PADDING[..1 + self.frames.len() * 7 % (PADDING.len() - 1)]);
        let headers =
            [(":event-type", kind), (":content-type", "application/json"), (":message-type", "event")];
        self.frames.message(&headers, body.to_string().as_bytes(), tokens);
    }

    fn delta(&mut self, delta: &Value, tokens: u64) {
        self.event("contentBlockDelta", json!({"contentBlockIndex": self.index, "delta": delta}), tokens);
    }

    fn close(&mut self) {
        self.event("contentBlockStop", json!({"contentBlockIndex": self.index}), 0);
        self.index += 1;
    }
}

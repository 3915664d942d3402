//! Chat as a stream of named events in the order of the real service: `message-start`, thinking and text as
//! contents, the plan and the calls, `message-end` with the usage, `[DONE]`. It must not read requests.

use serde_json::{Value, json};

use super::answer::Message;
use crate::answer::{Answer, Content};
use crate::play::Frames;
use crate::reply::call_name_tokens;
use crate::tokens;

/// The stream of a message.
pub(crate) fn answer(message: &Message<'_>) -> Answer {
    let mut writer = Writer { frames: message.cx.frames(), index: 0 };
    let (reply, frame_count) = (message.reply, message.cx.frame_count());
    let head =
        json!({"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []});
    writer.event("message-start", json!({"id": message.cx.id(""), "delta": {"message": head}}), 0);
    if let Some(thinking) = &reply.thinking {
        writer.content("thinking", &tokens::groups(thinking, None));
    }
    if reply.calls.is_empty() {
        writer.content("text", &tokens::groups(&reply.text, frame_count));
    } else {
        for (text, tokens) in tokens::groups(&reply.text, frame_count) {
            writer.event("tool-plan-delta", json!({"delta": {"message": {"tool_plan": text}}}), tokens);
        }
    }
    for (part, call) in reply.calls.iter().enumerate() {
        let head = message.call(part, call, "");
        writer.numbered("tool-call-start", part, &json!({"tool_calls": head}), call_name_tokens(call));
        for (text, tokens) in tokens::groups(&call.arguments, None) {
            let delta = json!({"tool_calls": {"function": {"arguments": text}}});
            writer.numbered("tool-call-delta", part, &delta, tokens);
        }
        writer.event("tool-call-end", json!({"index": part}), 0);
    }
    let mut end = json!({"finish_reason": message.finish_reason()});
    if let Some(usage) = message.usage() {
        end["usage"] = usage;
    }
    writer.event("message-end", json!({"delta": end}), 0);
    writer.frames.event(None, &["[DONE]"], 0);
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
        body["type"] = json!(kind);
        self.frames.event(Some(kind), &[&body.to_string()], tokens);
    }

    fn numbered(&mut self, kind: &str, index: usize, message: &Value, tokens: u64) {
        self.event(kind, json!({"index": index, "delta": {"message": message}}), tokens);
    }

    /// A content of one kind from its start to its end.
    fn content(&mut self, kind: &str, groups: &[(&str, u64)]) {
        let index = self.index;
        self.numbered("content-start", index, &json!({"content": {"type": kind, kind: ""}}), 0);
        for (text, tokens) in groups {
            self.numbered("content-delta", index, &json!({"content": {kind: text}}), *tokens);
        }
        self.event("content-end", json!({"index": index}), 0);
        self.index += 1;
    }
}

//! Chat: whole answers, and what whole and streamed answers share (ids, finish reasons, usage). It must not
//! check requests.

use serde_json::{Value, json};

use crate::answer::{Answer, Context};
use crate::prompt::Prompt;
use crate::reply::{Finish, Reply, ToolCall};
use crate::tokens;
use crate::usage::figure;

/// Everything the two writers need.
pub(crate) struct Message<'a> {
    pub(crate) prompt: &'a Prompt,
    pub(crate) reply: &'a Reply,
    pub(crate) cx: &'a Context<'a>,
}

/// The answer in one piece.
pub(crate) fn whole(message: &Message<'_>) -> Answer {
    let reply = message.reply;
    let mut out = json!({"role": "assistant"});
    let mut content = Vec::new();
    if let Some(thinking) = &reply.thinking {
        content.push(json!({"type": "thinking", "thinking": thinking}));
    }
    if reply.calls.is_empty() {
        content.push(json!({"type": "text", "text": reply.text}));
    } else {
        if !reply.text.is_empty() {
            out["tool_plan"] = json!(reply.text);
        }
        let calls = reply.calls.iter().enumerate();
        out["tool_calls"] = calls.map(|(part, call)| message.call(part, call, &call.arguments)).collect();
    }
    if !content.is_empty() {
        out["content"] = Value::Array(content);
    }
    let mut body = json!({"id": message.cx.id(""), "message": out, "finish_reason": message.finish_reason()});
    if let Some(usage) = message.usage() {
        body["usage"] = usage;
    }
    Answer::whole(&body, message.prompt.input_tokens, message.output_tokens())
}

impl Message<'_> {
    /// Output tokens with the reasoning that a fault adds.
    pub(crate) fn output_tokens(&self) -> u64 {
        self.reply.output_tokens + self.cx.faults.reasoning_tokens.unwrap_or(0)
    }

    /// `finish_reason`.
    pub(crate) fn finish_reason(&self) -> String {
        let own = match self.reply.finish {
            Finish::Stop => "COMPLETE",
            Finish::StopSequence(_) => "STOP_SEQUENCE",
            Finish::Length => "MAX_TOKENS",
            Finish::ToolCalls => "TOOL_CALL",
        };
        self.cx.faults.finish.clone().unwrap_or_else(|| own.to_owned())
    }

    /// A call as it stands in a message.
    pub(crate) fn call(&self, part: usize, call: &ToolCall, arguments: &str) -> Value {
        let id = self.cx.part_id(&format!("{}_", call.name), 0, part);
        json!({"id": id, "type": "function", "function": {"name": call.name, "arguments": arguments}})
    }

    /// The usage object, which says everything twice; `None` when a fault withholds it.
    pub(crate) fn usage(&self) -> Option<Value> {
        let faults = self.cx.faults;
        if faults.no_usage {
            return None;
        }
        let input = self.prompt.input_tokens;
        let thoughts = self.reply.thinking.as_deref().map_or(0, tokens::count);
        let reasoning = thoughts + faults.reasoning_tokens.unwrap_or(0);
        let counts = json!({
            "input_tokens": figure(input, faults), "output_tokens": figure(self.output_tokens(), faults)
        });
        let mut tokens = counts.clone();
        if reasoning > 0 {
            tokens["reasoning_tokens"] = figure(reasoning, faults);
        }
        let cached = faults.cached_tokens.unwrap_or(0).min(input);
        Some(json!({"billed_units": counts, "tokens": tokens, "cached_tokens": cached}))
    }
}

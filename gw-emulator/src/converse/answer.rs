//! Converse: whole answers, and what whole and streamed answers share (ids, stop reasons, usage). It must
//! not check requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answer::{Answer, Context};
use crate::fault::WrongUsage;
use crate::hash::Hash;
use crate::prompt::Prompt;
use crate::reply::{Finish, Reply};
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
    let mut content = Vec::new();
    if let Some(thinking) = &reply.thinking {
        let reasoning = json!({"text": thinking, "signature": signature(thinking)});
        content.push(json!({"reasoningContent": {"reasoningText": reasoning}}));
    }
    if !reply.text.is_empty() {
        content.push(json!({"text": reply.text}));
    }
    for (part, call) in reply.calls.iter().enumerate() {
        // Arguments that the token bound cut short are left out, as an object cannot be.
        let input: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
        let id = message.call_id(part);
        content.push(json!({"toolUse": {"toolUseId": id, "name": call.name, "input": input}}));
    }
    let mut body = json!({
        "metrics": {"latencyMs": 1}, "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": message.stop_reason()
    });
    if let Some(usage) = message.usage() {
        body["usage"] = usage;
    }
    Answer::whole(&body, message.prompt.input_tokens, message.output_tokens())
}

impl Message<'_> {
    /// Output tokens with the reasoning that a fault adds; the format has no figure of its own for it.
    pub(crate) fn output_tokens(&self) -> u64 {
        self.reply.output_tokens + self.cx.faults.reasoning_tokens.unwrap_or(0)
    }

    /// `stopReason`.
    pub(crate) fn stop_reason(&self) -> String {
        let own = match self.reply.finish {
            Finish::Stop => "end_turn",
            Finish::StopSequence(_) => "stop_sequence",
            Finish::Length => "max_tokens",
            Finish::ToolCalls => "tool_use",
        };
        self.cx.faults.finish.clone().unwrap_or_else(|| own.to_owned())
    }

    /// The usage object; `None` when a fault withholds it. What was read from a cache does not count as
    /// input.
    pub(crate) fn usage(&self) -> Option<Value> {
        let faults = self.cx.faults;
        if faults.no_usage {
            return None;
        }
        let (input, output) = (self.prompt.input_tokens, self.output_tokens());
        let cached = faults.cached_tokens.unwrap_or(0).min(input);
        let total = match faults.wrong_usage {
            Some(WrongUsage::Tenfold) | None => json!(input + output),
            Some(_) => figure(input + output, faults),
        };
        let mut usage = json!({
            "inputTokens": figure(input - cached, faults), "outputTokens": figure(output, faults),
            "serverToolUsage": {}, "totalTokens": total
        });
        if faults.cached_tokens.is_some() {
            usage["cacheReadInputTokens"] = json!(cached);
            usage["cacheWriteInputTokens"] = json!(0);
        }
        Some(usage)
    }

    /// Id of the call at `part`.
    pub(crate) fn call_id(&self, part: usize) -> String {
        self.cx.part_id("tooluse_", 0, part)
    }
}

/// The signature of a reasoning text.
pub(crate) fn signature(thinking: &str) -> String {
    let hash = Hash::of(thinking.as_bytes());
    STANDARD.encode(format!("emulated-signature-{hash:016x}"))
}

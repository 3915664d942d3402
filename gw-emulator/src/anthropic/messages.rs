//! Messages: whole answers, and what whole and streamed answers share (content blocks, stop reason,
//! usage). It must not check requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::cache::{CacheSplit, PromptCache};
use super::headers::Version;
use super::{request, stream};
use crate::answer::{Answer, Context, Rejection};
use crate::fault::WrongUsage;
use crate::hash::Hash;
use crate::reply::{Finish, Reply, compose};
use crate::usage::figure;

/// Everything the two writers need.
pub(crate) struct Message<'a> {
    pub(crate) model: &'a str,
    pub(crate) reply: &'a Reply,
    /// All input tokens, cached ones included.
    pub(crate) input_tokens: u64,
    pub(crate) cache: CacheSplit,
    pub(crate) cx: &'a Context<'a>,
}

/// Answers a messages request.
pub(crate) fn answer(
    body: &Value,
    version: Version,
    cache: &PromptCache,
    cx: &Context<'_>,
) -> Result<Answer, Rejection> {
    let request = request::read(body, version, true)?;
    let reply = compose(&request.prompt, cx.faults, 0);
    let message = Message {
        model: &request.prompt.model,
        reply: &reply,
        input_tokens: request.prompt.input_tokens,
        cache: cache.look_up(&request.breakpoints),
        cx,
    };
    if request.stream { Ok(stream::answer(&message)) } else { Ok(whole(&message)) }
}

impl Message<'_> {
    /// The usage object; `output` is what was generated so far. `None` when a fault withholds it.
    pub(crate) fn usage(&self, output: u64) -> Option<Value> {
        let faults = self.cx.faults;
        if faults.no_usage {
            return None;
        }
        let fresh = self.input_tokens.saturating_sub(self.cache.read + self.cache.written());
        let mut usage = json!({
            "input_tokens": figure(fresh, faults),
            "cache_creation_input_tokens": figure(self.cache.written(), faults),
            "cache_read_input_tokens": figure(self.cache.read, faults),
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache.written_5m,
                "ephemeral_1h_input_tokens": self.cache.written_1h
            },
            "output_tokens": figure(output, faults),
            "service_tier": "standard"
        });
        if faults.wrong_usage == Some(WrongUsage::Text) {
            usage["cache_creation"] = json!("many");
        }
        Some(usage)
    }

    /// `stop_reason` and `stop_sequence`.
    pub(crate) fn stop(&self) -> (String, Option<String>) {
        let (own, sequence) = match &self.reply.finish {
            Finish::Stop => ("end_turn", None),
            Finish::StopSequence(sequence) => ("stop_sequence", Some(sequence.clone())),
            Finish::Length => ("max_tokens", None),
            Finish::ToolCalls => ("tool_use", None),
        };
        (self.cx.faults.finish.clone().unwrap_or_else(|| own.to_owned()), sequence)
    }

    /// Id of the call at `part`.
    pub(crate) fn call_id(&self, part: usize) -> String {
        self.cx.part_id("toolu_", 0, part)
    }
}

/// The signature of a thinking text.
pub(crate) fn signature(thinking: &str) -> String {
    let hash = Hash::of(thinking.as_bytes());
    STANDARD.encode(format!("emulated-signature-{hash:016x}"))
}

fn whole(message: &Message<'_>) -> Answer {
    let reply = message.reply;
    let mut content = Vec::new();
    if let Some(thinking) = &reply.thinking {
        content.push(json!({"type": "thinking", "thinking": thinking, "signature": signature(thinking)}));
    }
    if !reply.text.is_empty() {
        content.push(json!({"type": "text", "text": reply.text}));
    }
    for (part, call) in reply.calls.iter().enumerate() {
        // A call that the token bound cut short has no input that could be parsed.
        let input: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
        content.push(
            json!({"type": "tool_use", "id": message.call_id(part), "name": call.name, "input": input}),
        );
    }
    let (stop_reason, stop_sequence) = message.stop();
    let mut body = json!({
        "id": message.cx.id("msg_"), "type": "message", "role": "assistant", "model": message.model,
        "content": content, "stop_reason": stop_reason, "stop_sequence": stop_sequence
    });
    if let Some(usage) = message.usage(reply.output_tokens) {
        body["usage"] = usage;
    }
    Answer::whole(&body, message.input_tokens, reply.output_tokens)
}

//! Content: whole answers, and what whole and streamed answers share (parts, finish reasons, usage). It
//! must not check requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::request::GenerateRequest;
use crate::answer::{Answer, Context};
use crate::fault::WrongUsage;
use crate::hash::Hash;
use crate::reply::{Finish, Reply, ToolCall};
use crate::tokens;
use crate::usage::figure;

/// Everything the two writers need.
pub(crate) struct Generated<'a> {
    pub(crate) request: &'a GenerateRequest,
    pub(crate) replies: &'a [Reply],
    pub(crate) cx: &'a Context<'a>,
}

/// The answer in one piece.
pub(crate) fn whole(generated: &Generated<'_>) -> Answer {
    let candidates: Vec<Value> = generated
        .replies
        .iter()
        .enumerate()
        .map(|(index, reply)| candidate(generated, index, reply))
        .collect();
    let (thoughts, output) = generated.output();
    let body = generated.response(&Value::Array(candidates), thoughts, output - thoughts);
    Answer::whole(&body, generated.request.prompt.input_tokens, output)
}

fn candidate(generated: &Generated<'_>, index: usize, reply: &Reply) -> Value {
    let mut parts = Vec::new();
    if let Some(thinking) = &reply.thinking {
        parts.push(json!({"text": thinking, "thought": true}));
    }
    if reply.calls.is_empty() || !reply.text.is_empty() {
        parts.push(json!({"text": reply.text}));
    }
    for (part, call) in reply.calls.iter().enumerate() {
        parts.push(generated.call(index, part, call));
    }
    let finish = generated.finish_reason(reply);
    json!({"content": {"parts": parts, "role": "model"}, "finishReason": finish, "index": index})
}

impl Generated<'_> {
    /// Tokens of thoughts, and of everything with the reasoning that a fault adds.
    pub(crate) fn output(&self) -> (u64, u64) {
        let extra = self.cx.faults.reasoning_tokens.unwrap_or(0);
        let thinking = self.replies.iter().filter_map(|reply| reply.thinking.as_deref());
        let thoughts = extra + thinking.map(tokens::count).sum::<u64>();
        (thoughts, extra + self.replies.iter().map(|reply| reply.output_tokens).sum::<u64>())
    }

    /// `finishReason` of a reply; calls have none of their own.
    pub(crate) fn finish_reason(&self, reply: &Reply) -> String {
        let own = if reply.finish == Finish::Length { "MAX_TOKENS" } else { "STOP" };
        self.cx.faults.finish.clone().unwrap_or_else(|| own.to_owned())
    }

    /// The part of a call. Arguments that the token bound cut short are left out, as an object cannot be.
    pub(crate) fn call(&self, index: usize, part: usize, call: &ToolCall) -> Value {
        let arguments = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
        let id = self.cx.part_id("", index, part);
        let mut value = json!({"functionCall": {"name": call.name, "args": arguments, "id": id}});
        if part == 0 && self.request.prompt.thinking {
            let hash = Hash::of(call.name.as_bytes());
            value["thoughtSignature"] = json!(STANDARD.encode(format!("emulated-signature-{hash:016x}")));
        }
        value
    }

    /// A response object: candidates, and the usage of what was generated so far.
    pub(crate) fn response(&self, candidates: &Value, thoughts: u64, output: u64) -> Value {
        let mut body = json!({"candidates": candidates});
        if !self.cx.faults.no_usage {
            body["usageMetadata"] = self.usage(thoughts, output);
        }
        body["modelVersion"] = json!(self.request.prompt.model);
        body["responseId"] = json!(self.cx.id(""));
        body
    }

    fn usage(&self, thoughts: u64, output: u64) -> Value {
        let (faults, input) = (self.cx.faults, self.request.prompt.input_tokens);
        let sum = input + thoughts + output;
        let total = match faults.wrong_usage {
            Some(WrongUsage::Tenfold) | None => json!(sum),
            Some(_) => figure(sum, faults),
        };
        let mut usage = json!({
            "promptTokenCount": figure(input, faults), "candidatesTokenCount": figure(output, faults),
            "totalTokenCount": total, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": input}]
        });
        if thoughts > 0 {
            usage["thoughtsTokenCount"] = figure(thoughts, faults);
        }
        if let Some(cached) = faults.cached_tokens {
            usage["cachedContentTokenCount"] = json!(cached.min(input));
        }
        usage
    }
}

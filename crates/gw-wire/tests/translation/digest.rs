//! What an answer means, whatever format it came in.

use gw_model::event::{Event, FinishReason};
use gw_model::usage::Usage;
use serde_json::Value;

/// The meaning that translation must keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Digest {
    pub(crate) text: String,
    pub(crate) thinking: String,
    pub(crate) signatures: Vec<String>,
    pub(crate) redacted: Vec<String>,
    pub(crate) calls: Vec<Call>,
    pub(crate) stop: Option<&'static str>,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cached_tokens: u64,
    pub(crate) reasoning_tokens: u64,
    pub(crate) errors: usize,
    pub(crate) has_end: bool,
}

/// A tool call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: Value,
    block: u32,
    text: String,
}

/// Folds events of the first choice.
pub(crate) fn digest(events: &[Event]) -> Digest {
    let mut digest = Digest::default();
    let mut usage = Usage::default();
    for event in events {
        match event {
            Event::Text { choice: 0, text, .. } | Event::Refusal { choice: 0, text, .. } => {
                digest.text.push_str(text)
            }
            Event::Thinking { choice: 0, text, .. } => digest.thinking.push_str(text),
            Event::ThinkingSignature { choice: 0, signature, .. } => {
                digest.signatures.push(signature.clone())
            }
            Event::RedactedThinking { choice: 0, data, .. } => digest.redacted.push(data.clone()),
            Event::ToolStart { choice: 0, block, id, name } => digest.calls.push(Call {
                id: id.clone(),
                name: name.clone(),
                arguments: Value::Null,
                block: *block,
                text: String::new(),
            }),
            Event::ToolArguments { choice: 0, block, json } => {
                let call =
                    digest.calls.iter_mut().find(|call| call.block == *block).expect("arguments of a call");
                call.text.push_str(json);
            }
            Event::Finish { choice: 0, reason } => digest.stop = Some(class(reason)),
            Event::Usage(later) => usage.merge(later),
            Event::Error { .. } => digest.errors += 1,
            Event::End => digest.has_end = true,
            _ => {}
        }
    }
    // An upstream that states no reason gives the caller a plain stop: the formats demand one.
    if digest.has_end && digest.stop.is_none() {
        digest.stop = Some(if digest.calls.is_empty() { "stop" } else { "tool_calls" });
    }
    for call in &mut digest.calls {
        let text = if call.text.trim().is_empty() { "{}" } else { call.text.as_str() };
        call.arguments = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        call.text.clear();
        call.block = 0;
    }
    digest.input_tokens = usage.input_tokens;
    digest.output_tokens = usage.output_tokens;
    digest.cached_tokens = usage.cached_tokens;
    digest.reasoning_tokens = usage.reasoning_tokens;
    digest
}

fn class(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::StopSequence(_) | FinishReason::Other(_) => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Pause => "pause",
    }
}

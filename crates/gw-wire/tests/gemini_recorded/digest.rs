//! What an answer means, whatever way it was written.

use gw_model::{Event, FinishReason, Usage};
use serde_json::Value;

/// The meaning that writing and reading again must keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Digest {
    pub(crate) text: String,
    pub(crate) thinking: String,
    pub(crate) signatures: Vec<String>,
    pub(crate) opaque: Vec<Value>,
    pub(crate) calls: Vec<(String, String, Value)>,
    pub(crate) stop: Option<FinishReason>,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cached_tokens: u64,
    pub(crate) reasoning_tokens: u64,
    pub(crate) audio_tokens: u64,
    pub(crate) errors: usize,
    pub(crate) has_end: bool,
}

/// Folds events of the first choice.
pub(crate) fn digest(events: &[Event]) -> Digest {
    let mut digest = Digest::default();
    let mut usage = Usage::default();
    let mut calls: Vec<(u32, String, String, String)> = Vec::new();
    for event in events {
        match event {
            Event::Text { choice: 0, text, .. } | Event::Refusal { choice: 0, text, .. } => {
                digest.text.push_str(text);
            }
            Event::Thinking { choice: 0, text, .. } => digest.thinking.push_str(text),
            Event::ThinkingSignature { choice: 0, signature, .. } => {
                digest.signatures.push(signature.clone());
            }
            Event::ToolStart { choice: 0, block, id, name } => {
                calls.push((*block, id.clone(), name.clone(), String::new()));
            }
            Event::ToolArguments { choice: 0, block, json } => {
                calls.iter_mut().find(|call| call.0 == *block).expect("a call").3.push_str(json);
            }
            Event::Opaque { choice: 0, json, .. } => {
                digest.opaque.push(serde_json::from_slice(json).unwrap())
            }
            Event::Finish { choice: 0, reason } => digest.stop = Some(reason.clone()),
            Event::Usage(later) => usage.merge(later),
            Event::Error { .. } => digest.errors += 1,
            Event::End => digest.has_end = true,
            _ => {}
        }
    }
    let parsed = |(_, id, name, text): (u32, String, String, String)| {
        (id, name, serde_json::from_str(&text).expect("arguments that are JSON"))
    };
    digest.calls = calls.into_iter().map(parsed).collect();
    digest.input_tokens = usage.input_tokens;
    digest.output_tokens = usage.output_tokens;
    digest.cached_tokens = usage.cached_tokens;
    digest.reasoning_tokens = usage.reasoning_tokens;
    digest.audio_tokens = usage.audio_input_tokens;
    digest
}

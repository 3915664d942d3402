//! Events to a whole answer for a caller. Serves the translate stage. It must not fail: what the format has
//! no place for (further choices, opaque blocks of other formats) is left out.

use crate::anthropic::request::arguments;
use crate::bedrock_converse::usage::{UsageOut, write_tier};
use crate::bedrock_converse::{blob, citation, ids, stop};
use crate::blocks::{Block, Content, fold};
use crate::codec::WriteContext;
use gw_model::event::Event;
use gw_model::usage::Usage;
use serde::Serialize;

/// Writes a whole answer. Its latency is not known here and stated as 0: SDKs want the member to be there.
#[must_use]
pub fn write(events: &[Event], context: &WriteContext) -> Vec<u8> {
    let mut answer_id = context.fallback_id.as_str();
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let (mut usage, mut reason, mut has_tool_call) = (Usage::default(), None, false);
    for event in events {
        match event {
            Event::Start { id, .. } if !id.is_empty() => answer_id = id,
            Event::Usage(later) => usage.merge(later),
            Event::Finish { choice: 0, reason: found } => reason = Some(found),
            other => {
                has_tool_call |= matches!(other, Event::ToolStart { choice: 0, .. });
                fold(other, &mut blocks);
            }
        }
    }
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(br#"{"output":{"message":{"role":"assistant","content":["#);
    let mut first = true;
    for block in &blocks {
        if matches!(&block.content, Content::Text(text) if text.is_empty()) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        write_block(block, answer_id, &mut out);
    }
    let (stop_reason, sequence) = stop::write(reason, has_tool_call);
    out.extend_from_slice(br#"]}},"stopReason":"#);
    json(&mut out, stop_reason);
    out.extend_from_slice(br#","usage":"#);
    json(&mut out, &UsageOut::from(&usage));
    out.extend_from_slice(br#","metrics":{"latencyMs":0}"#);
    if let Some(sequence) = sequence {
        out.extend_from_slice(br#","additionalModelResponseFields":{"stop_sequence":"#);
        json(&mut out, sequence);
        out.push(b'}');
    }
    if let Some(tier) = usage.service_tier.and_then(write_tier) {
        out.extend_from_slice(br#","serviceTier":{"type":"#);
        json(&mut out, tier);
        out.push(b'}');
    }
    out.push(b'}');
    out
}

fn write_block(block: &Block<'_>, answer_id: &str, out: &mut Vec<u8>) {
    match &block.content {
        Content::Text(text) if !block.citations.is_empty() => {
            out.extend_from_slice(br#"{"citationsContent":{"content":[{"text":"#);
            json(out, text);
            out.extend_from_slice(br#"}],"citations":["#);
            for (index, cited) in block.citations.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                citation::write(out, cited);
            }
            out.extend_from_slice(b"]}");
        }
        Content::Text(text) => {
            out.extend_from_slice(br#"{"text":"#);
            json(out, text);
        }
        Content::Thinking { text, signature } => {
            out.extend_from_slice(br#"{"reasoningContent":{"reasoningText":{"text":"#);
            json(out, text);
            if !signature.is_empty() {
                out.extend_from_slice(br#","signature":"#);
                json(out, signature);
            }
            out.extend_from_slice(b"}}");
        }
        Content::Redacted(data) => {
            out.extend_from_slice(br#"{"reasoningContent":{"redactedContent":"#);
            json(out, &blob::write(data));
            out.push(b'}');
        }
        Content::Tool { id, name, arguments: text } => {
            out.extend_from_slice(br#"{"toolUse":{"toolUseId":"#);
            if id.is_empty() {
                json(out, &ids::invent(answer_id, block.block));
            } else {
                json(out, &ids::encode(id));
            }
            out.extend_from_slice(br#","name":"#);
            json(out, name);
            out.extend_from_slice(br#","input":"#);
            out.extend_from_slice(arguments::object(text).as_ref().as_bytes());
            out.push(b'}');
        }
    }
    out.push(b'}');
}

/// Appends `value` as JSON. Writing into memory cannot fail.
fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}

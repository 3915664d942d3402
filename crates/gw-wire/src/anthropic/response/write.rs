//! Events to a whole answer for a caller. Serves the translate stage. It must not fail: what the format has
//! no place for (further choices, opaque blocks of other formats) is left out.

use crate::anthropic::request::arguments;
use crate::anthropic::stop::{self, Seen};
use crate::anthropic::usage::UsageOut;
use crate::anthropic::{citation, ids};
use crate::blocks::{Block, Content, fold};
use crate::codec::WriteContext;
use gw_model::event::Event;
use gw_model::usage::Usage;
use serde::Serialize;

/// Writes a whole answer.
#[must_use]
pub fn write(events: &[Event], context: &WriteContext) -> Vec<u8> {
    let (mut id, mut model) = (context.fallback_id.as_str(), context.fallback_model.as_str());
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let (mut usage, mut reason, mut seen) = (Usage::default(), None, Seen::default());
    for event in events {
        match event {
            Event::Start { id: answer_id, model: answer_model, .. } => {
                id = if answer_id.is_empty() { id } else { answer_id };
                model = if answer_model.is_empty() { model } else { answer_model };
            }
            Event::Usage(later) => usage.merge(later),
            Event::Finish { choice: 0, reason: found } => reason = Some(found),
            other => {
                seen.refusal |= matches!(other, Event::Refusal { choice: 0, .. });
                seen.tool_call |= matches!(other, Event::ToolStart { choice: 0, .. });
                fold(other, &mut blocks);
            }
        }
    }
    let mut out = Vec::with_capacity(512);
    write_head(id, model, &mut out);
    out.extend_from_slice(br#","content":["#);
    let mut first = true;
    for block in &blocks {
        if matches!(&block.content, Content::Text(text) if text.is_empty()) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        write_block(block, id, &mut out);
    }
    let (stop_reason, stop_sequence) = stop::write(reason, seen);
    out.extend_from_slice(br#"],"stop_reason":"#);
    json(&mut out, stop_reason);
    out.extend_from_slice(br#","stop_sequence":"#);
    json(&mut out, &stop_sequence);
    out.extend_from_slice(br#","usage":"#);
    json(&mut out, &UsageOut::from(&usage));
    out.push(b'}');
    out
}

/// Writes `{"id":...,"type":"message","role":"assistant","model":...`, without the closing brace.
pub(crate) fn write_head(id: &str, model: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"id":"#);
    json(out, id);
    out.extend_from_slice(br#","type":"message","role":"assistant","model":"#);
    json(out, model);
}

/// Writes an error object for an error that an upstream reported inside its answer. Kinds that this format
/// does not have become `api_error`.
pub fn write_error(kind: &str, message: &str, out: &mut Vec<u8>) {
    let kind = match kind {
        "invalid_request_error"
        | "authentication_error"
        | "permission_error"
        | "not_found_error"
        | "request_too_large"
        | "rate_limit_error"
        | "timeout_error"
        | "overloaded_error" => kind,
        _ => "api_error",
    };
    out.extend_from_slice(br#"{"type":"error","error":{"type":"#);
    json(out, kind);
    out.extend_from_slice(br#","message":"#);
    json(out, message);
    out.extend_from_slice(br#","code":"upstream_error"}}"#);
}

fn write_block(block: &Block<'_>, answer_id: &str, out: &mut Vec<u8>) {
    match &block.content {
        Content::Text(text) => {
            out.extend_from_slice(br#"{"type":"text","text":"#);
            json(out, text);
            if !block.citations.is_empty() {
                out.extend_from_slice(br#","citations":["#);
                for (index, cited) in block.citations.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    citation::write(out, cited);
                }
                out.push(b']');
            }
        }
        Content::Thinking { text, signature } => {
            out.extend_from_slice(br#"{"type":"thinking","thinking":"#);
            json(out, text);
            out.extend_from_slice(br#","signature":"#);
            json(out, signature);
        }
        Content::Redacted(data) => {
            out.extend_from_slice(br#"{"type":"redacted_thinking","data":"#);
            json(out, data);
        }
        Content::Tool { id, name, arguments: text } => {
            out.extend_from_slice(br#"{"type":"tool_use","id":"#);
            if id.is_empty() {
                json(out, &ids::invent(answer_id, block.block));
            } else {
                json(out, &ids::encode(id));
            }
            out.extend_from_slice(br#","name":"#);
            json(out, name);
            out.extend_from_slice(br#","input":"#);
            out.extend_from_slice(arguments::object(text).as_ref().as_bytes());
        }
    }
    out.push(b'}');
}

/// Appends `value` as JSON. Writing into memory cannot fail.
fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}

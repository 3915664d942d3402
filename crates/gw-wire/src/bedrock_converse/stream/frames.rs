//! The messages of a stream, written one by one. Serves the stream writer. It must not know their order.

use crate::bedrock_converse::citation;
use crate::bedrock_converse::usage::{UsageOut, write_tier};
use crate::codec::WireError;
use crate::eventstream::{HeaderValue, encode_with};
use gw_model::event::Citation;
use gw_model::usage::Usage;
use serde::Serialize;
use std::io::Write as _;

/// The content of a `contentBlockDelta`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Delta<'a> {
    Text(&'a str),
    Reasoning(&'a str),
    Signature(&'a str),
    Redacted(&'a str),
    Input(&'a str),
}

pub(super) fn message_start(out: &mut Vec<u8>) -> Result<(), WireError> {
    event("messageStart", out, |out| out.extend_from_slice(br#"{"role":"assistant"}"#))
}

pub(super) fn tool_start(index: u32, id: &str, name: &str, out: &mut Vec<u8>) -> Result<(), WireError> {
    event("contentBlockStart", out, |out| {
        let _ = write!(out, r#"{{"contentBlockIndex":{index},"start":{{"toolUse":{{"toolUseId":"#);
        json(out, id);
        out.extend_from_slice(br#","name":"#);
        json(out, name);
        out.extend_from_slice(b"}}}");
    })
}

pub(super) fn delta(index: u32, delta: Delta<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
    event("contentBlockDelta", out, |out| {
        let (before, text, after): (&str, &str, &str) = match delta {
            Delta::Text(text) => (r#"{"text":"#, text, "}"),
            Delta::Reasoning(text) => (r#"{"reasoningContent":{"text":"#, text, "}}"),
            Delta::Signature(text) => (r#"{"reasoningContent":{"signature":"#, text, "}}"),
            Delta::Redacted(text) => (r#"{"reasoningContent":{"redactedContent":"#, text, "}}"),
            Delta::Input(text) => (r#"{"toolUse":{"input":"#, text, "}}"),
        };
        let _ = write!(out, r#"{{"contentBlockIndex":{index},"delta":{before}"#);
        json(out, text);
        out.extend_from_slice(after.as_bytes());
        out.push(b'}');
    })
}

pub(super) fn cite(index: u32, cited: &Citation, out: &mut Vec<u8>) -> Result<(), WireError> {
    event("contentBlockDelta", out, |out| {
        let _ = write!(out, r#"{{"contentBlockIndex":{index},"delta":{{"citation":"#);
        citation::write(out, cited);
        out.extend_from_slice(b"}}");
    })
}

pub(super) fn block_stop(index: u32, out: &mut Vec<u8>) -> Result<(), WireError> {
    event("contentBlockStop", out, |out| {
        let _ = write!(out, r#"{{"contentBlockIndex":{index}}}"#);
    })
}

pub(super) fn message_stop(
    reason: &'static str,
    sequence: Option<&str>,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    event("messageStop", out, |out| {
        let _ = write!(out, r#"{{"stopReason":"{reason}""#);
        if let Some(sequence) = sequence {
            out.extend_from_slice(br#","additionalModelResponseFields":{"stop_sequence":"#);
            json(out, sequence);
            out.push(b'}');
        }
        out.push(b'}');
    })
}

/// Usage, and a latency of 0: it is not known here, and SDKs want the member to be there.
pub(super) fn metadata(usage: &Usage, out: &mut Vec<u8>) -> Result<(), WireError> {
    event("metadata", out, |out| {
        out.extend_from_slice(br#"{"usage":"#);
        json(out, &UsageOut::from(usage));
        out.extend_from_slice(br#","metrics":{"latencyMs":0}"#);
        if let Some(tier) = usage.service_tier.and_then(write_tier) {
            out.extend_from_slice(br#","serviceTier":{"type":"#);
            json(out, tier);
            out.push(b'}');
        }
        out.push(b'}');
    })
}

fn event(kind: &str, out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) -> Result<(), WireError> {
    let headers = [
        (":event-type", HeaderValue::Text(kind)),
        (":content-type", HeaderValue::Text("application/json")),
        (":message-type", HeaderValue::Text("event")),
    ];
    Ok(encode_with(&headers, payload, out)?)
}

/// Appends `value` as JSON. Writing into memory cannot fail.
fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}

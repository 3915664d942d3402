//! Errors in this format: read from an upstream's body, written for a caller. Serves attempt (what a reply
//! means) and respond. It must not put internal text into what callers see.
//!
//! The format's error is `{"id","message"}`; the official SDK picks its exception by HTTP status. Within a
//! stream an error is the last event, `message-end`, with the reason `ERROR` and the message.

use super::finish;
use crate::errors::{MAX_MESSAGE_BYTES, or_default};
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Object, Writer};
use bytes::Bytes;
use gw_model::Refusal;

/// What kind of trouble an upstream reports, as far as callers are to be told apart by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The input does not fit the model.
    ContextLength,
    /// The provider's policy forbids the input or the answer.
    ContentPolicy,
    /// Anything else.
    Other,
}

/// An error that an upstream reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The upstream's own code; empty when it gave none.
    pub kind: String,
    /// What it said, bounded.
    pub message: String,
    /// What it means.
    pub trouble: Trouble,
}

/// Reads an error body. `None` when it is none.
#[must_use]
pub fn read(body: &[u8]) -> Option<Reported> {
    let object = Object::parse(body, DEPTH_CEILING).ok()?;
    let text = |name: &str| object.get(name).and_then(|value| value.as_str()).map(|text| bounded(&text));
    let (kind, message) = match text("message") {
        Some(message) => (text("error_type").or_else(|| text("code")).unwrap_or_default(), message),
        // Proxies before the provider answer in other shapes.
        None => crate::errors::read(body)?,
    };
    let trouble = trouble(&kind, &message);
    Some(Reported { kind, message, trouble })
}

fn trouble(kind: &str, message: &str) -> Trouble {
    let has = |needle: &str| {
        message.as_bytes().windows(needle.len()).any(|found| found.eq_ignore_ascii_case(needle.as_bytes()))
    };
    if kind == "TOO_MANY_TOKENS" || has("too many tokens") || has("context length") {
        Trouble::ContextLength
    } else if has("blocked input") || has("blocked output") || has("potentially unsafe") {
        Trouble::ContentPolicy
    } else {
        Trouble::Other
    }
}

fn bounded(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_MESSAGE_BYTES)).unwrap_or_default().to_owned()
}

/// The body of a refusal. `code` is the gateway's stable code.
#[must_use]
pub fn body(refusal: &Refusal, request_id: &str) -> Vec<u8> {
    let mut w = Writer::with_capacity(128 + refusal.message.len());
    w.begin_object();
    if !request_id.is_empty() {
        w.string_member("id", request_id);
    }
    w.string_member("message", &refusal.message);
    w.string_member("code", refusal.code.as_str());
    if let Some(param) = &refusal.param {
        w.string_member("param", param);
    }
    w.end_object();
    w.into_bytes()
}

/// An event that ends a stream with an error of the gateway.
#[must_use]
pub fn event(refusal: &Refusal, request_id: &str) -> Bytes {
    let mut out = Vec::with_capacity(192 + refusal.message.len());
    write_event(request_id, refusal.code.as_str(), &refusal.message, &mut out);
    Bytes::from(out)
}

/// Appends the event that ends a stream with an error.
pub(crate) fn write_event(id: &str, code: &str, message: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: message-end\ndata: ");
    let mut w = Writer::onto(std::mem::take(out));
    // Behind a space no comma is set.
    w.begin_object();
    w.string_member("type", "message-end");
    if !id.is_empty() {
        w.string_member("id", id);
    }
    w.key("delta");
    w.begin_object();
    w.string_member("error", or_default(message));
    w.string_member("code", code);
    w.string_member("finish_reason", finish::FAILED);
    w.end_object();
    w.end_object();
    *out = w.into_bytes();
    out.extend_from_slice(b"\n\n");
}

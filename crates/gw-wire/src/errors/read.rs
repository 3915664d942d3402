//! Errors of upstreams, read from any format's bodies and events. Serves `errors`. It must not fail on what is no
//! error: an upstream may send anything.

use super::MAX_MESSAGE_BYTES;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value};
use crate::openai_responses::error::recognise;
use crate::{bedrock_converse, cohere_chat, gemini, openai_responses};
use gw_model::{Api, ErrorCode, WireFormat};

/// What an upstream reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// Its machine code, type or status, whichever the format has; empty when there is none.
    pub kind: String,
    /// What it says, at most [`MAX_MESSAGE_BYTES`].
    pub message: String,
    /// The parameter that it blames.
    pub param: Option<String>,
    /// What it stands for beyond its status: input that does not fit, or the provider's content policy.
    pub code: Option<ErrorCode>,
}

/// Type (or code) and message of an error body or event, whatever the format: upstreams of one format copy
/// error shapes from another. `None` when it is no error.
#[must_use]
pub fn read(body: &[u8]) -> Option<(String, String)> {
    let object = Object::parse(unwrapped(body), DEPTH_CEILING).ok()?;
    let (holder, error) = match object.get("error").filter(|e| !e.is_null()) {
        Some(error) if error.kind == Kind::Object => (error.object().ok()?, true),
        Some(error) => return Some((String::new(), text(&error)?)),
        None => (object, false),
    };
    let message =
        ["message", "detail", "error_msg", "msg", "Message"].iter().find_map(|name| text(&holder.get(name)?));
    let kind = ["type", "code", "status", "__type"].iter().find_map(|name| {
        let value = holder.get(name)?;
        value.as_str().filter(|s| !s.is_empty()).map(|s| bounded(&s))
    });
    match (message, error) {
        (Some(message), _) => Some((kind.unwrap_or_default(), message)),
        (None, true) => Some((kind.unwrap_or_default(), String::new())),
        (None, false) => None,
    }
}

/// Streams that are JSON arrays have their errors in one.
fn unwrapped(body: &[u8]) -> &[u8] {
    let body = body.trim_ascii();
    let inner = body.strip_prefix(b"[").and_then(|body| body.strip_suffix(b"]"));
    inner.map_or(body, <[u8]>::trim_ascii)
}

/// Reads a body as `format` has it, and what it stands for. `None` when it is no error.
#[must_use]
pub fn read_as(format: WireFormat, body: &[u8]) -> Option<Reported> {
    match format.api() {
        Api::Gemini => {
            let error = gemini::errors::read(body)?;
            let code = match error.cause {
                gemini::errors::Cause::ContextLength => Some(ErrorCode::ContextLengthExceeded),
                gemini::errors::Cause::ContentPolicy => Some(ErrorCode::GuardrailBlocked),
                gemini::errors::Cause::InvalidKey => None,
                gemini::errors::Cause::Other => recognise(&error.status, &error.message),
            };
            Some(Reported { kind: error.status, message: error.message, param: None, code })
        }
        Api::Bedrock => {
            let (kind, message) = bedrock_converse::errors::read(body, None)?;
            let code = match bedrock_converse::errors::meaning(&kind, &message) {
                bedrock_converse::errors::Meaning::ContextLength => Some(ErrorCode::ContextLengthExceeded),
                bedrock_converse::errors::Meaning::ContentPolicy => Some(ErrorCode::GuardrailBlocked),
                // What the models' own services say, in their own words.
                bedrock_converse::errors::Meaning::Other => recognise(&kind, &message),
                _ => None,
            };
            Some(Reported { kind, message, param: None, code })
        }
        Api::Cohere => {
            let error = cohere_chat::errors::read(body)?;
            let code = match error.trouble {
                cohere_chat::errors::Trouble::ContextLength => Some(ErrorCode::ContextLengthExceeded),
                cohere_chat::errors::Trouble::ContentPolicy => Some(ErrorCode::GuardrailBlocked),
                cohere_chat::errors::Trouble::Other => recognise(&error.kind, &error.message),
            };
            Some(Reported { kind: error.kind, message: error.message, param: None, code })
        }
        Api::OpenAi | Api::Anthropic => {
            let error = openai_responses::error::read(body)?;
            let code = error.code();
            Some(Reported { kind: error.kind, message: error.message, param: error.param, code })
        }
    }
}

/// A message as text: a string, or the first one in a list of objects with `msg` (FastAPI's validation errors).
fn text(value: &Value<'_>) -> Option<String> {
    match value.kind {
        Kind::String => value.as_str().map(|s| bounded(&s)),
        Kind::Array => value.elements().next().and_then(|first| match first.kind {
            Kind::Object => first.object().ok()?.get("msg")?.as_str().map(|s| bounded(&s)),
            _ => first.as_str().map(|s| bounded(&s)),
        }),
        Kind::Object => value.object().ok()?.get("message")?.as_str().map(|s| bounded(&s)),
        _ => None,
    }
}

fn bounded(text: &str) -> String {
    let mut end = text.len().min(MAX_MESSAGE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

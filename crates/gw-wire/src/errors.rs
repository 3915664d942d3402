//! Errors in the caller's wire format, and errors of upstreams read from theirs. Serves ingress, respond and
//! the attempt stage. It must not put internal text into what callers see.
//!
//! Official SDKs pick their exception by HTTP status; `type` follows each format's own names, `code` is the
//! gateway's stable [`ErrorCode`].

mod read;

pub use read::{Reported, read, read_as};

use crate::json::Writer;
use crate::{bedrock_converse, cohere_chat, gemini, openai_responses};
use bytes::Bytes;
use gw_model::{Api, ErrorCode, Refusal, WireFormat};

/// Longest message that is taken over from an upstream, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 1024;

/// The body of a refusal.
#[must_use]
pub fn body(format: WireFormat, refusal: &Refusal) -> Vec<u8> {
    body_with_id(format, refusal, "")
}

/// The body of a refusal, with the request's id where the format has a place for it (Anthropic, Cohere).
#[must_use]
pub fn body_with_id(format: WireFormat, refusal: &Refusal, request_id: &str) -> Vec<u8> {
    match format.api() {
        Api::Gemini => gemini::errors::body(refusal),
        Api::Bedrock => bedrock_converse::errors::body(refusal),
        Api::Cohere => cohere_chat::errors::body(refusal, request_id),
        Api::OpenAi | Api::Anthropic => {
            let parts = Parts {
                kind: kind(format, refusal.code.status()),
                message: &refusal.message,
                param: refusal.param.as_deref(),
                code: refusal.code.as_str(),
            };
            parts.write(format, request_id)
        }
    }
}

/// The header that an error with this code needs besides the body, in formats whose SDKs look there: its name and
/// value.
#[must_use]
pub const fn headers(format: WireFormat, code: ErrorCode) -> Option<(&'static str, &'static str)> {
    match format.api() {
        Api::Bedrock => {
            Some((bedrock_converse::errors::ERROR_TYPE_HEADER, bedrock_converse::errors::kind(code)))
        }
        _ => None,
    }
}

/// As [`headers`], for an upstream's status that passes through.
#[must_use]
pub const fn headers_of_status(format: WireFormat, status: u16) -> Option<(&'static str, &'static str)> {
    match format.api() {
        Api::Bedrock => {
            let kind = bedrock_converse::errors::kind_of_status(status);
            Some((bedrock_converse::errors::ERROR_TYPE_HEADER, kind))
        }
        _ => None,
    }
}

/// An event that ends a stream with an error, in the caller's format.
///
/// Events of Responses are numbered; whoever has no count of those before takes this one, whose number is above
/// any of theirs.
#[must_use]
pub fn event(format: WireFormat, refusal: &Refusal, request_id: &str) -> Bytes {
    if format == WireFormat::OpenAiResponses {
        return Bytes::from(openai_responses::error::event_at(refusal, LAST_SEQUENCE));
    }
    match format.api() {
        Api::Gemini => {
            return Bytes::from(gemini::errors::event(refusal, gemini::stream::Framing::Sse, false));
        }
        Api::Bedrock => return bedrock_converse::errors::event(refusal),
        Api::Cohere => return cohere_chat::errors::event(refusal, request_id),
        Api::OpenAi | Api::Anthropic => {}
    }
    let body = body_with_id(format, refusal, request_id);
    let head: &[u8] = match format.api() {
        Api::Anthropic => b"event: error\ndata: ",
        _ => b"data: ",
    };
    let mut out = Vec::with_capacity(head.len() + body.len() + 2);
    out.extend_from_slice(head);
    out.extend_from_slice(&body);
    out.extend_from_slice(b"\n\n");
    Bytes::from(out)
}

/// As [`event`], for a stream of Gemini's that is a JSON array, which it closes. `is_first`: nothing was written
/// yet.
#[must_use]
pub fn array_event(refusal: &Refusal, is_first: bool) -> Bytes {
    Bytes::from(gemini::errors::event(refusal, gemini::stream::Framing::JsonArray, is_first))
}

/// The largest number that every language's 32-bit integer holds.
const LAST_SEQUENCE: u64 = 0x7fff_ffff;

/// Appends an error that the upstream reported inside a stream, as an event of OpenAI's formats. A type that
/// the upstream named stays.
pub(crate) fn write_event(kind: &str, message: &str, out: &mut Vec<u8>) {
    let kind = if kind.is_empty() { "server_error" } else { kind };
    let code = ErrorCode::UpstreamError.as_str();
    let parts = Parts { kind, message: or_default(message), param: None, code };
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(&parts.write(WireFormat::OpenAiChat, ""));
    out.extend_from_slice(b"\n\n");
}

/// An upstream's error that passes through to a caller of another format: status and message stay, the shape
/// and the names of types become the caller's.
#[must_use]
pub fn translate(from: WireFormat, to: WireFormat, status: u16, body: &[u8]) -> Vec<u8> {
    let reported = read::read_as(from, body).unwrap_or_default();
    let code = passed_code(status, reported.code);
    let message = or_default(&reported.message);
    let param = reported.param.as_deref();
    match to.api() {
        Api::Gemini => gemini::errors::body_of_status(status, code, message, param),
        Api::Bedrock => bedrock_converse::errors::body_of(status, code, message),
        Api::Cohere => {
            let mut refusal = Refusal::new(code, message.to_owned());
            refusal.param = reported.param.map(Into::into);
            cohere_chat::errors::body(&refusal, "")
        }
        Api::OpenAi | Api::Anthropic => {
            Parts { kind: kind(to, status), message, param, code: code.as_str() }.write(to, "")
        }
    }
}

/// The code for an upstream's error that passes through, by its status and by what its body says: input that does
/// not fit and content policies have codes of their own, whatever the upstream calls them.
#[must_use]
pub fn code_of_body(format: WireFormat, status: u16, body: &[u8]) -> ErrorCode {
    match status {
        400 | 413 | 422 => passed_code(status, read::read_as(format, body).and_then(|error| error.code)),
        _ => code_of(status),
    }
}

fn passed_code(status: u16, recognised: Option<ErrorCode>) -> ErrorCode {
    recognised.filter(|_| matches!(status, 400 | 413 | 422)).unwrap_or_else(|| code_of(status))
}

/// The message of an upstream's error body, at most [`MAX_MESSAGE_BYTES`]. `None` when there is none.
#[must_use]
pub fn message(_format: WireFormat, body: &[u8]) -> Option<String> {
    read(body).map(|(_, message)| message).filter(|m| !m.is_empty())
}

/// The message, or a text that says that there is none.
pub(crate) fn or_default(message: &str) -> &str {
    if message.is_empty() { "The upstream reported an error without saying why." } else { message }
}

/// The code for an upstream's status that passes through.
#[must_use]
pub const fn code_of(status: u16) -> ErrorCode {
    match status {
        404 => ErrorCode::NotFound,
        408 => ErrorCode::RequestTimeout,
        413 => ErrorCode::RequestTooLarge,
        429 => ErrorCode::RateLimitExceeded,
        400..=499 => ErrorCode::InvalidRequest,
        _ => ErrorCode::UpstreamError,
    }
}

/// The format's own name for an error.
fn kind(format: WireFormat, status: u16) -> &'static str {
    match format.api() {
        Api::Anthropic => match status {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 | 405 => "not_found_error",
            408 | 504 => "timeout_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            503 | 529 => "overloaded_error",
            _ => "api_error",
        },
        _ => match status {
            401 => "authentication_error",
            402 => "insufficient_quota",
            403 => "permission_error",
            408 | 504 => "timeout_error",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        },
    }
}

/// OpenAI's name for an error, by status.
pub(crate) fn openai_kind(status: u16) -> &'static str {
    kind(WireFormat::OpenAiChat, status)
}

struct Parts<'a> {
    kind: &'a str,
    message: &'a str,
    param: Option<&'a str>,
    code: &'a str,
}

impl Parts<'_> {
    fn write(&self, format: WireFormat, request_id: &str) -> Vec<u8> {
        let mut w = Writer::with_capacity(160 + self.message.len());
        let is_anthropic = format.api() == Api::Anthropic;
        w.begin_object();
        if is_anthropic {
            w.string_member("type", "error");
        }
        w.key("error");
        w.begin_object();
        if is_anthropic {
            w.string_member("type", self.kind);
            w.string_member("message", self.message);
        } else {
            w.string_member("message", self.message);
            w.string_member("type", self.kind);
            match self.param {
                Some(param) => w.string_member("param", param),
                None => w.null_member("param"),
            }
        }
        w.string_member("code", self.code);
        if let (true, Some(param)) = (is_anthropic, self.param) {
            w.string_member("param", param);
            if param == "thread" {
                write_unsupported(param, &mut w);
            }
        }
        w.end_object();
        if is_anthropic && !request_id.is_empty() {
            w.string_member("request_id", request_id);
        }
        w.end_object();
        w.into_bytes()
    }
}

/// What Anthropic's SDKs look at before they send a conversation again without having it kept.
fn write_unsupported(feature: &str, w: &mut Writer) {
    w.key("details");
    w.begin_object();
    w.string_member("error_code", "thread_unsupported_request");
    w.key("unsupported");
    w.begin_array();
    w.string(feature);
    w.end_array();
    w.end_object();
}

#[cfg(test)]
mod tests;

//! Errors in the caller's wire format, and errors of upstreams read from theirs. Serves ingress, respond and
//! the attempt stage. It must not put internal text into what callers see.
//!
//! Official SDKs pick their exception by HTTP status; `type` follows each format's own names, `code` is the
//! gateway's stable [`ErrorCode`].

use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value, Writer};
use bytes::Bytes;
use gw_model::{ErrorCode, Refusal, WireFormat};

/// Longest message that is taken over from an upstream, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 1024;

/// The body of a refusal.
#[must_use]
pub fn body(format: WireFormat, refusal: &Refusal) -> Vec<u8> {
    body_with_id(format, refusal, "")
}

/// The body of a refusal, with the request's id where the format has a place for it (Anthropic).
#[must_use]
pub fn body_with_id(format: WireFormat, refusal: &Refusal, request_id: &str) -> Vec<u8> {
    let parts = Parts {
        kind: kind(format, refusal.code.status()),
        message: &refusal.message,
        param: refusal.param.as_deref(),
        code: refusal.code.as_str(),
    };
    parts.write(format, request_id)
}

/// An event that ends a stream with an error, in the caller's format.
#[must_use]
pub fn event(format: WireFormat, refusal: &Refusal, request_id: &str) -> Bytes {
    let body = body_with_id(format, refusal, request_id);
    let head: &[u8] = match format {
        WireFormat::AnthropicMessages => b"event: error\ndata: ",
        _ => b"data: ",
    };
    let mut out = Vec::with_capacity(head.len() + body.len() + 2);
    out.extend_from_slice(head);
    out.extend_from_slice(&body);
    out.extend_from_slice(b"\n\n");
    Bytes::from(out)
}

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
pub fn translate(_from: WireFormat, to: WireFormat, status: u16, body: &[u8]) -> Vec<u8> {
    let message = read(body).map(|(_, message)| message).filter(|m| !m.is_empty());
    let param = Object::parse(body, DEPTH_CEILING).ok().and_then(|o| {
        let error = o.get("error")?.object().ok()?;
        error.get("param")?.as_str().map(std::borrow::Cow::into_owned)
    });
    let code = code_of(status);
    let parts = Parts {
        kind: kind(to, status),
        message: or_default(message.as_deref().unwrap_or_default()),
        param: param.as_deref(),
        code: code.as_str(),
    };
    parts.write(to, "")
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

/// Type (or code) and message of an error body or event, whatever the format: upstreams of one format copy
/// error shapes from another. `None` when it is no error.
#[must_use]
pub fn read(body: &[u8]) -> Option<(String, String)> {
    let object = Object::parse(body, DEPTH_CEILING).ok()?;
    let (holder, error) = match object.get("error").filter(|e| !e.is_null()) {
        Some(error) if error.kind == Kind::Object => (error.object().ok()?, true),
        Some(error) => return Some((String::new(), text(&error)?)),
        None => (object, false),
    };
    let message = ["message", "detail", "error_msg", "msg"].iter().find_map(|name| text(&holder.get(name)?));
    let kind = ["type", "code", "status"].iter().find_map(|name| {
        let value = holder.get(name)?;
        value.as_str().filter(|s| !s.is_empty()).map(|s| bounded(&s))
    });
    match (message, error) {
        (Some(message), _) => Some((kind.unwrap_or_default(), message)),
        (None, true) => Some((kind.unwrap_or_default(), String::new())),
        (None, false) => None,
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
    match format {
        WireFormat::AnthropicMessages => match status {
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

struct Parts<'a> {
    kind: &'a str,
    message: &'a str,
    param: Option<&'a str>,
    code: &'a str,
}

impl Parts<'_> {
    fn write(&self, format: WireFormat, request_id: &str) -> Vec<u8> {
        let mut w = Writer::with_capacity(160 + self.message.len());
        let is_anthropic = format == WireFormat::AnthropicMessages;
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
        }
        w.end_object();
        if is_anthropic && !request_id.is_empty() {
            w.string_member("request_id", request_id);
        }
        w.end_object();
        w.into_bytes()
    }
}

#[cfg(test)]
mod tests;

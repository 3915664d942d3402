//! Error bodies of Google's APIs, read and written. Serves respond and the attempt stage. It must not put
//! internal text into what callers see.
//!
//! SDKs of this format go by HTTP status, or by `error.code` inside a stream; `error.status` is Google's name for
//! it. The gateway's stable code stands in `error.details[0].reason`.

use super::names::{self, get, text};
use super::stream::Framing;
use crate::errors::{MAX_MESSAGE_BYTES, or_default};
use crate::json::{Kind, Object, Value, Writer, cursor::DEPTH_CEILING};
use gw_model::{ErrorCode, Refusal};

/// What an upstream's error is about, beyond its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The input does not fit the model.
    ContextLength,
    /// The content is against the provider's policy.
    ContentPolicy,
    /// The credential is not valid: the API says 400 for it.
    InvalidKey,
    /// Anything else.
    Other,
}

/// An upstream's error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamError {
    /// The HTTP status that the body repeats.
    pub code: Option<u16>,
    /// Google's name for the status, for example `RESOURCE_EXHAUSTED`; empty when there is none.
    pub status: String,
    /// The message, at most [`MAX_MESSAGE_BYTES`].
    pub message: String,
    /// The reason of the first detail that has one, for example `API_KEY_INVALID`.
    pub reason: Option<String>,
    /// When to try again, in whole seconds, rounded up.
    pub retry_after_seconds: Option<u32>,
    /// What it is about.
    pub cause: Cause,
}

/// Reads an error body, also one inside an array as streams without server-sent events have it. `None` when it
/// is no error.
#[must_use]
pub fn read(body: &[u8]) -> Option<UpstreamError> {
    let text = std::str::from_utf8(body).ok()?.trim_ascii();
    let text = text.strip_prefix('[').map_or(text, |inner| inner.trim_end_matches(']').trim_ascii());
    read_object(&Object::parse(text.as_bytes(), DEPTH_CEILING).ok()?)
}

/// Reads the error of a frame or body. `None` when it has none.
pub(crate) fn read_object(frame: &Object<'_>) -> Option<UpstreamError> {
    let error = get(frame, "error")?;
    if error.kind != Kind::Object {
        let message = bounded(&error.as_str()?);
        let cause = cause(&message, None);
        return Some(UpstreamError {
            code: None,
            status: String::new(),
            message,
            reason: None,
            retry_after_seconds: None,
            cause,
        });
    }
    let error = error.object().ok()?;
    let message = text(&error, "message").map(|message| bounded(&message)).unwrap_or_default();
    let (mut reason, mut retry_after_seconds) = (None, None);
    for detail in get(&error, "details").iter().flat_map(Value::elements) {
        let Ok(detail) = detail.object() else { continue };
        reason = reason.or_else(|| text(&detail, "reason"));
        retry_after_seconds =
            retry_after_seconds.or_else(|| text(&detail, "retryDelay").and_then(|delay| seconds(&delay)));
    }
    Some(UpstreamError {
        code: names::count_of(&error, "code").and_then(|code| u16::try_from(code).ok()),
        status: text(&error, "status").map(|status| bounded(&status)).unwrap_or_default(),
        cause: cause(&message, reason.as_deref()),
        message,
        reason,
        retry_after_seconds,
    })
}

fn cause(message: &str, reason: Option<&str>) -> Cause {
    if matches!(reason, Some("API_KEY_INVALID" | "ACCESS_TOKEN_EXPIRED" | "API_KEY_SERVICE_BLOCKED")) {
        return Cause::InvalidKey;
    }
    let lower = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().all(|word| lower.contains(word));
    let too_long = says(&["token count", "exceeds"])
        || says(&["exceeds the maximum number of tokens"])
        || says(&["input", "too long"])
        || says(&["input context is too long"]);
    let against_policy = says(&["content", "polic"])
        || says(&["prohibited use"])
        || says(&["safety", "block"])
        || says(&["responsible ai"])
        || says(&["usage guidelines"]);
    match () {
        () if says(&["api key not valid"]) || says(&["api key expired"]) => Cause::InvalidKey,
        () if too_long => Cause::ContextLength,
        () if against_policy => Cause::ContentPolicy,
        () => Cause::Other,
    }
}

/// A duration such as `34.4s`, rounded up.
fn seconds(delay: &str) -> Option<u32> {
    let number = delay.trim_end_matches('s');
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u32 = whole.parse().ok()?;
    Some(whole.saturating_add(u32::from(fraction.bytes().any(|b| b != b'0'))))
}

fn bounded(text: &str) -> String {
    let mut end = text.len().min(MAX_MESSAGE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// The body of a refusal.
#[must_use]
pub fn body(refusal: &Refusal) -> Vec<u8> {
    write(refusal.code.status(), refusal.code, refusal)
}

/// The body of an upstream's error for callers of this format: status and message stay.
#[must_use]
pub fn body_of_status(status: u16, code: ErrorCode, message: &str, param: Option<&str>) -> Vec<u8> {
    let mut refusal = Refusal::new(code, or_default(message).to_owned());
    refusal.param = param.map(|param| param.to_owned().into());
    write(status, code, &refusal)
}

/// An event that ends a stream with an error, or the array's last element. `is_first`: nothing was written yet.
#[must_use]
pub fn event(refusal: &Refusal, framing: Framing, is_first: bool) -> Vec<u8> {
    [framing.before(is_first), &body(refusal), framing.after(true)].concat()
}

/// The body of an error that an upstream reported inside its stream, by the name it gave.
pub(crate) fn of_upstream(kind: &str, message: &str) -> Vec<u8> {
    let status = match kind {
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" | "invalid_request_error" => 400,
        "PERMISSION_DENIED" | "permission_error" => 403,
        "NOT_FOUND" | "not_found_error" => 404,
        "RESOURCE_EXHAUSTED" | "rate_limit_error" | "rate_limit_exceeded" => 429,
        "UNAVAILABLE" | "overloaded_error" | "service_unavailable" => 503,
        "DEADLINE_EXCEEDED" | "timeout_error" => 504,
        _ => 500,
    };
    body_of_status(status, ErrorCode::UpstreamError, message, None)
}

fn write(status: u16, code: ErrorCode, refusal: &Refusal) -> Vec<u8> {
    let mut w = Writer::with_capacity(320 + refusal.message.len());
    w.begin_object();
    w.key("error");
    w.begin_object();
    w.number_member("code", status);
    w.string_member("message", &refusal.message);
    w.string_member("status", name(status));
    w.key("details");
    w.begin_array();
    w.begin_object();
    w.string_member("@type", "type.googleapis.com/google.rpc.ErrorInfo");
    w.string_member("reason", code.as_str());
    w.string_member("domain", "gatewright");
    w.end_object();
    if let Some(param) = &refusal.param {
        w.begin_object();
        w.string_member("@type", "type.googleapis.com/google.rpc.BadRequest");
        w.key("fieldViolations");
        w.begin_array();
        w.begin_object();
        w.string_member("field", param);
        w.string_member("description", &refusal.message);
        w.end_object();
        w.end_array();
        w.end_object();
    }
    if let Some(seconds) = refusal.retry_after_seconds {
        w.begin_object();
        w.string_member("@type", "type.googleapis.com/google.rpc.RetryInfo");
        w.string_member("retryDelay", &format!("{seconds}s"));
        w.end_object();
    }
    w.end_array();
    w.end_object();
    w.end_object();
    w.into_bytes()
}

/// Google's name for a status.
#[must_use]
pub const fn name(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        402 => "FAILED_PRECONDITION",
        403 => "PERMISSION_DENIED",
        404 | 405 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        502 | 503 | 529 => "UNAVAILABLE",
        400..=498 => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    }
}

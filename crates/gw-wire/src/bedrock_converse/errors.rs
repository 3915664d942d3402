//! Errors of Bedrock's runtime, read and written. Serves ingress, respond and the attempt stage. It must not
//! put internal text into what callers see.
//!
//! A body is `{"message": ...}`; the kind stands in the header [`ERROR_TYPE_HEADER`], which SDKs pick their
//! exception by. Within a stream an error is a message of its own kind, see [`event`].

use crate::errors::or_default;
use crate::eventstream::{EncodeError, HeaderValue, encode_with};
use crate::json::Object;
use crate::json::cursor::DEPTH_CEILING;
use bytes::Bytes;
use gw_model::refusal::{ErrorCode, Refusal};

/// The header with the kind of an error.
pub const ERROR_TYPE_HEADER: &str = "x-amzn-errortype";

/// What an upstream's error means beyond its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The input does not fit the model.
    ContextLength,
    /// A filter of the provider stopped the call.
    ContentPolicy,
    /// Too many requests or tokens.
    Throttled,
    /// The credential was refused.
    Credential,
    /// None of these.
    Other,
}

/// The kind for an error with this status, for [`ERROR_TYPE_HEADER`].
#[must_use]
pub const fn kind_of_status(status: u16) -> &'static str {
    match status {
        401 => "UnrecognizedClientException",
        402 => "ServiceQuotaExceededException",
        403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 | 504 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        400..=499 => "ValidationException",
        503 | 529 => "ServiceUnavailableException",
        _ => "InternalServerException",
    }
}

/// The kind of a refusal, for [`ERROR_TYPE_HEADER`].
#[must_use]
pub const fn kind(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidSignature => "InvalidSignatureException",
        _ => kind_of_status(code.status()),
    }
}

/// The body of a refusal.
#[must_use]
pub fn body(refusal: &Refusal) -> Vec<u8> {
    body_of_kind(kind(refusal.code), refusal.code, &refusal.message)
}

/// The body of an error with this status: `code` is the gateway's stable code.
#[must_use]
pub fn body_of(status: u16, code: ErrorCode, message: &str) -> Vec<u8> {
    body_of_kind(kind_of_status(status), code, message)
}

/// The kind stands in `__type`, where SDKs look when a proxy has taken the header away.
fn body_of_kind(kind: &str, code: ErrorCode, message: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(96 + message.len());
    out.extend_from_slice(br#"{"message":"#);
    // Writing into memory cannot fail.
    let _ = serde_json::to_writer(&mut out, message);
    for (name, value) in [("code", code.as_str()), ("__type", kind)] {
        out.extend_from_slice(format!(",\"{name}\":\"{value}\"").as_bytes());
    }
    out.push(b'}');
    out
}

/// A message that ends a stream with a refusal.
#[must_use]
pub fn event(refusal: &Refusal) -> Bytes {
    let mut out = Vec::with_capacity(192 + refusal.message.len());
    let exception = match refusal.code.status() {
        429 => "throttlingException",
        503 => "serviceUnavailableException",
        502 | 504 => "modelStreamErrorException",
        400..=499 => "validationException",
        _ => "internalServerException",
    };
    // A refusal's message is a sentence or two, far below the limits.
    let _ = write_exception(exception, &refusal.message, Some(refusal.code), &mut out);
    Bytes::from(out)
}

/// Appends a message for an error that an upstream reported inside its stream, whatever its format called it.
///
/// # Errors
/// The message is too long for the framing.
pub(super) fn write_event(kind: &str, message: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let kind = kind.to_ascii_lowercase();
    let has = |part: &str| kind.contains(part);
    let exception = if has("throttling") || has("rate_limit") || has("too_many") {
        "throttlingException"
    } else if has("overloaded") || has("unavailable") {
        "serviceUnavailableException"
    } else if has("validation") || has("invalid_request") {
        "validationException"
    } else if has("internalserver") {
        "internalServerException"
    } else {
        "modelStreamErrorException"
    };
    write_exception(exception, or_default(message), None, out)
}

fn write_exception(
    exception: &str,
    message: &str,
    code: Option<ErrorCode>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let headers = [
        (":exception-type", HeaderValue::Text(exception)),
        (":content-type", HeaderValue::Text("application/json")),
        (":message-type", HeaderValue::Text("exception")),
    ];
    let payload = |out: &mut Vec<u8>| {
        out.extend_from_slice(br#"{"message":"#);
        let _ = serde_json::to_writer(&mut *out, message);
        if let Some(code) = code {
            out.extend_from_slice(format!(",\"code\":\"{}\"", code.as_str()).as_bytes());
        }
        out.push(b'}');
    };
    encode_with(&headers, payload, out)
}

/// Kind and message of an error body; `error_type` is the value of [`ERROR_TYPE_HEADER`]. `None` when it is no
/// error.
#[must_use]
pub fn read(body: &[u8], error_type: Option<&str>) -> Option<(String, String)> {
    let (in_body, message) = crate::errors::read(body)?;
    // Our own bodies have their kind beside the stable code.
    let in_type =
        Object::parse(body, DEPTH_CEILING).ok().and_then(|o| Some(o.get("__type")?.as_str()?.into_owned()));
    let in_body = in_type.unwrap_or(in_body);
    let kind = match error_type.map(plain_kind).filter(|kind| !kind.is_empty()) {
        Some(kind) => kind.to_owned(),
        None => plain_kind(&in_body).to_owned(),
    };
    Some((kind, message))
}

/// The kind without the namespaces that services put around it: `a.b#Kind:http://...`.
#[must_use]
pub fn plain_kind(kind: &str) -> &str {
    let kind = kind.split(':').next().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default().trim()
}

/// What an error means, by its kind and message: Bedrock has one kind for many faults, and passes on what the
/// models' own services say.
#[must_use]
pub fn meaning(kind: &str, message: &str) -> Meaning {
    const TOO_LONG: &[&str] = &[
        "input is too long",
        "prompt is too long",
        "too many input tokens",
        "exceed context limit",
        "exceeds context limit",
        "maximum context length",
        "context window",
        "maximum number of tokens",
        "input token count",
        "input tokens exceeds",
        "expected maxlength",
    ];
    const FILTERED: &[&str] = &[
        "content filter",
        "content filtering policy",
        "responsible ai policy",
        "blocked by our content",
        "usage policy",
    ];
    match plain_kind(kind) {
        "ThrottlingException" | "throttlingException" | "TooManyRequestsException" => {
            return Meaning::Throttled;
        }
        "UnrecognizedClientException"
        | "AccessDeniedException"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException" => return Meaning::Credential,
        _ => {}
    }
    let message = message.to_ascii_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if says(TOO_LONG) {
        Meaning::ContextLength
    } else if says(FILTERED) {
        Meaning::ContentPolicy
    } else {
        Meaning::Other
    }
}

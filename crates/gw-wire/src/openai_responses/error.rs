//! Errors of this format: bodies and events. Serves respond and the attempt stage. It must not put internal text
//! into what callers see.

use crate::errors;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value, Writer};
use gw_model::{ErrorCode, Refusal, WireFormat};

/// An upstream's error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpstreamError {
    /// Its `code`, else its `type`; empty when there is neither.
    pub kind: String,
    /// Its message; empty when there is none.
    pub message: String,
    /// The parameter that it blames.
    pub param: Option<String>,
}

impl UpstreamError {
    /// The code that stands for the error whoever reports it. `None` when only the status tells.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        recognise(&self.kind, &self.message)
    }
}

/// Codes and types of upstreams that say that the input does not fit.
const LENGTH: &[&str] = &[
    "context_length_exceeded",
    "context_window_exceeded",
    "exceed_context_size_error",
    "model_max_prompt_tokens_exceeded",
    "tokens_limit_reached",
    "too_many_prompt_tokens",
    "TOO_MANY_TOKENS",
];

/// Words of messages that say that the input does not fit, for upstreams that state no code.
const TOO_LONG: &[&str] = &[
    "`inputs` tokens + `max_new_tokens` must be",
    "available context size",
    "context length",
    "context window",
    "context_length",
    "exceed context limit",
    "exceeded model token limit",
    "exceeds context limit",
    "input is too long",
    "input length exceeds",
    "input token count",
    "input tokens exceed",
    "longer than the maximum model length",
    "maximum allowed input length",
    "maximum allowed length",
    "maximum prompt length",
    "prompt is too long",
    "range of input length should be",
    "reduce the length of the messages",
    "too long to fit into the model",
    "too many input tokens",
    "too many tokens",
    "total length of all messages is too long",
];

/// Words of messages that say that a content policy refused the input or the answer.
const AGAINST_POLICY: &[&str] = &[
    "blocked by our content",
    "content exists risk",
    "content filtering policy",
    "content management policy",
    "input was flagged",
    "inappropriate content",
    "rejected as a result of our safety system",
    "responsible ai policy",
    "violates usage guidelines",
    "violating our usage policy",
];

/// Codes of upstreams whose own policy refused the input or the answer.
const POLICY: &[&str] = &[
    "bio_policy",
    "content_filter",
    "content_policy_violation",
    "contentfilter",
    "cyber_policy",
    "data_inspection_failed",
    "datainspectionfailed",
    "image_content_policy_violation",
    "invalid_prompt",
    "moderation_blocked",
    "responsible_ai_policy_violation",
    "responsibleaipolicyviolation",
];

/// What a kind and a message stand for: input that does not fit, or the upstream's content policy.
#[must_use]
pub fn recognise(kind: &str, message: &str) -> Option<ErrorCode> {
    if LENGTH.contains(&kind) {
        return Some(ErrorCode::ContextLengthExceeded);
    }
    if POLICY.iter().any(|code| kind.eq_ignore_ascii_case(code)) {
        return Some(ErrorCode::GuardrailBlocked);
    }
    let message = message.to_ascii_lowercase();
    if TOO_LONG.iter().any(|words| message.contains(words)) {
        return Some(ErrorCode::ContextLengthExceeded);
    }
    // OpenAI's word for a message that is longer than any model takes; other parameters have limits too.
    let is_message = message.contains("'messages") || message.contains("'input");
    if kind == "string_above_max_length" && is_message {
        return Some(ErrorCode::ContextLengthExceeded);
    }
    let is_policy = AGAINST_POLICY.iter().any(|words| message.contains(words));
    is_policy.then_some(ErrorCode::GuardrailBlocked)
}

/// This format's code for an error that an upstream of any format reported inside its answer. Callers tell by it
/// whether to try again.
pub(super) fn code_of<'a>(kind: &'a str, message: &str) -> &'a str {
    match kind {
        "rate_limit_error" | "rate_limit_exceeded" | "throttlingException" => "rate_limit_exceeded",
        _ if recognise(kind, message) == Some(ErrorCode::ContextLengthExceeded) => "context_length_exceeded",
        "" | "api_error" | "overloaded_error" | "timeout_error" => "server_error",
        "invalid_request_error" => "invalid_prompt",
        other => other,
    }
}

/// Reads the body of an error. `None` when it is none.
#[must_use]
pub fn read(body: &[u8]) -> Option<UpstreamError> {
    let object = Object::parse(body, DEPTH_CEILING).ok()?;
    match object.get("error").filter(|error| error.kind == Kind::Object) {
        Some(error) => Some(of_object(&error.object().ok()?)),
        // A text beside a code, or one of the many other shapes.
        None => errors::read(body).map(|(kind, message)| UpstreamError {
            kind: text(object.get("code").as_ref()).unwrap_or(kind),
            message,
            param: None,
        }),
    }
}

/// Reads the error of an event's data: an `error` event, or the failed answer that ends a stream. `None` when the
/// data cannot be read.
#[must_use]
pub fn of_frame(data: &[u8]) -> Option<UpstreamError> {
    let frame = Object::parse(data, DEPTH_CEILING).ok()?;
    match frame.get("response").filter(|answer| answer.kind == Kind::Object) {
        Some(answer) => {
            let error = answer.object().ok()?.get("error").filter(|error| error.kind == Kind::Object);
            error.map_or_else(
                || Some(UpstreamError::default()),
                |error| Some(of_object(&error.object().ok()?)),
            )
        }
        None => Some(of_event(&frame)),
    }
}

/// Reads an `error` event: its members stand at the top or in `error`.
pub(super) fn of_event(frame: &Object<'_>) -> UpstreamError {
    match frame.get("error") {
        Some(error) if error.kind == Kind::Object => error.object().map(|error| of_object(&error)).ok(),
        Some(error) if error.kind == Kind::String => {
            let message = text(Some(&error)).unwrap_or_default();
            Some(UpstreamError {
                kind: text(frame.get("code").as_ref()).unwrap_or_default(),
                message,
                param: None,
            })
        }
        _ => {
            let member = |name: &str| text(frame.get(name).as_ref());
            Some(UpstreamError {
                kind: member("code").unwrap_or_default(),
                message: member("message").unwrap_or_default(),
                param: member("param"),
            })
        }
    }
    .unwrap_or_default()
}

/// Reads the value of an `error` member.
pub(super) fn of_object(error: &Object<'_>) -> UpstreamError {
    let member = |name: &str| text(error.get(name).as_ref());
    UpstreamError {
        kind: member("code").or_else(|| member("type")).unwrap_or_default(),
        message: member("message").unwrap_or_default(),
        param: member("param"),
    }
}

/// A text that is not empty, at most as long as messages may be.
fn text(value: Option<&Value<'_>>) -> Option<String> {
    let text = value?.as_str().filter(|text| !text.is_empty())?;
    let mut end = text.len().min(errors::MAX_MESSAGE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).map(str::to_owned)
}

/// The body of a refusal: this format's are those of OpenAI's other formats.
#[must_use]
pub fn body(refusal: &Refusal) -> Vec<u8> {
    errors::body(WireFormat::OpenAiChat, refusal)
}

/// An event that ends a stream with an error, for a stream of which nothing was written yet. Within one,
/// [`super::stream::Writer::fail`] numbers it rightly.
#[must_use]
pub fn event(refusal: &Refusal) -> Vec<u8> {
    event_at(refusal, 0)
}

/// As [`event`], with the number that it has in its stream.
#[must_use]
pub fn event_at(refusal: &Refusal, sequence: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(320 + refusal.message.len());
    write_event(refusal.code.as_str(), &refusal.message, refusal.param.as_deref(), sequence, &mut out);
    out
}

/// Appends an `error` event. Its members stand at the top, where the reference has them, and in `error`, where
/// the official SDKs look for them to raise their exceptions.
pub(super) fn write_event(code: &str, message: &str, param: Option<&str>, sequence: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: error\ndata: ");
    let mut w = Writer::onto(std::mem::take(out));
    // Behind a space no comma is set.
    w.begin_object();
    w.string_member("type", "error");
    w.number_member("sequence_number", sequence);
    members(&mut w, code, message, param);
    w.key("error");
    w.begin_object();
    w.string_member("type", kind_of(code));
    members(&mut w, code, message, param);
    w.end_object();
    w.end_object();
    *out = w.into_bytes();
    out.extend_from_slice(b"\n\n");
}

fn members(w: &mut Writer, code: &str, message: &str, param: Option<&str>) {
    w.string_member("code", code);
    w.string_member("message", message);
    match param {
        Some(param) => w.string_member("param", param),
        None => w.null_member("param"),
    }
}

/// OpenAI's `type` for a code.
fn kind_of(code: &str) -> &str {
    match code {
        "context_length_exceeded" | "invalid_request" | "unsupported_parameter" | "guardrail_blocked" => {
            "invalid_request_error"
        }
        code if code.starts_with("rate_limit") => "rate_limit_error",
        code if code.ends_with("_error") => code,
        _ => "server_error",
    }
}

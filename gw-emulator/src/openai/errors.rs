//! OpenAI's error object, whole and inside a stream. It must not decide statuses.

use serde_json::json;

use crate::answer::Rejection;
use crate::play::Frames;

/// The error body of a rejection.
pub(crate) fn body(rejection: &Rejection) -> String {
    let kind = kind(rejection);
    let code = rejection.code.or(match rejection.status {
        401 => Some("invalid_api_key"),
        429 => Some("rate_limit_exceeded"),
        _ => None,
    });
    json!({"error": {
        "message": rejection.message, "type": kind, "param": rejection.param, "code": code
    }})
    .to_string()
}

/// An error in the midst of a stream.
pub(crate) fn event(frames: &mut Frames, rejection: &Rejection) {
    frames.event(None, &[&body(rejection)], 0);
}

fn kind(rejection: &Rejection) -> &'static str {
    match rejection.status {
        401 => "authentication_error",
        403 => "permission_error",
        429 if rejection.code == Some("insufficient_quota") => "insufficient_quota",
        429 => "requests",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    }
}

//! Anthropic's error object, whole and as an `error` event. It must not decide statuses.

use serde_json::json;

use crate::answer::Rejection;
use crate::play::Frames;

/// The error body of a rejection.
pub(crate) fn body(rejection: &Rejection, request_id: &str) -> String {
    json!({
        "type": "error",
        "error": {"type": kind(rejection.status), "message": text(rejection)},
        "request_id": request_id
    })
    .to_string()
}

/// An error in the midst of a stream.
pub(crate) fn event(frames: &mut Frames, rejection: &Rejection) {
    let error = json!({
        "type": "error", "error": {"type": kind(rejection.status), "message": rejection.message}
    });
    frames.event(Some("error"), &[&error.to_string()], 0);
}

/// The message, led by the parameter's name as the real service writes it.
fn text(rejection: &Rejection) -> String {
    match (&rejection.param, rejection.code) {
        (Some(param), Some("missing_required_parameter")) => format!("{param}: Field required"),
        (Some(param), _) => format!("{param}: {}", rejection.message),
        (None, _) => rejection.message.clone(),
    }
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

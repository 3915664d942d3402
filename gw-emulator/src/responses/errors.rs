//! The error event of a stream of a response; whole errors are OpenAI's. It must not decide statuses.

use serde_json::{Value, json};

use crate::answer::Rejection;
use crate::play::Frames;

/// An error in the midst of a stream.
pub(crate) fn event(frames: &mut Frames, rejection: &Rejection) {
    let code = match rejection.status {
        429 => "rate_limit_exceeded",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    };
    // Every event before it had a number, from 0 on.
    let event = json!({
        "type": "error", "code": code, "message": rejection.message, "param": Value::Null,
        "sequence_number": frames.len()
    });
    frames.event(Some("error"), &[&event.to_string()], 0);
}

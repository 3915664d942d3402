//! Cohere's error object, and the event that ends a stream with one. It must not decide statuses.

use serde_json::json;

use crate::answer::Rejection;
use crate::play::Frames;

/// The error body of a rejection.
pub(crate) fn body(rejection: &Rejection, request_id: &str) -> String {
    json!({"id": request_id, "message": rejection.message}).to_string()
}

/// An error in the midst of a stream: its end with a reason of its own.
pub(crate) fn event(frames: &mut Frames, rejection: &Rejection) {
    let event = json!({
        "type": "message-end", "delta": {"finish_reason": "ERROR", "error": rejection.message}
    });
    frames.event(Some("message-end"), &[&event.to_string()], 0);
}

//! Gemini's error object, whole and inside a stream. It must not decide statuses.

use serde_json::{Value, json};

use crate::answer::Rejection;
use crate::play::Frames;

/// The error body of a rejection; a bound on requests says in it when to come again.
pub(crate) fn body(rejection: &Rejection, retry_after: Option<&str>) -> String {
    object(rejection, retry_after).to_string()
}

/// An error in the midst of a stream: an element like any other.
pub(crate) fn event(frames: &mut Frames, rejection: &Rejection) {
    frames.json(&object(rejection, None).to_string(), 0);
    frames.close();
}

fn object(rejection: &Rejection, retry_after: Option<&str>) -> Value {
    let mut error = json!({
        "code": rejection.status, "message": rejection.message, "status": status(rejection.status)
    });
    let details = details(rejection, retry_after);
    if !details.is_empty() {
        error["details"] = Value::Array(details);
    }
    json!({"error": error})
}

fn details(rejection: &Rejection, retry_after: Option<&str>) -> Vec<Value> {
    let mut details = Vec::new();
    if rejection.code == Some("invalid_api_key") && rejection.status == 400 {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
            "domain": "googleapis.com", "metadata": {"service": "generativelanguage.googleapis.com"}
        }));
    }
    if let Some(param) = &rejection.param {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": param, "description": rejection.message}]
        }));
    }
    if rejection.status == 429 {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}]
        }));
    }
    // A date has no place in a duration; the header alone carries it.
    let seconds = retry_after.or((rejection.status == 429).then_some("1"));
    if let Some(seconds) = seconds.filter(|text| text.parse::<f64>().is_ok()) {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s")
        }));
    }
    details
}

fn status(status: u16) -> &'static str {
    match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        405 | 501 => "UNIMPLEMENTED",
        402..=498 => "FAILED_PRECONDITION",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    }
}

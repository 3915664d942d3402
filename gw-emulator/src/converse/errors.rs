//! Bedrock's errors: a body with the message alone, the kind in a header, exceptions inside a stream. It
//! must not decide statuses.

use http::{HeaderName, HeaderValue};
use serde_json::json;

use crate::answer::Rejection;
use crate::play::Frames;

/// The error body of a rejection.
pub(crate) fn body(rejection: &Rejection) -> String {
    json!({"message": rejection.message}).to_string()
}

/// The header that names the kind of an error, with the address that the real service puts behind it.
pub(crate) fn header(status: u16) -> (HeaderName, HeaderValue) {
    let value = match status {
        403 => "AccessDeniedException:http://internal.amazon.com/coral/com.amazon.bedrock/",
        404 => "ResourceNotFoundException:http://internal.amazon.com/coral/com.amazon.bedrock/",
        408 => "ModelTimeoutException:http://internal.amazon.com/coral/com.amazon.bedrock/",
        424 => "ModelErrorException:http://internal.amazon.com/coral/com.amazon.bedrock/",
        429 => "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/",
        503 => "ServiceUnavailableException:http://internal.amazon.com/coral/com.amazon.bedrock/",
        400..=499 => "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/",
        _ => "InternalServerException:http://internal.amazon.com/coral/com.amazon.bedrock/",
    };
    (HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(value))
}

/// An exception in the midst of a stream.
pub(crate) fn event(frames: &mut Frames, rejection: &Rejection) {
    let kind = match rejection.status {
        424 => "modelStreamErrorException",
        429 => "throttlingException",
        503 => "serviceUnavailableException",
        400..=499 => "validationException",
        _ => "internalServerException",
    };
    let headers =
        [(":exception-type", kind), (":content-type", "application/json"), (":message-type", "exception")];
    frames.message(&headers, body(rejection).as_bytes(), 0);
}

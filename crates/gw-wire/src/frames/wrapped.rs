//! Events of a model's own format inside binary messages: `{"bytes":"<base64>"}`. Serves the framer. It must not
//! change what an event says.

use crate::codec::WireError;
use crate::eventstream::Message;
use crate::json::{Object, cursor, escape_into};
use crate::sse::{self, SseEvent as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The event that a message holds, as a server-sent one. What Bedrock itself has to report becomes an error event.
pub(super) fn unwrap(message: &Message) -> Result<sse::Frame, WireError> {
    let damaged = |what: &'static str| WireError::Shape { what };
    let object = Object::parse(&message.payload, cursor::DEPTH_CEILING);
    if message.headers.text(":exception-type").is_some() || message.headers.text(":error-code").is_some() {
        return Ok(exception(message));
    }
    let object = object.map_err(|_| damaged("a message of the stream is not JSON"))?;
    let Some(held) = object.get("bytes") else {
        return Err(damaged("a message of the stream holds no event"));
    };
    let held = held.as_str().ok_or_else(|| damaged("a message of the stream holds no event"))?;
    let event =
        STANDARD.decode(held.as_bytes()).map_err(|_| damaged("an event of the stream is not base64"))?;
    let kind = Object::parse(&event, cursor::DEPTH_CEILING)
        .ok()
        .and_then(|object| Some(object.get("type")?.as_str()?.into_owned()));
    let mut raw = Vec::with_capacity(event.len() + 48);
    if let Some(kind) = kind.filter(|kind| kind.bytes().all(|b| b.is_ascii_graphic())) {
        raw.extend_from_slice(b"event: ");
        raw.extend_from_slice(kind.as_bytes());
        raw.push(b'\n');
    }
    raw.extend_from_slice(b"data: ");
    // JSON on one line has no line ends but between members, where a blank is as good.
    raw.extend(event.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    raw.extend_from_slice(b"\n\n");
    Ok(sse::Frame::parse(raw.into()))
}

/// Bedrock broke the stream off; in the words of Anthropic's format.
fn exception(message: &Message) -> sse::Frame {
    let kind = match message.event() {
        Some("throttlingException") => "rate_limit_error",
        Some("validationException") => "invalid_request_error",
        Some("serviceUnavailableException") => "overloaded_error",
        Some("modelTimeoutException") => "timeout_error",
        _ => "api_error",
    };
    let said = crate::errors::message(gw_model::WireFormat::BedrockConverse, &message.payload);
    let mut raw = b"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"".to_vec();
    raw.extend_from_slice(kind.as_bytes());
    raw.extend_from_slice(b"\",\"message\":\"");
    escape_into(&mut raw, said.as_deref().unwrap_or("the provider broke the stream off"));
    raw.extend_from_slice(b"\"}}\n\n");
    sse::Frame::parse(raw.into())
}

#[cfg(test)]
mod tests;

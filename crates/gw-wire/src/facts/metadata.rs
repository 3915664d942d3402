//! The metadata that a caller puts into a body, where its format has a place for that. Serves conditions and what keys ask
//! for; it is read only when one of them does. What is no object, or larger than is read, is refused with the other facts.

use super::invalid;
use super::kinds::wrong_kind;
use crate::json::{Kind, Object, Value as Json};
use gw_model::{Refusal, Span, WireFormat};
use serde_json::{Map, Value};

/// Largest metadata that is read, in bytes as written.
const MAX_BYTES: usize = 64 << 10;

/// Deepest nesting that is read; a request has been checked before.
const MAX_DEPTH: usize = 1024;

/// The member that holds it.
pub(super) const fn member(format: WireFormat) -> Option<&'static str> {
    match format {
        WireFormat::OpenAiChat | WireFormat::OpenAiResponses | WireFormat::AnthropicMessages => {
            Some("metadata")
        }
        WireFormat::BedrockConverse => Some("requestMetadata"),
        WireFormat::GeminiGenerate => Some("labels"),
        _ => None,
    }
}

/// Can it be read later? Errors: 400 that names the member and what it must be.
pub(super) fn check(name: &'static str, value: &Json<'_>) -> Result<(), Refusal> {
    if value.kind != Kind::Object {
        return Err(wrong_kind(name, "an object", value));
    }
    if value.raw().len() > MAX_BYTES {
        return Err(invalid(name, format!("`{name}` must have at most {MAX_BYTES} bytes.")));
    }
    Ok(())
}

/// The members of the body's metadata. `None` when it has none, or none that could be read within bounds.
#[must_use]
pub fn metadata(format: WireFormat, body: &[u8]) -> Option<Map<String, Value>> {
    let object = Object::parse(body, MAX_DEPTH).ok()?;
    let raw = object.get(member(format)?)?.raw();
    if raw.len() > MAX_BYTES {
        return None;
    }
    serde_json::from_str(raw).ok()
}

/// The same, of a body of which the facts say where it stands.
#[must_use]
pub fn metadata_at(span: Option<Span>, body: &[u8]) -> Option<Map<String, Value>> {
    let span = span?;
    serde_json::from_slice(body.get(span.start..span.end)?).ok()
}

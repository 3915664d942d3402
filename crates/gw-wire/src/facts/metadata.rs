//! The metadata that a caller puts into a body, where its format has a place for that. Serves conditions; it is read
//! only when one of them asks. It must not judge what stands there.

use crate::json::Object;
use gw_model::WireFormat;
use serde_json::{Map, Value};

/// Largest metadata that is read, in bytes as written.
const MAX_BYTES: usize = 64 << 10;

/// Deepest nesting that is read; a request has been checked before.
const MAX_DEPTH: usize = 1024;

/// The members of the body's metadata. `None` when it has none, or none that could be read within bounds.
#[must_use]
pub fn metadata(format: WireFormat, body: &[u8]) -> Option<Map<String, Value>> {
    let name = match format {
        WireFormat::OpenAiChat | WireFormat::OpenAiResponses | WireFormat::AnthropicMessages => "metadata",
        WireFormat::BedrockConverse => "requestMetadata",
        WireFormat::GeminiGenerate => "labels",
        _ => return None,
    };
    let object = Object::parse(body, MAX_DEPTH).ok()?;
    let raw = object.get(name)?.raw();
    if raw.len() > MAX_BYTES {
        return None;
    }
    serde_json::from_str(raw).ok()
}

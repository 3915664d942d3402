//! What a call consumed, read from the answer on its way to the caller. Serves metering. It must not change
//! the answer: all it can say of a frame is that the gateway, not the caller, asked for it.

mod counts;
mod meter;

pub use counts::{AnthropicCounts, openai as openai_counts};
pub use meter::{StreamError, StreamMeter};

use crate::json::cursor::DEPTH_CEILING;
use crate::json::member::MemberScanner;
use crate::json::{JsonError, Object, Value};
use gw_model::{Usage, WireFormat};

/// Top-level members of a whole answer that usage is read from; what a [`MemberScanner`] has to look for.
pub const WANTED_MEMBERS: &[&str] = &["usage", "service_tier"];

/// Usage of a whole answer. `None` when it states none.
#[must_use]
pub fn from_whole(format: WireFormat, body: &[u8]) -> Option<Usage> {
    match Object::parse(body, DEPTH_CEILING) {
        Ok(object) => from_object(format, &object),
        // Not JSON that we would accept, but what the caller gets: count what can be found in it.
        Err(_) => {
            let mut scanner = MemberScanner::new(WANTED_MEMBERS);
            scanner.feed(body);
            from_scanner(format, &scanner)
        }
    }
}

/// Usage of a whole answer that must be a JSON object. `None` when it states none.
///
/// # Errors
/// The place of the fault: a caller's SDK could not read it either.
pub fn from_valid(format: WireFormat, body: &[u8]) -> Result<Option<Usage>, JsonError> {
    Object::parse(body, DEPTH_CEILING).map(|object| from_object(format, &object))
}

/// Usage of a whole answer that passed by in pieces.
#[must_use]
pub fn from_scanner(format: WireFormat, scanner: &MemberScanner) -> Option<Usage> {
    let mut text = b"{\"usage\":".to_vec();
    text.extend_from_slice(scanner.value("usage")?);
    if let Some(tier) = scanner.value("service_tier") {
        text.extend_from_slice(b",\"service_tier\":");
        text.extend_from_slice(tier);
    }
    text.push(b'}');
    from_object(format, &Object::parse(&text, DEPTH_CEILING).ok()?)
}

fn from_object(format: WireFormat, object: &Object<'_>) -> Option<Usage> {
    let usage = object.get("usage")?;
    match format {
        WireFormat::AnthropicMessages => {
            let mut counts = AnthropicCounts::default();
            counts.add(&usage).then(|| counts.usage())
        }
        _ => counts::openai(&usage, object.get("service_tier").as_ref()),
    }
}

/// The member `name` of `value`, when that is an object that has it.
fn member<'a>(value: &Value<'a>, name: &str) -> Option<Value<'a>> {
    value.object().ok()?.get(name)
}

#[cfg(test)]
mod tests;

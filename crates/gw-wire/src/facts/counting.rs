//! Reads a request to count tokens: a conversation, alone or within another object. Serves `facts`. It must not
//! be stricter than for a conversation, nor let through what a conversation may not hold.

use super::members::{self, Found};
use super::{json_refusal, no_messages};
use crate::estimate;
use crate::gemini::names;
use crate::json::{Kind, Object, Value};
use gw_model::{CallFacts, Refusal, WireFormat};

/// Bytes of a request within a request (base64 of what a model takes) that count as one token.
const OPAQUE_BYTES_PER_TOKEN: u64 = 3;

/// Reads `body`, whose tokens as `conversation` are to be counted by `format`.
pub(super) fn read(
    format: WireFormat,
    conversation: WireFormat,
    body: &Object<'_>,
    facts: &mut CallFacts,
) -> Result<(), Refusal> {
    facts.max_output_tokens = Some(0);
    let Some(inner) = conversation_in(format, body) else {
        return read_object(conversation, body, facts);
    };
    if inner.kind != Kind::Object {
        facts.input_tokens = inner.raw().len() as u64 / OPAQUE_BYTES_PER_TOKEN;
        return Ok(());
    }
    let inner = inner.object().map_err(|error| json_refusal(&error))?;
    read_object(conversation, &inner, facts)
}

/// The conversation within a request to count, where it does not stand alone.
pub(crate) fn conversation_in<'a>(format: WireFormat, body: &Object<'a>) -> Option<Value<'a>> {
    match format {
        WireFormat::GeminiCountTokens => names::get(body, "generateContentRequest"),
        WireFormat::BedrockCountTokens => {
            let input = body.get("input").filter(|input| input.kind == Kind::Object)?.object().ok()?;
            input.get("converse").or_else(|| input.get("invokeModel")?.object().ok()?.get("body"))
        }
        _ => None,
    }
}

fn read_object(format: WireFormat, body: &Object<'_>, facts: &mut CallFacts) -> Result<(), Refusal> {
    let mut found = Found::default();
    for member in &body.members {
        members::read(format, body, member, facts, &mut found)?;
    }
    if !found.has_messages && !found.has_context {
        return Err(no_messages(format));
    }
    facts.input_tokens = estimate::stated_tokens(format, body);
    // Nothing is generated, whatever the request says of it.
    facts.max_output_tokens = Some(0);
    facts.max_output_span = None;
    facts.choices = 1;
    facts.stream = false;
    facts.background = false;
    facts.stores = false;
    Ok(())
}

//! Does an answer say what was asked for, to its end? Serves the cache, which keeps nothing else: some upstreams tell of a
//! fault with a good status, or break off in silence. It must not build values.

use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value};
use gw_model::{Endpoint, WireFormat};

/// A whole answer that is neither a fault nor empty nor broken off.
#[must_use]
pub fn is_complete(format: WireFormat, body: &[u8]) -> bool {
    use WireFormat as F;
    let Ok(answer) = Object::parse(body, DEPTH_CEILING) else { return false };
    if answer.get("error").is_some_and(|error| !error.is_null()) {
        return false;
    }
    let is_text = |name: &str| answer.get(name).is_some_and(|value| is_said(&value));
    match format {
        F::OpenAiChat | F::OpenAiCompletions => each(&answer, "choices", "finish_reason"),
        F::GeminiGenerate => each(&answer, "candidates", "finishReason"),
        F::OpenAiResponses => {
            let status = answer.get("status").and_then(|status| status.as_str());
            matches!(status.as_deref(), Some("completed" | "incomplete")) && is_filled(&answer, "output")
        }
        F::AnthropicMessages => is_text("stop_reason") && answer.get("content").is_some(),
        F::BedrockConverse => is_text("stopReason") && answer.get("output").is_some(),
        F::CohereChat => is_text("finish_reason") && answer.get("message").is_some(),
        other => match other.endpoint() {
            Endpoint::Images => is_filled(&answer, "data"),
            // Lists of vectors and ranks have other names in every format.
            _ => answer.members.iter().any(|member| is_list(&answer.value(member))),
        },
    }
}

/// A stream whose answer was finished, where its end mark alone does not say so.
#[must_use]
pub fn has_finished(format: WireFormat, stream: &[u8]) -> bool {
    if !matches!(format, WireFormat::OpenAiChat | WireFormat::OpenAiCompletions) {
        return true;
    }
    const NAME: &[u8] = b"\"finish_reason\"";
    memchr::memmem::rfind_iter(stream, NAME).any(|at| {
        let behind = stream.get(at + NAME.len()..).unwrap_or_default();
        let value = behind.trim_ascii_start().strip_prefix(b":").unwrap_or_default();
        value.trim_ascii_start().starts_with(b"\"")
    })
}

fn is_said(value: &Value<'_>) -> bool {
    value.kind == Kind::String && value.raw().len() > 2
}

fn is_filled(answer: &Object<'_>, name: &str) -> bool {
    answer.get(name).is_some_and(|list| list.elements().next().is_some())
}

/// A list with something in it, or an object that holds one.
fn is_list(value: &Value<'_>) -> bool {
    let is_one = |value: &Value<'_>| value.elements().next().is_some();
    is_one(value) || value.members().any(|(_, value)| is_one(&value))
}

/// There are such elements, and each has the text.
fn each(answer: &Object<'_>, list: &str, name: &str) -> bool {
    let says = |element: Value<'_>| element.members().any(|(found, value)| found == name && is_said(&value));
    is_filled(answer, list) && answer.get(list).is_some_and(|list| list.elements().all(says))
}

#[cfg(test)]
mod tests;

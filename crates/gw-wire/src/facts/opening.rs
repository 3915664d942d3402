//! How a conversation begins: what stays the same from turn to turn, so that a provider's prompt cache knows it. Serves
//! routing that keeps a conversation at one target. It must not judge or change anything.

use crate::json::{Object, Value};
use gw_model::WireFormat;

/// Messages that belong to the beginning, at most: instructions may be several, and then comes what the user said first.
const MAX_MESSAGES: usize = 8;

/// Deepest nesting that is read; a request has been checked before.
const MAX_DEPTH: usize = 1024;

/// The instructions and the messages up to the first of the user, as they are written. `None` when the format has no
/// conversation, or this one is empty.
#[must_use]
pub fn opening(format: WireFormat, body: &[u8]) -> Option<Vec<&str>> {
    let (instructions, messages): (&[&str], &str) = match format {
        WireFormat::OpenAiChat | WireFormat::CohereChat => (&[], "messages"),
        WireFormat::OpenAiResponses => (&["instructions"], "input"),
        WireFormat::AnthropicMessages | WireFormat::BedrockConverse => (&["system"], "messages"),
        WireFormat::GeminiGenerate => (&["systemInstruction", "system_instruction"], "contents"),
        _ => return None,
    };
    let object = Object::parse(body, MAX_DEPTH).ok()?;
    let mut parts: Vec<&str> =
        instructions.iter().filter_map(|name| object.get(name)).map(|value| value.raw()).collect();
    let messages = object.get(messages)?;
    // A prompt in one piece.
    if messages.as_str().is_some() {
        parts.push(messages.raw());
    }
    for message in messages.elements().take(MAX_MESSAGES) {
        parts.push(message.raw());
        if is_of_user(&message) {
            break;
        }
    }
    (!parts.is_empty()).then_some(parts)
}

fn is_of_user(message: &Value<'_>) -> bool {
    let role = message.members().find(|(name, _)| *name == "role");
    // Google's users need not say who they are.
    role.is_none_or(|(_, role)| role.as_str().as_deref() == Some("user"))
}

//! What the user said last: the text that semantic routes compare. Serves routing; it is read only where a model's tree
//! asks. It must not judge the text, or give what tools, assistants and instructions say.

use crate::json::{Object, Value};
use gw_model::WireFormat;
use std::borrow::Cow;

/// Deepest nesting that is read; a request has been checked before.
const MAX_DEPTH: usize = 1024;

/// Pieces of one message that are put together, at most.
const MAX_PIECES: usize = 256;

/// The texts of the user's last message that has any, a line for each. `None` when the format has no prompt, or nobody
/// said a word.
#[must_use]
pub fn last_user_text(format: WireFormat, body: &[u8]) -> Option<Cow<'_, str>> {
    let messages = match format {
        WireFormat::OpenAiChat
        | WireFormat::CohereChat
        | WireFormat::AnthropicMessages
        | WireFormat::BedrockConverse => "messages",
        WireFormat::OpenAiResponses => "input",
        WireFormat::GeminiGenerate => "contents",
        WireFormat::OpenAiCompletions => "prompt",
        _ => return None,
    };
    let found = Object::parse(body, MAX_DEPTH).ok()?.get(messages)?;
    // A prompt in one piece.
    if let Some(text) = found.as_str() {
        return Some(text).filter(|text| !text.trim().is_empty());
    }
    if format == WireFormat::OpenAiCompletions {
        // Several prompts, or tokens: there is no last word among them.
        return found.elements().find_map(|prompt| prompt.as_str()).filter(|text| !text.trim().is_empty());
    }
    found.elements().filter_map(|message| text_of_user(format, &message)).last()
}

fn text_of_user<'a>(format: WireFormat, message: &Value<'a>) -> Option<Cow<'a, str>> {
    let member = |wanted: &str| message.members().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    match member("role") {
        Some(role) if role.as_str().as_deref() == Some("user") => {}
        // Google's users need not say who they are.
        None if format == WireFormat::GeminiGenerate => {}
        _ => return None,
    }
    let content = member(if format == WireFormat::GeminiGenerate { "parts" } else { "content" })?;
    if let Some(text) = content.as_str() {
        return Some(text).filter(|text| !text.trim().is_empty());
    }
    let text_of = |part: Value<'a>| {
        part.as_str().or_else(|| part.members().find(|(name, _)| *name == "text")?.1.as_str())
    };
    // Google writes one part without brackets too.
    let single = content.members().find(|(name, _)| *name == "text").and_then(|(_, text)| text.as_str());
    let mut pieces = single.into_iter().chain(content.elements().filter_map(text_of));
    let mut whole = pieces.by_ref().find(|text| !text.trim().is_empty())?;
    for piece in pieces.take(MAX_PIECES) {
        let whole = whole.to_mut();
        whole.push('\n');
        whole.push_str(&piece);
    }
    Some(whole)
}

#[cfg(test)]
mod tests;

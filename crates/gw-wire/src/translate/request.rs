//! Request translation: the caller's format in, the target's out. Serves the attempt stage. It must not be
//! called for equal formats: those are forwarded as bytes.

use super::fit::fit;
use crate::codec::{Options, Written};
use crate::{anthropic, openai_chat, openai_completions};
use gw_model::WireFormat;
use gw_model::chat::ChatRequest;
use gw_model::refusal::{ErrorCode, Refusal};

/// Translates a request. [`Written::dropped`] names what was left out, each once.
///
/// # Errors
/// 400 `invalid_request` when the body is not one of its format, 400 `unsupported_parameter` when the target
/// cannot express what must not be left out, or the formats cannot be translated into each other at all.
pub fn request(from: WireFormat, to: WireFormat, body: &[u8], options: &Options) -> Result<Written, Refusal> {
    let mut chat = read(from, to, body)?;
    let mut dropped = Vec::new();
    fit(from, to, &mut chat, &mut dropped)?;
    let mut written = match to {
        WireFormat::OpenAiChat => openai_chat::request::write(&chat, options)?,
        WireFormat::AnthropicMessages => anthropic::request::write(&chat, options)?,
        WireFormat::OpenAiCompletions | WireFormat::OpenAiEmbeddings => return Err(untranslatable(from, to)),
    };
    for name in std::mem::take(&mut written.dropped) {
        if !dropped.contains(&name) {
            dropped.push(name);
        }
    }
    written.dropped = dropped;
    Ok(written)
}

fn read(from: WireFormat, to: WireFormat, body: &[u8]) -> Result<ChatRequest, Refusal> {
    match from {
        WireFormat::OpenAiChat => openai_chat::request::read(body),
        WireFormat::OpenAiCompletions => openai_completions::request::read(body),
        WireFormat::AnthropicMessages => anthropic::request::read(body),
        WireFormat::OpenAiEmbeddings => Err(untranslatable(from, to)),
    }
}

fn untranslatable(from: WireFormat, to: WireFormat) -> Refusal {
    let message = format!(
        "A `{}` request cannot be sent to a target that speaks `{}`. Choose a model whose provider has this endpoint.",
        from.as_str(),
        to.as_str()
    );
    Refusal::new(ErrorCode::UnsupportedParameter, message).param("model")
}

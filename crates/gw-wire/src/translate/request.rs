//! Request translation: the caller's format in, the target's out. Serves the attempt stage. It must not be
//! called for equal formats: those are forwarded as bytes.

use super::fit::fit;
use super::table::spelling;
use super::tool_names::ToolNames;
use crate::codec::{Options, Written};
use crate::embeddings::translate as embeddings;
use crate::rerank::translate as rerank;
use crate::{
    adapt, anthropic, bedrock_converse, cohere_chat, counting, gemini, openai_chat, openai_completions,
    openai_responses,
};
use bytes::Bytes;
use gw_model::WireFormat;
use gw_model::chat::ChatRequest;
use gw_model::refusal::{ErrorCode, Refusal};
use std::borrow::Cow;

/// Most parameters that are left out of one request in place of a refusal.
const MAX_LEFT_OUT: usize = 16;

/// What the path says in formats where the body does not ([`WireFormat::has_model_in_path`]).
#[derive(Clone, Copy, Debug, Default)]
pub struct PathFacts<'a> {
    /// The model, as the caller named it.
    pub model: &'a str,
    /// The caller asks for a stream.
    pub stream: bool,
}

/// Translates a request. [`Written::dropped`] names what was left out, each once.
///
/// # Errors
/// 400 `invalid_request` when the body is not one of its format, 400 `unsupported_parameter` when the target
/// cannot express what must not be left out and [`Options::drop_params`] does not allow it, or the formats cannot be translated into each other at all.
pub fn request(
    from: WireFormat,
    to: WireFormat,
    body: &[u8],
    path: PathFacts<'_>,
    options: &Options,
) -> Result<Written, Refusal> {
    if let (Some(from), Some(to)) = (embeddings::dialect(from), embeddings::dialect(to)) {
        return embeddings::translated(from, to, body, options);
    }
    if let (Some(from), Some(to)) = (rerank::dialect(from), rerank::dialect(to)) {
        return rerank::translated(from, to, body, options);
    }
    let refusal = match once(from, to, body, path, options) {
        Err(refusal) if !options.drop_params.is_empty() => refusal,
        result => return result,
    };
    with_less(from, to, Bytes::copy_from_slice(body), path, options, refusal)
}

/// What the target cannot take is left out, one parameter after the other, as far as the configuration allows.
fn with_less(
    from: WireFormat,
    to: WireFormat,
    mut body: Bytes,
    path: PathFacts<'_>,
    options: &Options,
    mut refusal: Refusal,
) -> Result<Written, Refusal> {
    let mut left_out: Vec<String> = Vec::new();
    while left_out.len() < MAX_LEFT_OUT && refusal.code == ErrorCode::UnsupportedParameter {
        let Some(name) = refusal.param.clone().filter(|name| options.drop_params.allows(name)) else { break };
        let Some(less) = adapt::without(&body, &name) else { break };
        body = less;
        left_out.push(name.into_owned());
        refusal = match once(from, to, &body, path, options) {
            Ok(mut written) => {
                left_out.append(&mut written.dropped);
                written.dropped = left_out;
                return Ok(written);
            }
            Err(refusal) => refusal,
        };
    }
    Err(refusal)
}

fn once(
    from: WireFormat,
    to: WireFormat,
    body: &[u8],
    path: PathFacts<'_>,
    options: &Options,
) -> Result<Written, Refusal> {
    let mut chat = read(from, to, body, path)?;
    let mut dropped = Vec::new();
    let (from_chat, to_chat) = (from.counts().unwrap_or(from), to.counts().unwrap_or(to));
    fit(from_chat, to_chat, &mut chat, &mut dropped)?;
    let tool_names = ToolNames::fit(to_chat, &mut chat);
    let mut written = write(from, to, &chat, options).map_err(|refusal| respelled(from_chat, refusal))?;
    if to.counts().is_some() {
        // What counts nothing is not missed.
        return Ok(written);
    }
    for name in std::mem::take(&mut written.dropped) {
        let name = match spelling(from, &name) {
            same if same == name => name,
            other => other.to_owned(),
        };
        if !dropped.contains(&name) {
            dropped.push(name);
        }
    }
    written.tool_names = tool_names;
    written.dropped = dropped;
    Ok(written)
}

pub(super) fn write(
    from: WireFormat,
    to: WireFormat,
    chat: &ChatRequest,
    options: &Options,
) -> Result<Written, Refusal> {
    match to {
        WireFormat::OpenAiChat => openai_chat::request::write(chat, options),
        WireFormat::OpenAiResponses => openai_responses::request::write(chat, options),
        WireFormat::AnthropicMessages => anthropic::request::write(chat, options),
        WireFormat::GeminiGenerate => gemini::request::write(chat, options),
        WireFormat::BedrockConverse => bedrock_converse::request::write(chat, options),
        WireFormat::CohereChat => cohere_chat::request::write(chat, options),
        _ if from.counts().is_some() && to.counts().is_some() => counting::write(to, chat, options),
        _ => Err(untranslatable(from, to)),
    }
}

/// Writers name what they refuse as OpenAI does.
fn respelled(from: WireFormat, mut refusal: Refusal) -> Refusal {
    if let Some(param) = refusal.param.take() {
        let name = match param {
            Cow::Borrowed(param) => Cow::Borrowed(spelling(from, param)),
            Cow::Owned(param) => Cow::Owned(spelling(from, &param).to_owned()),
        };
        refusal.param = Some(name);
    }
    refusal
}

pub(super) fn read(
    from: WireFormat,
    to: WireFormat,
    body: &[u8],
    path: PathFacts<'_>,
) -> Result<ChatRequest, Refusal> {
    match from {
        WireFormat::OpenAiChat => openai_chat::request::read(body),
        WireFormat::OpenAiCompletions => openai_completions::request::read(body),
        WireFormat::OpenAiResponses => openai_responses::request::read(body),
        WireFormat::AnthropicMessages => anthropic::request::read(body),
        WireFormat::GeminiGenerate => gemini::request::read(path.model, body, path.stream),
        WireFormat::BedrockConverse => {
            let mut chat = bedrock_converse::request::read(path.model, body)?;
            chat.stream = path.stream;
            Ok(chat)
        }
        WireFormat::CohereChat => cohere_chat::request::read(body),
        _ if from.counts().is_some() && to.counts().is_some() => counting::read(from, path.model, body),
        _ => Err(untranslatable(from, to)),
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

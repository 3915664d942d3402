//! Translation of whole answers: the upstream's format in, the caller's out. Serves the respond stage. It
//! must not be used for errors: those have another shape.

use crate::codec::{WireError, WriteContext};
use crate::embeddings::translate as embeddings;
use crate::rerank::translate as rerank;
use crate::{
    anthropic, bedrock_converse, cohere_chat, counting, gemini, openai_chat, openai_completions,
    openai_responses,
};
use gw_model::WireFormat;
use gw_model::event::Event;
use gw_model::usage::Usage;

/// A translated answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// The body for the caller.
    pub body: Vec<u8>,
    /// What the upstream says it used; `None` when it says nothing.
    pub usage: Option<Usage>,
    /// The upstream's name of the model.
    pub model: String,
}

/// As [`whole`], for a call that was sent in parts: their answers in the order of the parts.
///
/// # Errors
/// As [`whole`]; formats whose calls are never sent in parts cannot be joined.
pub fn parts(
    from: WireFormat,
    to: WireFormat,
    bodies: &[&[u8]],
    context: &WriteContext,
) -> Result<Whole, WireError> {
    match (embeddings::dialect(from), embeddings::dialect(to)) {
        (Some(from), Some(to)) => embeddings::answer(from, to, bodies, context),
        _ => Err(WireError::Untranslatable { what: "parts of an answer that belong to no whole" }),
    }
}

/// A whole answer of a conversation as events.
pub(super) fn read(from: WireFormat, body: &[u8]) -> Result<Vec<Event>, WireError> {
    match from {
        WireFormat::OpenAiChat => openai_chat::response::read(body),
        WireFormat::OpenAiCompletions => openai_completions::response::read(body),
        WireFormat::OpenAiResponses => openai_responses::response::read(body),
        WireFormat::AnthropicMessages => anthropic::response::read(body),
        WireFormat::GeminiGenerate => gemini::response::read(body),
        WireFormat::BedrockConverse => bedrock_converse::response::read(body),
        WireFormat::CohereChat => cohere_chat::response::read(body),
        _ => Err(WireError::Untranslatable { what: "what is no conversation" }),
    }
}

/// Translates a whole answer from the upstream's format `from` to the caller's format `to`.
///
/// # Errors
/// The body is not an answer of its format, it reports a failure in place of one
/// ([`WireError::Reported`]), or the formats cannot be translated into each other.
pub fn whole(
    from: WireFormat,
    to: WireFormat,
    body: &[u8],
    context: &WriteContext,
) -> Result<Whole, WireError> {
    if let (Some(from), Some(to)) = (embeddings::dialect(from), embeddings::dialect(to)) {
        return embeddings::answer(from, to, &[body], context);
    }
    if let (Some(_), Some(to)) = (rerank::dialect(from), rerank::dialect(to)) {
        return rerank::answered(to, body, context);
    }
    if from.counts().is_some() && to.counts().is_some() {
        let body = counting::write_answer(to, counting::read_answer(from, body)?);
        return Ok(Whole { body, ..Whole::default() });
    }
    let mut events = read(from, body)?;
    let mut whole = Whole::default();
    for event in &mut events {
        context.tool_names.restore(event);
        match event {
            Event::Start { model, .. } => whole.model.clone_from(model),
            Event::Error { kind, message } => {
                return Err(WireError::Reported { kind: kind.clone(), message: message.clone() });
            }
            Event::Usage(usage) => whole.usage.get_or_insert_default().merge(usage),
            _ => {}
        }
    }
    whole.body = write(to, &events, context)?;
    Ok(whole)
}

/// Events as a whole answer.
pub(super) fn write(to: WireFormat, events: &[Event], context: &WriteContext) -> Result<Vec<u8>, WireError> {
    Ok(match to {
        WireFormat::OpenAiChat => openai_chat::response::write(events, context),
        WireFormat::OpenAiCompletions => openai_completions::response::write(events, context),
        WireFormat::OpenAiResponses => {
            let echo = openai_responses::Echo::of(context);
            openai_responses::response::write_with(events, context, &echo)
        }
        WireFormat::AnthropicMessages => anthropic::response::write(events, context),
        WireFormat::GeminiGenerate => gemini::response::write(events, context),
        WireFormat::BedrockConverse => bedrock_converse::response::write(events, context),
        WireFormat::CohereChat => cohere_chat::response::write(events, context),
        _ => return Err(WireError::Untranslatable { what: "what is no conversation" }),
    })
}

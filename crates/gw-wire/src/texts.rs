//! Where requests, answers and events of streams hold text, so that guardrails can look at it and splice what they
//! replace into the original bytes. Serves the guard stages. What is not known to be structure is text: a member that
//! nobody knew of must not be a way around. It must not judge what a text says.

mod encoded;
mod events;
mod names;
mod walk;

use crate::json::cursor::DEPTH_CEILING;
use crate::json::{JsonError, Object};
use gw_model::guardrail::Speaker;
use gw_model::{Span, WireFormat};

pub use events::EventReader;

/// How a text stands in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// As a string.
    Text,
    /// As a string that holds JSON: the arguments of a tool.
    Json,
    /// As the name of a member.
    Name,
    /// As a number, among what a tool is given or returned.
    Number,
    /// As pieces of text that repeat others (the probabilities of tokens), which can not be kept in step.
    Tokens,
}

/// One text of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Where it stands: quotes included.
    pub span: Span,
    /// How.
    pub written: Written,
    /// Who says it.
    pub speaker: Speaker,
    /// It is what is said, not a detail beside it.
    pub is_prose: bool,
    /// Of events of streams: it is a piece of the text of this channel.
    pub channel: Option<Channel>,
}

/// The text that a piece belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Channel {
    /// Differs from that of all other texts of the stream.
    pub id: u64,
    /// Its block, item or choice: texts of one end together.
    pub group: u64,
}

/// Which texts of a stream are over with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ended {
    /// None.
    #[default]
    None,
    /// Those of a group.
    Group(u64),
    /// All.
    All,
}

/// The texts of an event.
#[derive(Clone, Debug, Default)]
pub struct EventTexts {
    /// In their order.
    pub texts: Vec<Text>,
    /// What is over behind it.
    pub ended: Ended,
    /// It repeats what pieces said before.
    pub is_echo: bool,
}

/// Does the format have texts that can be looked at? A request that is a form has none all the same.
#[must_use]
pub fn can_read(format: WireFormat) -> bool {
    use WireFormat as F;
    matches!(
        format,
        F::OpenAiChat
            | F::OpenAiCompletions
            | F::OpenAiResponses
            | F::AnthropicMessages
            | F::GeminiGenerate
            | F::BedrockConverse
            | F::CohereChat
            | F::OpenAiImages
            | F::OpenAiImageEdits
            | F::OpenAiSpeech
    ) || matches!(
        format.endpoint(),
        gw_model::Endpoint::Embeddings | gw_model::Endpoint::Rerank | gw_model::Endpoint::Moderations
    ) || format.counts().is_some()
}

/// Does a request give what it says as numbers of tokens, which can not be read?
#[must_use]
pub fn has_token_ids(format: WireFormat, body: &[u8]) -> bool {
    use gw_model::Endpoint as E;
    if !matches!(format.endpoint(), E::Completions | E::Embeddings) {
        return false;
    }
    let Ok(body) = Object::parse(body, DEPTH_CEILING) else { return false };
    ["prompt", "input"]
        .iter()
        .filter_map(|name| body.get(name))
        .any(|value| has_numbers(value.raw().as_bytes()))
}

/// Is there a number outside of all strings?
fn has_numbers(raw: &[u8]) -> bool {
    let (mut at, mut in_string) = (0, false);
    while let Some(byte) = raw.get(at) {
        match byte {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            b'0'..=b'9' if !in_string => return true,
            _ => {}
        }
        at += 1;
    }
    false
}

/// The texts of a request.
///
/// # Errors
/// The body is not the JSON that it was checked to be, or says of one thing twice who speaks.
pub fn request(body: &[u8]) -> Result<Vec<Text>, JsonError> {
    walk::body(body, walk::Mode::Request).map(|found| found.texts)
}

/// The texts of a whole answer.
///
/// # Errors
/// The body is not JSON.
pub fn answer(body: &[u8]) -> Result<Vec<Text>, JsonError> {
    walk::body(body, walk::Mode::Answer).map(|found| found.texts)
}

/// The texts of an event of a stream. Data that is no JSON, such as an end mark or a sign of life, has none.
///
/// What says that an answer is finished ends no text: some servers say so in every event. Only what the format knows as the end of a
/// block does, and the end of the stream.
#[must_use]
pub fn event(format: WireFormat, name: Option<&str>, data: &[u8]) -> EventTexts {
    walked(format, name, data).unwrap_or_default()
}

/// As [`event`]; `None` for data that is no JSON.
fn walked(format: WireFormat, name: Option<&str>, data: &[u8]) -> Option<EventTexts> {
    use WireFormat as F;
    let mut found = walk::body(data, walk::Mode::Event(format)).ok()?;
    // Only events of Bedrock have nothing but their name to say what they are.
    let name = name.filter(|_| format == F::BedrockConverse);
    let kind = found.kind.take();
    let kind = kind.as_deref().or(name).unwrap_or_default();
    let ended = match (format, kind) {
        (F::AnthropicMessages, "content_block_stop")
        | (F::BedrockConverse, "contentBlockStop")
        | (F::CohereChat, "content-end" | "tool-call-end" | "tool-plan-end") => {
            Ended::Group(found.first_group)
        }
        // They repeat what was said, which must be decided before.
        (_, "response.completed" | "response.incomplete" | "response.failed") => Ended::All,
        (_, done) if done.starts_with("response.") && done.ends_with(".done") => {
            Ended::Group(found.first_group)
        }
        _ => Ended::None,
    };
    let is_echo = kind.starts_with("response.") && !kind.ends_with(".delta");
    Some(EventTexts { texts: found.texts, ended, is_echo })
}

#[cfg(test)]
mod tests;

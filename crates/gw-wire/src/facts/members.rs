//! Reads one top-level member into the facts. Serves `facts`. It must refuse what it cannot read, as the
//! upstream might read it otherwise.

use super::kinds::{boolean, bound, check_spelling, count, object, objects, string, user_name, wrong_kind};
use super::{
    ROUTING_MEMBERS, cohere, converse, embeddings, gemini, json_refusal, media, rerank, responses,
    service_tier,
};
use crate::estimate;
use crate::json::{Kind, Member, Object, Value};
use gw_model::{CallFacts, Refusal, ServiceTier, WireFormat};

/// What has been found besides the facts themselves.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// `messages`, `contents` or the `input` of Responses.
    pub(super) has_messages: bool,
    /// Something that the provider stores stands in for messages.
    pub(super) has_context: bool,
    /// `prompt` of completions, `input` of embeddings, `documents` to rank.
    pub(super) prompt: Option<Value<'a>>,
    /// What to rank by.
    pub(super) query: Option<Value<'a>>,
    pub(super) suffix_tokens: u64,
    pub(super) best_of: u32,
    /// What a request for images, speech or moderation asks for.
    pub(super) asked: media::Asked,
    /// Names seen, one bit each, in a format that knows two spellings of them.
    pub(super) spellings: u32,
}

/// Names that a stage acts on, in some format of OpenAI's or Anthropic's: no other spelling of them may slip by.
const READ_MEMBERS: &[&str] = &[
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "n",
    "best_of",
    "service_tier",
    "speed",
    "messages",
    "prompt",
    "input",
    "tools",
    "system",
    "thread",
];

pub(super) fn read<'a>(
    format: WireFormat,
    object: &Object<'a>,
    member: &Member<'a>,
    facts: &mut CallFacts,
    found: &mut Found<'a>,
) -> Result<(), Refusal> {
    let value = object.value(member);
    let name = member.key.as_ref();
    if format == WireFormat::GeminiGenerate {
        return gemini::read(object, member, facts, found);
    }
    if value.is_null() {
        // Absent to the stages, but an edit must replace it, not add a second one.
        match name {
            "model" if !format.has_model_in_path() => facts.model_span = Some(value.span),
            "stream_options" => facts.stream_options_span = Some(value.span),
            name => check_spelling(name, &[known(format), ROUTING_MEMBERS], is_camel(format))?,
        }
        return Ok(());
    }
    match format {
        WireFormat::OpenAiResponses => responses::read(name, &value, facts, found),
        WireFormat::CohereChat => cohere::read(name, &value, facts, found),
        WireFormat::BedrockConverse => converse::read(name, &value, facts, found),
        WireFormat::CohereEmbed | WireFormat::BedrockCohereEmbed => {
            embeddings::read_cohere(name, &value, facts, found)
        }
        WireFormat::BedrockTitanEmbed => embeddings::read_titan(name, &value, facts, found),
        WireFormat::GeminiEmbed | WireFormat::GeminiBatchEmbed => {
            embeddings::read_gemini(format, name, &value, facts, found)
        }
        WireFormat::CohereRerank | WireFormat::PlainRerank => rerank::read(format, name, value, facts, found),
        WireFormat::OpenAiEmbeddings => {
            embeddings::note_dialect(name, facts);
            read_plain(format, name, value, facts, found)
        }
        WireFormat::OpenAiImages
        | WireFormat::OpenAiImageEdits
        | WireFormat::OpenAiSpeech
        | WireFormat::OpenAiModerations => media::read(format, name, &value, facts, &mut found.asked),
        _ => read_plain(format, name, value, facts, found),
    }
}

/// Names that a stage acts on.
const fn known(format: WireFormat) -> &'static [&'static str] {
    match format {
        WireFormat::OpenAiResponses => responses::READ_MEMBERS,
        WireFormat::CohereChat => cohere::READ_MEMBERS,
        WireFormat::BedrockConverse => converse::READ_MEMBERS,
        WireFormat::OpenAiImages
        | WireFormat::OpenAiImageEdits
        | WireFormat::OpenAiSpeech
        | WireFormat::OpenAiModerations => media::READ_MEMBERS,
        _ => READ_MEMBERS,
    }
}

const fn is_camel(format: WireFormat) -> bool {
    matches!(format, WireFormat::BedrockConverse)
}

/// OpenAI's older formats and Anthropic's, which name most things alike.
fn read_plain<'a>(
    format: WireFormat,
    name: &str,
    value: Value<'a>,
    facts: &mut CallFacts,
    found: &mut Found<'a>,
) -> Result<(), Refusal> {
    let is_chat = format == WireFormat::OpenAiChat;
    let is_messages = format == WireFormat::AnthropicMessages;
    match name {
        "model" => {
            facts.model = string("model", &value)?;
            facts.model_span = Some(value.span);
        }
        "stream" if format != WireFormat::OpenAiEmbeddings => facts.stream = boolean("stream", &value)?,
        "stream_options" if !is_messages => read_stream_options(&value, facts)?,
        "max_tokens" => bound("max_tokens", &value, facts)?,
        "max_completion_tokens" if is_chat => bound("max_completion_tokens", &value, facts)?,
        "n" if !is_messages => facts.choices = count("n", &value)?,
        "best_of" if format == WireFormat::OpenAiCompletions => found.best_of = count("best_of", &value)?,
        "service_tier" => facts.service_tier = service_tier(&string("service_tier", &value)?),
        "speed" if is_messages && string("speed", &value)? != "standard" => {
            facts.service_tier = Some(ServiceTier::Priority);
        }
        "messages" if is_chat || is_messages => {
            objects("messages", "message", &value)?;
            found.has_messages = true;
        }
        "prompt" if format == WireFormat::OpenAiCompletions => found.prompt = Some(value),
        "suffix" if format == WireFormat::OpenAiCompletions => {
            found.suffix_tokens = estimate::text_tokens(string("suffix", &value)?.as_bytes());
        }
        "input" if format == WireFormat::OpenAiEmbeddings => found.prompt = Some(value),
        "user" if !is_messages => facts.user = Some(user_name("user", &value)?),
        "safety_identifier" if facts.user.is_none() => {
            facts.user = Some(user_name("safety_identifier", &value)?);
        }
        "metadata" if is_messages => {
            if let Some(id) = object("metadata", &value)?.get("user_id").filter(|id| !id.is_null()) {
                facts.user = Some(user_name("metadata.user_id", &id)?);
            }
        }
        // Anthropic keeps the conversation and later requests name it, whether this one begins it or goes on.
        "thread" if is_messages => facts.stored = Some("thread"),
        name if ROUTING_MEMBERS.contains(&name) => facts.routing_members.push(name.to_owned()),
        name => check_spelling(name, &[READ_MEMBERS, ROUTING_MEMBERS], false)?,
    }
    Ok(())
}

fn read_stream_options(value: &Value<'_>, facts: &mut CallFacts) -> Result<(), Refusal> {
    facts.stream_options_span = Some(value.span);
    if value.kind != Kind::Object {
        return Err(wrong_kind("stream_options", "an object", value));
    }
    let options = value.object().map_err(|e| json_refusal(&e))?;
    if let Some(wanted) = options.get("include_usage").filter(|v| !v.is_null()) {
        facts.include_usage = boolean("stream_options.include_usage", &wanted)?;
    }
    Ok(())
}

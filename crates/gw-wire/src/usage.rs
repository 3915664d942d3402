//! What a call consumed, read from the answer on its way to the caller. Serves metering. It must not change
//! the answer: all it can say of a frame is that the gateway, not the caller, asked for it.

mod counts;
mod media;
mod meter;
mod raw;

pub(crate) use counts::usage_of_frame;
pub use counts::{AnthropicCounts, openai as openai_counts};
pub(crate) use meter::takes_only;
pub use meter::{Known, StreamError, StreamMeter};
pub use raw::{RawMeter, from_raw};

use crate::json::cursor::DEPTH_CEILING;
use crate::json::member::MemberScanner;
use crate::json::{JsonError, Object, Value};
use crate::openai_responses::stored::Made;
use crate::{bedrock_converse, cohere_chat, embeddings, gemini, openai_responses, rerank};
use gw_model::{Usage, WireFormat};

/// Top-level members of a whole answer that usage is read from, and the id of one that is stored; what a
/// [`MemberScanner`] has to look for.
pub const WANTED_MEMBERS: &[&str] = &[
    "usage",
    "service_tier",
    "usageMetadata",
    "usage_metadata",
    "serviceTier",
    "meta",
    "id",
    "store",
    "duration",
    "inputTextTokenCount",
];

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
    let text = object_of(scanner, members_of(format));
    from_object(format, &Object::parse(&text, DEPTH_CEILING).ok()?)
}

/// An object of those of the members that have passed.
fn object_of(scanner: &MemberScanner, names: &[&str]) -> Vec<u8> {
    let mut text = vec![b'{'];
    for name in names {
        let Some(value) = scanner.value(name) else { continue };
        if text.len() > 1 {
            text.push(b',');
        }
        text.push(b'"');
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"\":");
        text.extend_from_slice(value);
    }
    text.push(b'}');
    text
}

/// The id of an answer in OpenAI's Responses format that passed by in pieces, unless it says that it is not stored.
#[must_use]
pub fn stored_from_scanner(scanner: &MemberScanner) -> Option<Made> {
    let id = scanner.value("id").and_then(|id| serde_json::from_slice::<String>(id).ok());
    let id = id.filter(|id| !id.is_empty() && scanner.value("store") != Some(b"false"))?;
    // What holds the items is what makes the answer large.
    Some(Made { id, items: Vec::new() })
}

/// Where an answer of this format states usage.
const fn members_of(format: WireFormat) -> &'static [&'static str] {
    match format {
        WireFormat::GeminiGenerate | WireFormat::GeminiEmbed | WireFormat::GeminiBatchEmbed => {
            &["usageMetadata", "usage_metadata"]
        }
        WireFormat::BedrockConverse => &["usage", "serviceTier"],
        WireFormat::CohereChat
        | WireFormat::CohereEmbed
        | WireFormat::BedrockCohereEmbed
        | WireFormat::CohereRerank
        | WireFormat::PlainRerank => &["usage", "meta"],
        WireFormat::BedrockTitanEmbed => &["inputTextTokenCount"],
        WireFormat::OpenAiTranscriptions | WireFormat::OpenAiTranslations => &["usage", "duration"],
        _ => &["usage", "service_tier"],
    }
}

fn from_object(format: WireFormat, object: &Object<'_>) -> Option<Usage> {
    match format {
        WireFormat::GeminiGenerate => gemini::usage::of_answer(object),
        WireFormat::OpenAiResponses => openai_responses::usage::of_answer(object),
        WireFormat::BedrockConverse => {
            bedrock_converse::usage::read(&object.get("usage")?, object.get("serviceTier").as_ref())
        }
        // Older endpoints state it within `meta`.
        WireFormat::CohereChat => {
            let stated = object.get("usage").and_then(|usage| cohere_chat::usage::read(&usage));
            stated.or_else(|| cohere_chat::usage::read(&object.get("meta")?))
        }
        WireFormat::AnthropicMessages => {
            let mut counts = AnthropicCounts::default();
            counts.add(&object.get("usage")?).then(|| counts.usage())
        }
        WireFormat::GeminiEmbed | WireFormat::GeminiBatchEmbed | WireFormat::VertexPredict => {
            embeddings::gemini::usage(object)
        }
        WireFormat::CohereEmbed | WireFormat::BedrockCohereEmbed => {
            embeddings::cohere::usage(&object.get("meta")?)
        }
        WireFormat::BedrockTitanEmbed => embeddings::titan::usage(object),
        WireFormat::CohereRerank
        | WireFormat::PlainRerank
        | WireFormat::VoyageRerank
        | WireFormat::BedrockRerank => rerank::answer::usage(object),
        WireFormat::OpenAiImages | WireFormat::OpenAiImageEdits => media::of_images(object),
        WireFormat::OpenAiTranscriptions | WireFormat::OpenAiTranslations => media::of_transcript(object),
        _ => counts::openai(&object.get("usage")?, object.get("service_tier").as_ref()),
    }
}

/// The member `name` of `value`, when that is an object that has it.
fn member<'a>(value: &Value<'a>, name: &str) -> Option<Value<'a>> {
    value.object().ok()?.get(name)
}

#[cfg(test)]
mod tests;

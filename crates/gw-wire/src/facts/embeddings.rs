//! Reads one top-level member of a request for embeddings into the facts, in the formats that are not OpenAI's
//! alone. Serves `facts`. It must not judge inputs: the upstream or the translation does.

use super::kinds::{check_spelling, string};
use super::{ROUTING_MEMBERS, invalid, members::Found};
use crate::estimate::{self, IMAGE_TOKENS};
use crate::gemini::names::{elements, is};
use crate::json::{Kind, Value};
use gw_model::{CallFacts, Refusal, WireFormat};

/// Names that a stage acts on: no other spelling of them may slip by.
const READ_MEMBERS: &[&str] = &["model", "texts", "inputs", "images"];
const READ_MEMBERS_OF_GEMINI: &[&str] = &["model", "content", "requests"];
const READ_MEMBERS_OF_TITAN: &[&str] = &["inputText", "inputImage"];

/// Members that only Voyage's requests have among those at `/embeddings`.
const OF_VOYAGE: &[&str] = &["output_dimension", "output_dtype", "truncation"];

/// Members that hold media in place of text.
const MEDIA: &[&str] = &["inlineData", "fileData", "imageUrl", "imageBase64", "image", "videoUrl", "audio"];

/// Base64 of media that may be one more token: films and audio have more of them than an image.
const MEDIA_BYTES_PER_TOKEN: u64 = 64;

/// How deep inputs are looked into.
const MAX_LEVELS: usize = 8;

/// Tells Voyage's requests from OpenAI's, which have the same path.
pub(super) fn note_dialect(name: &str, facts: &mut CallFacts) {
    if OF_VOYAGE.contains(&name) {
        facts.dialect = Some(WireFormat::VoyageEmbed);
    }
}

/// A member of Cohere's.
pub(super) fn read_cohere(
    name: &str,
    value: &Value<'_>,
    facts: &mut CallFacts,
    found: &mut Found<'_>,
) -> Result<(), Refusal> {
    match name {
        "model" => {
            facts.model = string("model", value)?;
            facts.model_span = Some(value.span);
        }
        "texts" | "inputs" => add(value, facts, found),
        "images" => {
            let images = value.elements().count() as u64;
            add_images(images.saturating_mul(IMAGE_TOKENS), facts, found);
        }
        name if ROUTING_MEMBERS.contains(&name) => facts.routing_members.push(name.to_owned()),
        name => check_spelling(name, &[READ_MEMBERS, ROUTING_MEMBERS], false)?,
    }
    Ok(())
}

/// A member of Titan's on Bedrock: one text, one image, or both.
pub(super) fn read_titan(
    name: &str,
    value: &Value<'_>,
    facts: &mut CallFacts,
    found: &mut Found<'_>,
) -> Result<(), Refusal> {
    match name {
        "inputText" => add(value, facts, found),
        "inputImage" => {
            let tokens = IMAGE_TOKENS.saturating_add(value.raw().len() as u64 / MEDIA_BYTES_PER_TOKEN);
            add_images(tokens, facts, found);
        }
        name => check_spelling(name, &[READ_MEMBERS_OF_TITAN], true)?,
    }
    Ok(())
}

fn add_images(tokens: u64, facts: &mut CallFacts, found: &mut Found<'_>) {
    facts.input_tokens = facts.input_tokens.saturating_add(tokens);
    found.has_messages = true;
}

/// A member of Google's, one content or several.
pub(super) fn read_gemini(
    format: WireFormat,
    name: &str,
    value: &Value<'_>,
    facts: &mut CallFacts,
    found: &mut Found<'_>,
) -> Result<(), Refusal> {
    let is_batch = format == WireFormat::GeminiBatchEmbed;
    if is_batch && is(name, "requests") {
        for request in elements(value) {
            let contents = request.members().filter(|(name, _)| is(name, "content"));
            contents.for_each(|(_, content)| add(&content, facts, found));
        }
    } else if !is_batch && is(name, "content") {
        add(value, facts, found);
    } else if name == "model" {
        facts.model_span = Some(value.span);
        string("model", value)?.trim_start_matches("models/").clone_into(&mut facts.model);
    } else {
        check_spelling(name, &[READ_MEMBERS_OF_GEMINI], true)?;
    }
    Ok(())
}

fn add(value: &Value<'_>, facts: &mut CallFacts, found: &mut Found<'_>) {
    facts.input_tokens = facts.input_tokens.saturating_add(weigh(value, 0));
    found.has_messages = true;
}

/// What all members together tell.
pub(super) fn complete(format: WireFormat, facts: &mut CallFacts, found: &Found<'_>) -> Result<(), Refusal> {
    facts.max_output_tokens = Some(0);
    if found.has_messages {
        return Ok(());
    }
    Err(match format {
        WireFormat::GeminiEmbed => invalid("content", "`content` is missing. Send the content to embed."),
        WireFormat::GeminiBatchEmbed => {
            invalid("requests", "`requests` is missing. Send at least one content.")
        }
        WireFormat::BedrockTitanEmbed => {
            invalid("inputText", "`inputText` is missing. Send the text to embed.")
        }
        _ => invalid("texts", "`texts` is missing. Send the texts to embed."),
    })
}

/// A conservative count of the tokens of an input: its texts, and media by bounds of their own.
fn weigh(value: &Value<'_>, level: usize) -> u64 {
    match value.kind {
        Kind::String => {
            let raw = value.raw().as_bytes();
            estimate::json_string_tokens(raw.get(1..raw.len() - 1).unwrap_or_default()).max(1)
        }
        _ if level == MAX_LEVELS => estimate::text_tokens(value.raw().as_bytes()),
        Kind::Array => sum(value.elements().map(|element| weigh(&element, level + 1))),
        Kind::Object => sum(value.members().map(|(name, value)| {
            if MEDIA.iter().any(|media| is(name, media)) {
                IMAGE_TOKENS.saturating_add(value.raw().len() as u64 / MEDIA_BYTES_PER_TOKEN)
            } else {
                weigh(&value, level + 1)
            }
        })),
        Kind::Number | Kind::Bool | Kind::Null => 0,
    }
}

fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

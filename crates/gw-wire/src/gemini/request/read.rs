//! A caller's request to the intermediate form. Serves the translate step. It must not judge what a target can
//! do: members without a field of their own are kept as they are.

use super::config;
use super::fields::{Fields, wrong};
use super::read_contents;
use super::tools;
use gw_model::Refusal;
use gw_model::chat::ChatRequest;

/// Reads a request. The path names `model` and decides whether the answer is a stream.
///
/// # Errors
/// 400 `invalid_request` that names the member at fault.
pub fn read(model: &str, body: &[u8], stream: bool) -> Result<ChatRequest, Refusal> {
    read_members(model, Fields::parse(body)?, stream)
}

/// Reads the members of a request.
pub(crate) fn read_members(
    model: &str,
    mut fields: Fields<'_>,
    stream: bool,
) -> Result<ChatRequest, Refusal> {
    let mut request = ChatRequest {
        model: model.to_owned(),
        stream,
        // The format always states usage.
        include_usage: true,
        ..ChatRequest::default()
    };
    // The path decides; SDKs repeat the name here when they count tokens.
    fields.take("model");
    if let Some(instruction) = fields.take("systemInstruction") {
        request.system = read_contents::instruction(&instruction)?;
    }
    let Some(contents) = fields.take("contents") else {
        return Err(wrong("contents", "is missing"));
    };
    request.messages = read_contents::read(&contents)?;
    if let Some(list) = fields.take("tools") {
        tools::read(&list, &mut request)?;
    }
    if let Some(choice) = fields.object("toolConfig", "toolConfig.")? {
        tools::read_config(choice, &mut request)?;
    }
    if let Some(generation) = fields.object("generationConfig", "generationConfig.")? {
        config::read(generation, &mut request)?;
    }
    if let Some(tier) = fields.text("serviceTier")? {
        request.service_tier = tier_in(&tier);
    }
    fields.rest(&mut request.extra)?;
    Ok(request)
}

/// The tier as other formats name it; `None` for the default.
fn tier_in(tier: &str) -> Option<String> {
    match tier.to_ascii_lowercase().as_str() {
        "unspecified" => None,
        "standard" => Some("default".to_owned()),
        other => Some(other.to_owned()),
    }
}

/// Where the writer puts a member of `extra`: the object it belongs to, and its name there. `None` when the
/// format has no such place.
pub(crate) fn write_extra_path(name: &str) -> Option<(Place, &str)> {
    let openai = match name {
        "presence_penalty" => Some("presencePenalty"),
        "frequency_penalty" => Some("frequencyPenalty"),
        "logprobs" => Some("responseLogprobs"),
        "top_logprobs" => Some("logprobs"),
        "modalities" => Some("responseModalities"),
        _ => None,
    };
    if let Some(name) = openai {
        return Some((Place::Generation, name));
    }
    if let Some(name) = name.strip_prefix("generationConfig.") {
        return Some(match name.strip_prefix("thinkingConfig.") {
            Some(name) => (Place::Thinking, name),
            None => (Place::Generation, name),
        });
    }
    if let Some(name) = name.strip_prefix("toolConfig.") {
        return Some(match name.strip_prefix("functionCallingConfig.") {
            Some(name) => (Place::Calling, name),
            None => (Place::Tools, name),
        });
    }
    (!name.contains('.')).then_some((Place::Top, name))
}

/// An object of the written request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The request itself.
    Top,
    /// `generationConfig`.
    Generation,
    /// `generationConfig.thinkingConfig`.
    Thinking,
    /// `toolConfig`.
    Tools,
    /// `toolConfig.functionCallingConfig`.
    Calling,
}

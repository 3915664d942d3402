//! What the stages need to know of a request, read in one pass over its body. Serves ingress. It must not
//! build values, change the body, or look at members that no stage needs: those go upstream untouched.

mod asks;
mod cohere;
mod converse;
pub(crate) mod counting;
mod embeddings;
mod form;
mod gemini;
mod kinds;
mod last_user;
mod media;
mod members;
mod metadata;
mod opening;
mod parameters;
mod prompt;
mod rerank;
mod responses;
mod tools;

pub(crate) use converse::MODEL_BOUNDS;
pub use last_user::last_user_text;
pub use metadata::metadata;
pub use opening::opening;
pub use tools::tool_names;
pub(crate) use tools::tools_of_session;

use crate::estimate;
use crate::json::{JsonError, JsonErrorKind, Object};
use bytes::Bytes;
use gw_model::{CallFacts, ErrorCode, Refusal, ServiceTier, WireFormat};

/// Top-level members that choose other models or providers than `model` does, at some upstream.
pub const ROUTING_MEMBERS: &[&str] = &["models", "route", "fallbacks", "provider", "plugins"];

/// Longest model name, in bytes.
const MAX_MODEL_BYTES: usize = 512;

/// Reads the facts of a request whose body names the model. In formats whose path names it, the name may be left
/// empty; [`read_with_model`] takes it.
///
/// # Errors
/// `invalid_request` with the parameter at fault: malformed JSON, a name that stands twice, a missing or
/// mistyped member.
pub fn read(format: WireFormat, body: &Bytes, max_depth: usize) -> Result<CallFacts, Refusal> {
    read_body(format, body, max_depth, None)
}

/// Reads the facts of a request whose path names the model. A `model` in the body must be
/// absent or is overruled: [`CallFacts::model_span`] points at it, so that the edit replaces it.
///
/// # Errors
/// As [`read`].
pub fn read_with_model(
    format: WireFormat,
    body: &Bytes,
    max_depth: usize,
    model: &str,
) -> Result<CallFacts, Refusal> {
    read_body(format, body, max_depth, Some(model))
}

/// Reads the facts of a request that may be a form, which its content type says. The path may name the model.
///
/// # Errors
/// As [`read`]; also a form that cannot be read, or the wrong content type for an endpoint that takes forms only.
pub fn read_typed(
    format: WireFormat,
    body: &Bytes,
    content_type: Option<&[u8]>,
    max_depth: usize,
    path_model: Option<&str>,
) -> Result<CallFacts, Refusal> {
    if format.takes_form() && form::is_wanted(format, content_type)? {
        return form::read(format, body, content_type.unwrap_or_default(), path_model);
    }
    read_body(format, body, max_depth, path_model)
}

fn read_body(
    format: WireFormat,
    body: &Bytes,
    max_depth: usize,
    path_model: Option<&str>,
) -> Result<CallFacts, Refusal> {
    if format == WireFormat::OpenAiRealtime {
        return session(path_model);
    }
    let object = Object::parse(body, max_depth).map_err(|e| json_refusal(&e))?;
    let mut facts = CallFacts {
        insert_at: object.span.start + 1,
        is_empty_object: object.members.is_empty(),
        choices: 1,
        include_usage: always_states_usage(format),
        stores: format == WireFormat::OpenAiResponses,
        asks: asks::of_format(format),
        ..CallFacts::default()
    };
    let mut found = members::Found::default();
    let counted = format.counts();
    if let Some(conversation) = counted {
        counting::read(format, conversation, &object, &mut facts)?;
    } else {
        for member in &object.members {
            members::read(format, &object, member, &mut facts, &mut found)?;
            asks::note(&member.key, &mut facts.asks);
            parameters::note(&member.key, &object.value(member), &mut facts.parameters);
        }
    }
    if let Some(model) = path_model {
        model.clone_into(&mut facts.model);
    }
    if facts.model.is_empty() && format == WireFormat::OpenAiModerations {
        media::MODERATION_MODEL.clone_into(&mut facts.model);
    }
    if facts.model.is_empty() && !(path_model.is_none() && format.has_model_in_path()) {
        return Err(missing_model());
    }
    if facts.model.len() > MAX_MODEL_BYTES {
        return Err(invalid("model", format!("`model` is longer than {MAX_MODEL_BYTES} bytes.")));
    }
    if counted.is_none() {
        complete(format, &object, &mut facts, &found)?;
        parameters::complete(&mut facts);
    }
    Ok(facts)
}

/// A session has no body, and no end of input yet: what it asks for comes in its events.
fn session(model: Option<&str>) -> Result<CallFacts, Refusal> {
    let Some(model) = model.filter(|model| !model.is_empty()) else {
        let text = "Name the model in the query, for example \"?model=gpt-realtime\".";
        return Err(invalid("model", text));
    };
    if model.len() > MAX_MODEL_BYTES {
        return Err(invalid("model", format!("`model` is longer than {MAX_MODEL_BYTES} bytes.")));
    }
    Ok(CallFacts { model: model.to_owned(), stream: true, choices: 1, ..CallFacts::default() })
}

/// What only all members together tell.
fn complete(
    format: WireFormat,
    object: &Object<'_>,
    facts: &mut CallFacts,
    found: &members::Found<'_>,
) -> Result<(), Refusal> {
    match format {
        WireFormat::OpenAiChat
        | WireFormat::AnthropicMessages
        | WireFormat::OpenAiResponses
        | WireFormat::GeminiGenerate
        | WireFormat::BedrockConverse
        | WireFormat::CohereChat => {
            if !found.has_messages && !found.has_context {
                return Err(no_messages(format));
            }
            if format == WireFormat::AnthropicMessages && facts.max_output_tokens.is_none() {
                return Err(invalid(
                    "max_tokens",
                    "`max_tokens` is missing. State the most tokens to answer with.",
                ));
            }
            facts.input_tokens = estimate::input_tokens(format, object);
        }
        WireFormat::OpenAiCompletions => {
            let counted = match found.prompt {
                Some(value) => prompt::count(&value, "prompt")?,
                None => prompt::Counted { tokens: 1, prompts: 1 },
            };
            facts.input_tokens = counted.tokens.saturating_add(found.suffix_tokens);
            facts.choices = facts.choices.max(found.best_of).saturating_mul(counted.prompts);
        }
        WireFormat::OpenAiEmbeddings => {
            let Some(value) = found.prompt else {
                return Err(invalid("input", "`input` is missing. Send the text to embed."));
            };
            facts.input_tokens = prompt::count(&value, "input")?.tokens;
            facts.max_output_tokens = Some(0);
        }
        WireFormat::CohereEmbed
        | WireFormat::GeminiEmbed
        | WireFormat::GeminiBatchEmbed
        | WireFormat::BedrockTitanEmbed
        | WireFormat::BedrockCohereEmbed => {
            embeddings::complete(format, facts, found)?;
        }
        WireFormat::CohereRerank | WireFormat::PlainRerank => rerank::complete(facts, found)?,
        WireFormat::OpenAiImages
        | WireFormat::OpenAiImageEdits
        | WireFormat::OpenAiSpeech
        | WireFormat::OpenAiModerations => media::complete(format, &found.asked, facts)?,
        _ => {
            let text = format!("'{}' requests are not read in this version.", format.as_str());
            return Err(Refusal::new(ErrorCode::NotImplemented, text));
        }
    }
    Ok(())
}

/// Formats whose streams state usage without being asked to.
const fn always_states_usage(format: WireFormat) -> bool {
    !matches!(format, WireFormat::OpenAiChat | WireFormat::OpenAiCompletions | WireFormat::OpenAiEmbeddings)
}

fn missing_model() -> Refusal {
    let text = "`model` is missing. Name the model to call, for example \"openai/gpt-4o-mini\".";
    Refusal::new(ErrorCode::InvalidRequest, text).param("model")
}

fn no_messages(format: WireFormat) -> Refusal {
    match format {
        WireFormat::OpenAiResponses => {
            invalid("input", "`input` is missing. Send a text or at least one item.")
        }
        WireFormat::GeminiGenerate => {
            invalid("contents", "`contents` is missing. Send at least one content.")
        }
        _ => invalid("messages", "`messages` is missing. Send at least one message."),
    }
}

/// The tier that a name stands for, in requests and answers of any format. `None` for `auto`, which leaves
/// it to the provider. A name that is not known counts as the dearest one.
#[must_use]
pub fn service_tier(name: &str) -> Option<ServiceTier> {
    match name {
        "auto" | "" => None,
        "default" | "standard" | "standard_only" | "on_demand" | "scale" => Some(ServiceTier::Standard),
        "flex" => Some(ServiceTier::Flex),
        "batch" => Some(ServiceTier::Batch),
        _ => Some(ServiceTier::Priority),
    }
}

/// Where a compressed body stops to be UTF-8: the marks of gzip and Zstandard have such a byte among their first.
const COMPRESSED_WITHIN: usize = 4;

/// The refusal for a body that is not the JSON it should be.
#[must_use]
pub fn json_refusal(error: &JsonError) -> Refusal {
    match &error.kind {
        JsonErrorKind::Duplicate(name) => invalid_owned(
            name.clone(),
            format!("The member `{name}` stands twice in the body (byte {}). Send it once.", error.offset),
        ),
        JsonErrorKind::NotAnObject(kind) => Refusal::new(
            ErrorCode::InvalidRequest,
            format!("The body must be a JSON object, not {}.", kind.with_article()),
        ),
        JsonErrorKind::TooDeep(_) | JsonErrorKind::TooManyMembers(_) => {
            Refusal::new(ErrorCode::InvalidRequest, format!("The body is not accepted: {error}. Send less."))
        }
        JsonErrorKind::UnexpectedEnd if error.offset == 0 => {
            Refusal::new(ErrorCode::InvalidRequest, "The body is empty. Send a JSON object.")
        }
        // What a compressed body begins with is no JSON, and mostly no UTF-8.
        JsonErrorKind::BadUtf8 if error.offset < COMPRESSED_WITHIN => Refusal::new(
            ErrorCode::InvalidRequest,
            format!(
                "The body is not valid JSON: {error}. Compressed bodies are not taken: send it without \
                 'content-encoding'."
            ),
        ),
        _ => Refusal::new(
            ErrorCode::InvalidRequest,
            format!("The body is not valid JSON: {error}. Check how it is encoded."),
        ),
    }
}

/// An `invalid_request` that names a parameter.
pub(crate) fn invalid(param: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, message).param(param)
}

fn invalid_owned(param: String, message: String) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, message).param(param)
}

#[cfg(test)]
mod tests;

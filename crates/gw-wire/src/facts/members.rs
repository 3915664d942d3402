//! Reads one top-level member into the facts. Serves `facts`. It must refuse what it cannot read, as the
//! upstream might read it otherwise.

use super::{ROUTING_MEMBERS, invalid, invalid_owned, json_refusal, service_tier};
use crate::estimate;
use crate::json::{Kind, Member, Object, Value};
use gw_model::{CallFacts, Refusal, ServiceTier, WireFormat};

/// Longest end-user name that is kept, in characters.
const MAX_USER_CHARACTERS: usize = 256;

/// What has been found besides the facts themselves.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub(super) has_messages: bool,
    /// `prompt` of completions, `input` of embeddings.
    pub(super) prompt: Option<Value<'a>>,
    pub(super) suffix_tokens: u64,
    pub(super) best_of: u32,
}

/// Names that a stage acts on, in some format: no other spelling of them may slip by.
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
];

pub(super) fn read<'a>(
    format: WireFormat,
    object: &Object<'a>,
    member: &Member<'a>,
    facts: &mut CallFacts,
    found: &mut Found<'a>,
) -> Result<(), Refusal> {
    let value = object.value(member);
    if value.is_null() {
        // Absent to the stages, but an edit must replace it, not add a second one.
        match member.key.as_ref() {
            "model" => facts.model_span = Some(value.span),
            "stream_options" => facts.stream_options_span = Some(value.span),
            name => check_spelling(name)?,
        }
        return Ok(());
    }
    let is_chat = format == WireFormat::OpenAiChat;
    let is_messages = format == WireFormat::AnthropicMessages;
    match member.key.as_ref() {
        "model" => {
            facts.model = string("model", &value)?;
            facts.model_span = Some(value.span);
        }
        "stream" if format != WireFormat::OpenAiEmbeddings => {
            facts.stream = value.as_bool().ok_or_else(|| wrong_kind("stream", "true or false", &value))?;
        }
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
            check_messages(&value)?;
            found.has_messages = true;
        }
        "prompt" if format == WireFormat::OpenAiCompletions => found.prompt = Some(value),
        "suffix" if format == WireFormat::OpenAiCompletions => {
            found.suffix_tokens = estimate::text_tokens(string("suffix", &value)?.as_bytes());
        }
        "input" if format == WireFormat::OpenAiEmbeddings => found.prompt = Some(value),
        "user" if !is_messages => facts.user = Some(user_name(&string("user", &value)?)),
        "safety_identifier" if facts.user.is_none() => {
            facts.user = Some(user_name(&string("safety_identifier", &value)?));
        }
        "metadata" if is_messages => {
            let metadata = value.object().map_err(|e| json_refusal(&e).param("metadata"))?;
            if let Some(id) = metadata.get("user_id").filter(|id| !id.is_null()) {
                facts.user = Some(user_name(&string("metadata.user_id", &id)?));
            }
        }
        name if ROUTING_MEMBERS.contains(&name) => facts.routing_members.push(name.to_owned()),
        name => check_spelling(name)?,
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
        facts.include_usage = wanted
            .as_bool()
            .ok_or_else(|| wrong_kind("stream_options.include_usage", "true or false", &wanted))?;
    }
    Ok(())
}

/// Of several members that bound the output the largest counts, as it is not known which the upstream takes.
fn bound(name: &'static str, value: &Value<'_>, facts: &mut CallFacts) -> Result<(), Refusal> {
    let tokens = value.as_u64().ok_or_else(|| wrong_kind(name, "a whole number of at least 0", value))?;
    if facts.max_output_tokens.is_none_or(|largest| tokens >= largest) {
        facts.max_output_tokens = Some(tokens);
        facts.max_output_span = Some(value.span);
    }
    Ok(())
}

fn count(name: &'static str, value: &Value<'_>) -> Result<u32, Refusal> {
    let number = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n >= 1);
    number.ok_or_else(|| wrong_kind(name, "a whole number of at least 1", value))
}

fn check_messages(value: &Value<'_>) -> Result<(), Refusal> {
    if value.kind != Kind::Array {
        return Err(wrong_kind("messages", "an array of messages", value));
    }
    let mut elements = value.raw().trim_start_matches('[').trim_start().bytes();
    match elements.next() {
        Some(b']') => Err(invalid("messages", "`messages` is empty. Send at least one message.")),
        Some(b'{') => Ok(()),
        _ => Err(invalid("messages", "`messages` must hold objects with `role` and `content`.")),
    }
}

fn string(name: &'static str, value: &Value<'_>) -> Result<String, Refusal> {
    value.as_str().map(std::borrow::Cow::into_owned).ok_or_else(|| wrong_kind(name, "a string", value))
}

fn user_name(text: &str) -> String {
    match text.char_indices().nth(MAX_USER_CHARACTERS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text.to_owned(),
    }
}

fn wrong_kind(name: &'static str, wanted: &str, value: &Value<'_>) -> Refusal {
    let got = match value.kind {
        Kind::Number | Kind::Bool => value.raw().chars().take(32).collect(),
        kind => kind.with_article().to_owned(),
    };
    invalid(name, format!("`{name}` must be {wanted}, not {got}."))
}

/// Some upstreams match names without regard to case (Go's `encoding/json`, with Unicode folding). There, a
/// second spelling of a name would overrule what the stages have read.
fn check_spelling(name: &str) -> Result<(), Refusal> {
    if name.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return Ok(());
    }
    let folded: String = name
        .chars()
        .map(|c| match c {
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            other => other.to_ascii_lowercase(),
        })
        .collect();
    if READ_MEMBERS.contains(&folded.as_str()) || ROUTING_MEMBERS.contains(&folded.as_str()) {
        let shown: String = name.chars().take(64).collect();
        return Err(invalid_owned(
            shown.clone(),
            format!("The member `{shown}` is a second spelling of `{folded}`. Write `{folded}`."),
        ));
    }
    Ok(())
}

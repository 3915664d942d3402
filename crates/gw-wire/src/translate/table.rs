//! What each pair of formats loses: the members of a request that are refused and those that are left out
//! and named in the answer's `x-gatewright-dropped` header. Serves request translation and the guide on
//! translation, which is this table in words. It must not list what is translated.
//!
//! The rule behind the entries: a member is refused when the caller could not use the answer, or would be
//! misled by it, without the member; everything else is left out and named. A value that asks for the
//! target's default anyway is left out silently.
//!
//! Decided where the value is known, in the formats' own writers, and named the same way: a temperature
//! above 1 (clamped), `top_p` beside a temperature, sampling while thinking, unsigned thinking, image
//! detail, speakers' names, `seed`, JSON mode without a schema, blank stop sequences (all towards Anthropic
//! Messages). Refused there: several choices, audio, tools that are not functions, files stored at another
//! provider.

use gw_model::WireFormat;
use serde_json::value::RawValue;

/// What becomes of a member that the intermediate form has no field for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The target has it under the same name.
    Keep,
    /// It asks for the default: left out without a word.
    Default,
    /// Left out and named.
    Drop,
    /// 400 `unsupported_parameter`, with the way out.
    Refuse(&'static str),
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The member's name in the caller's format.
    pub name: &'static str,
    /// What becomes of it, unless its value is among `defaults`.
    pub treatment: Treatment,
    /// Values that ask for the default, as JSON without white space. Numbers are compared by value.
    pub defaults: &'static [&'static str],
}

const fn drop(name: &'static str, defaults: &'static [&'static str]) -> Entry {
    Entry { name, treatment: Treatment::Drop, defaults }
}

const fn refuse(name: &'static str, defaults: &'static [&'static str], way_out: &'static str) -> Entry {
    Entry { name, treatment: Treatment::Refuse(way_out), defaults }
}

const fn keep(name: &'static str) -> Entry {
    Entry { name, treatment: Treatment::Keep, defaults: &[] }
}

const NO_LOGPROBS: &str =
    "The model chosen gives no log probabilities. Leave it out, or choose a model that does.";
const NO_AUDIO: &str = "The model chosen answers in text only. Leave it out, or choose a model that speaks.";
const NO_SEARCH: &str =
    "The model chosen has no web search in this format. Leave it out, or call the model in its own format.";
const NO_COMPLETION: &str =
    "The model chosen takes conversations only and has nothing like it. Leave it out.";
const NO_CONTAINER: &str = "The model chosen runs no tools of its own. Leave it out, or choose a model of the provider that runs them.";
const NO_REGION: &str =
    "The model chosen cannot be told where to run. Leave it out, or choose a target in that region.";

/// OpenAI chat completions to Anthropic Messages.
pub const CHAT_TO_MESSAGES: &[Entry] = &[
    drop("frequency_penalty", &["0"]),
    drop("logit_bias", &["{}"]),
    drop("metadata", &["{}"]),
    drop("moderation", &[]),
    drop("prediction", &[]),
    drop("presence_penalty", &["0"]),
    drop("prompt_cache_key", &[]),
    drop("prompt_cache_options", &[]),
    drop("prompt_cache_retention", &[]),
    drop("store", &["false"]),
    drop("verbosity", &["\"medium\""]),
    refuse("audio", &[], NO_AUDIO),
    refuse("logprobs", &["false"], NO_LOGPROBS),
    refuse("modalities", &["[\"text\"]"], NO_AUDIO),
    refuse("top_logprobs", &["0"], NO_LOGPROBS),
    refuse("web_search_options", &[], NO_SEARCH),
    // Anthropic's own member, which callers of OpenAI's format send through compatible libraries.
    keep("cache_control"),
];

/// OpenAI completions to Anthropic Messages.
pub const COMPLETIONS_TO_MESSAGES: &[Entry] = &[
    drop("frequency_penalty", &["0"]),
    drop("logit_bias", &["{}"]),
    drop("presence_penalty", &["0"]),
    refuse("best_of", &["1"], NO_COMPLETION),
    refuse("echo", &["false"], NO_COMPLETION),
    refuse("logprobs", &[], NO_LOGPROBS),
    refuse("suffix", &["\"\""], NO_COMPLETION),
];

/// OpenAI completions to OpenAI chat completions.
pub const COMPLETIONS_TO_CHAT: &[Entry] = &[
    keep("frequency_penalty"),
    keep("logit_bias"),
    keep("presence_penalty"),
    refuse("best_of", &["1"], NO_COMPLETION),
    refuse("echo", &["false"], NO_COMPLETION),
    refuse("logprobs", &[], NO_LOGPROBS),
    refuse("suffix", &["\"\""], NO_COMPLETION),
];

/// Anthropic Messages to OpenAI chat completions.
pub const MESSAGES_TO_CHAT: &[Entry] = &[
    drop("betas", &["[]"]),
    drop("cache_control", &[]),
    drop("context_management", &[]),
    drop("output_config.task_budget", &[]),
    drop("speed", &["\"standard\""]),
    refuse("container", &[], NO_CONTAINER),
    refuse("inference_geo", &["\"global\""], NO_REGION),
    refuse("mcp_servers", &["[]"], NO_CONTAINER),
];

/// The table for a pair of formats; empty for pairs that cannot be translated.
#[must_use]
pub const fn entries(from: WireFormat, to: WireFormat) -> &'static [Entry] {
    match (from, to) {
        (WireFormat::OpenAiChat, WireFormat::AnthropicMessages) => CHAT_TO_MESSAGES,
        (WireFormat::OpenAiCompletions, WireFormat::AnthropicMessages) => COMPLETIONS_TO_MESSAGES,
        (WireFormat::OpenAiCompletions, WireFormat::OpenAiChat) => COMPLETIONS_TO_CHAT,
        (WireFormat::AnthropicMessages, WireFormat::OpenAiChat) => MESSAGES_TO_CHAT,
        _ => &[],
    }
}

/// What becomes of one member. Members that no table knows are left out and named.
#[must_use]
pub fn treatment(from: WireFormat, to: WireFormat, name: &str, value: &RawValue) -> Treatment {
    if value.get() == "null" {
        return Treatment::Default;
    }
    match entries(from, to).iter().find(|entry| entry.name == name) {
        Some(entry) if entry.defaults.iter().any(|default| is_same(value.get(), default)) => {
            Treatment::Default
        }
        Some(entry) => entry.treatment,
        None => Treatment::Drop,
    }
}

/// Compares JSON text, white space aside, and numbers by value.
fn is_same(value: &str, default: &str) -> bool {
    if let (Ok(value), Ok(default)) = (value.parse::<f64>(), default.parse::<f64>()) {
        return value.total_cmp(&default).is_eq() || (value == 0.0 && default == 0.0);
    }
    value.bytes().filter(|byte| !byte.is_ascii_whitespace()).eq(default.bytes())
}

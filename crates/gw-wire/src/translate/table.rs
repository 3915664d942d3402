//! What requests lose between formats: the members of each caller's format that the intermediate form has no
//! field for, which targets have them too, and what becomes of them at all others. Serves request translation
//! and `docs/translation.md`, which is made from it. It must not list what is translated.
//!
//! The rule behind the entries: a member is refused when the caller could not use the answer, or would be
//! misled by it, without the member; everything else is left out and named in the answer's
//! `x-gatewright-dropped` header. A value that asks for what happens anyway is left out silently.
//!
//! What depends on a value, on the model or on the place of a content block is decided in `fit` and in the
//! formats' own writers, and named the same way.

mod chat;
mod cohere;
mod completions;
mod converse;
mod gemini;
mod messages;
mod responses;

use gw_model::WireFormat;
use serde_json::value::RawValue;

/// What becomes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The target has it, under this name of the intermediate form.
    Keep(&'static str),
    /// It asks for what happens anyway: left out without a word.
    Default,
    /// Left out and named.
    Drop,
    /// 400 `unsupported_parameter`, with the way out.
    Refuse(&'static str),
}

/// A member of a caller's format.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name as the caller writes it.
    pub name: &'static str,
    /// Its name in the intermediate form, where that differs.
    inner: Option<&'static str>,
    /// What becomes of it at targets that do not have it, unless its value is among `defaults`.
    pub otherwise: Treatment,
    /// Values that ask for what happens anyway, as JSON without white space. Numbers are compared by value.
    pub defaults: &'static [&'static str],
    /// Targets that have it, and its name in the intermediate form there.
    pub kept_by: &'static [(WireFormat, &'static str)],
}

impl Member {
    const fn drop(name: &'static str, defaults: &'static [&'static str]) -> Self {
        Self { name, inner: None, otherwise: Treatment::Drop, defaults, kept_by: &[] }
    }

    const fn refuse(name: &'static str, defaults: &'static [&'static str], way_out: &'static str) -> Self {
        Self { name, inner: None, otherwise: Treatment::Refuse(way_out), defaults, kept_by: &[] }
    }

    /// One whose absence changes nothing for the caller.
    const fn silent(name: &'static str) -> Self {
        Self { name, inner: None, otherwise: Treatment::Default, defaults: &[], kept_by: &[] }
    }

    const fn read_as(mut self, inner: &'static str) -> Self {
        self.inner = Some(inner);
        self
    }

    const fn kept_by(mut self, targets: &'static [(WireFormat, &'static str)]) -> Self {
        self.kept_by = targets;
        self
    }

    fn is(&self, name: &str) -> bool {
        self.inner.unwrap_or(self.name) == name
    }
}

const NO_LOGPROBS: &str =
    "The model chosen gives no log probabilities, or not in a form that can be translated. Leave it out.";
const NO_OUTPUT_BUT_TEXT: &str =
    "Only text comes back across formats. Leave it out, or call the model in its own provider's format.";
const NO_SEARCH: &str =
    "The model chosen has no web search in this format. Leave it out, or call the model in its own format.";
const NO_COMPLETION: &str =
    "The model chosen takes conversations only and has nothing like it. Leave it out.";
const NO_CONTAINER: &str = "The model chosen runs no tools of its own. Leave it out, or choose a model of the provider that runs them.";
const NO_REGION: &str =
    "The model chosen cannot be told where to run. Leave it out, or choose a target in that region.";
const NO_STATE: &str = "The provider of the model chosen stores nothing between requests. Send the whole conversation in `input`, or choose a model of a provider that has this endpoint.";
const NO_EARLIER: &str = "An answer that the gateway stores is written out before the request is translated; this one is stored elsewhere. Send the whole conversation in `input`.";
const NO_BACKGROUND: &str = "The model chosen answers at once only. Leave it out, or choose a model of a provider that works in the background.";
const NO_STORED_CONTENT: &str = "It refers to content that another provider stores. Send the content itself, or choose a model of that provider.";
const NO_GUARDRAIL: &str = "It names a check that another provider makes. Leave it out if the answer may go unchecked, or choose a model of that provider.";
const NO_DOCUMENTS: &str =
    "The model chosen has no place for documents beside the conversation. Put them into a message.";
const NO_TOOL_OF_PROVIDER: &str =
    "It forces a tool that another provider runs. Use auto, or name a function.";
const NO_SHAPE: &str =
    "The model chosen cannot be held to this kind of answer. Ask for a JSON schema instead.";

/// The members of a caller's format.
#[must_use]
pub const fn members(from: WireFormat) -> &'static [Member] {
    match from {
        WireFormat::OpenAiChat => chat::MEMBERS,
        WireFormat::OpenAiCompletions => completions::MEMBERS,
        WireFormat::OpenAiResponses => responses::MEMBERS,
        WireFormat::AnthropicMessages => messages::MEMBERS,
        WireFormat::GeminiGenerate => gemini::MEMBERS,
        WireFormat::BedrockConverse => converse::MEMBERS,
        WireFormat::CohereChat => cohere::MEMBERS,
        _ => &[],
    }
}

/// What becomes of one member, by its name in the intermediate form. Members that no table knows are left out
/// and named.
#[must_use]
pub fn treatment(from: WireFormat, to: WireFormat, name: &str, value: &RawValue) -> Treatment {
    if value.get() == "null" {
        return Treatment::Default;
    }
    let Some(member) = members(from).iter().find(|member| member.is(name)) else { return Treatment::Drop };
    if let Some((_, kept)) = member.kept_by.iter().find(|(target, _)| *target == to) {
        return Treatment::Keep(kept);
    }
    if member.defaults.iter().any(|default| is_same(value.get(), default)) {
        return Treatment::Default;
    }
    member.otherwise
}

/// A name of the intermediate form, or of a format's writer, as callers of `from` write it.
#[must_use]
pub fn spelling(from: WireFormat, name: &str) -> &str {
    let own: &[(&str, &str)] = match from {
        WireFormat::OpenAiResponses => responses::SPELLING,
        WireFormat::AnthropicMessages => messages::SPELLING,
        WireFormat::GeminiGenerate => gemini::SPELLING,
        WireFormat::BedrockConverse => converse::SPELLING,
        WireFormat::CohereChat => cohere::SPELLING,
        _ => &[],
    };
    if let Some((_, written)) = own.iter().find(|(known, _)| *known == name) {
        return written;
    }
    let member = members(from).iter().find(|member| member.inner == Some(name));
    member.map_or(name, |member| member.name)
}

/// Compares JSON text, white space aside, and numbers by value.
fn is_same(value: &str, default: &str) -> bool {
    if let (Ok(value), Ok(default)) = (value.parse::<f64>(), default.parse::<f64>()) {
        return value.total_cmp(&default).is_eq() || (value == 0.0 && default == 0.0);
    }
    value.bytes().filter(|byte| !byte.is_ascii_whitespace()).eq(default.bytes())
}

//! The intermediate form, written as a request for an upstream. Serves the translate step. What the format cannot
//! carry is either named in `dropped` or refused; it must not vanish silently.

use super::members;
use super::{write_items, write_tools};
use crate::codec::{Options, Written};
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Object, Value, Writer};
use crate::outgoing::{capacity, drop_once, renamed};
use gw_model::chat::{ChatRequest, Part, PartKind, Reasoning, ResponseFormat};
use gw_model::{ErrorCode, Refusal};

/// The least bound on output tokens that the format's own provider takes.
const MIN_OUTPUT_TOKENS: u64 = 16;
/// Asks for reasoning in a form that can be sent back although the provider stores nothing.
const SEALED_REASONING: &str = "reasoning.encrypted_content";

/// A request on its way out.
pub(super) struct Out<'a> {
    pub(super) w: Writer,
    pub(super) options: &'a Options,
    pub(super) dropped: Vec<String>,
    /// The model's name at the target.
    pub(super) model: &'a str,
    /// Marks where the prompt is to be cached have a place: the caller set the options that go with them.
    pub(super) keeps_marks: bool,
}

impl Out<'_> {
    /// The member's name, renamed when the target calls it otherwise.
    pub(super) fn key(&mut self, name: &str) {
        self.w.key(renamed(self.options, name));
    }

    /// Names something left out, once.
    pub(super) fn drop(&mut self, name: &str) {
        drop_once(&mut self.dropped, name);
    }
}

/// Writes a request. Of `options`, `default_max_output_tokens` is not used: the format does not demand a
/// bound; nor is `include_usage`: usage is always stated. A clamp is sent also when the caller stated no bound.
/// Nothing is asked to be stored unless the caller does.
///
/// # Errors
/// `unsupported_parameter` for what must not be left out.
pub fn write(request: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    if request.choices.is_some_and(|choices| choices > 1) {
        let message =
            "The model chosen gives one choice per request. Set `n` to 1, or send several requests.";
        return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param("n"));
    }
    let mut out = Out {
        w: Writer::with_capacity(capacity(request)),
        options,
        dropped: Vec::new(),
        model: options.model.as_deref().unwrap_or(&request.model),
        keeps_marks: members::get(request, "prompt_cache_options").is_some(),
    };
    out.w.begin_object();
    out.key("model");
    out.w.string(out.model);
    write_items::write(request, &mut out)?;
    write_sampling(request, &mut out);
    write_tools::write(request, &mut out)?;
    write_text(request, &mut out);
    let reasons = write_reasoning(request, &mut out);
    if request.stream {
        out.key("stream");
        out.w.boolean(true);
    }
    write_include(request, reasons, &mut out);
    write_extra(request, &mut out);
    out.w.end_object();
    Ok(Written { body: out.w.into_bytes(), dropped: out.dropped, ..Written::default() })
}

fn write_sampling(request: &ChatRequest, out: &mut Out<'_>) {
    let clamp = out.options.clamp_max_output_tokens;
    let bound = match (request.max_output_tokens, clamp) {
        (Some(stated), Some(clamp)) => Some(stated.min(clamp)),
        (stated, clamp) => stated.or(clamp),
    };
    if let Some(bound) = bound {
        if bound < MIN_OUTPUT_TOKENS {
            out.drop("max_completion_tokens");
        }
        out.key("max_output_tokens");
        out.w.number(bound.max(MIN_OUTPUT_TOKENS));
    }
    for (name, value) in [("temperature", &request.temperature), ("top_p", &request.top_p)] {
        if let Some(value) = value {
            out.key(name);
            out.w.raw(&value.to_string());
        }
    }
    if request.top_k.is_some() {
        out.drop("top_k");
    }
    if !request.stop.is_empty() {
        out.drop("stop");
    }
    if request.seed.is_some() {
        out.drop("seed");
    }
    if let Some(user) = &request.user {
        out.key("user");
        out.w.string(user);
    }
    if let Some(tier) = &request.service_tier {
        out.key("service_tier");
        out.w.string(if tier == "standard_only" { "default" } else { tier });
    }
}

fn write_text(request: &ChatRequest, out: &mut Out<'_>) {
    let verbosity = members::get(request, "verbosity");
    let mut others = members::under(request, "text.").peekable();
    if request.response_format.is_none() && verbosity.is_none() && others.peek().is_none() {
        return;
    }
    out.key("text");
    out.w.begin_object();
    if let Some(format) = &request.response_format {
        out.w.key("format");
        write_format(format, &mut out.w);
    }
    if let Some(verbosity) = verbosity {
        out.w.raw_member("verbosity", verbosity);
    }
    for (name, value) in others.filter(|(name, _)| verbosity.is_none() || *name != "verbosity") {
        out.w.raw_member(name, value.get());
    }
    out.w.end_object();
}

fn write_format(format: &ResponseFormat, w: &mut Writer) {
    match format {
        ResponseFormat::Text => w.raw(r#"{"type":"text"}"#),
        ResponseFormat::JsonObject => w.raw(r#"{"type":"json_object"}"#),
        ResponseFormat::JsonSchema { name, schema, strict, description } => {
            w.begin_object();
            w.string_member("type", "json_schema");
            w.string_member("name", name);
            if let Some(description) = description {
                w.string_member("description", description);
            }
            w.raw_member("schema", schema.get());
            if let Some(strict) = strict {
                w.bool_member("strict", *strict);
            }
            w.end_object();
        }
    }
}

/// Writes `reasoning`. True when the model is asked to reason.
fn write_reasoning(request: &ChatRequest, out: &mut Out<'_>) -> bool {
    let never = never_reasons(out.model);
    let effort = match &request.reasoning {
        None | Some(Reasoning::Adaptive) => None,
        Some(Reasoning::Off) => (!never).then_some("none"),
        Some(Reasoning::Effort(_) | Reasoning::Budget(_)) if never => {
            out.drop("reasoning_effort");
            None
        }
        Some(Reasoning::Effort(effort)) if effort == "max" => Some("xhigh"),
        Some(Reasoning::Effort(effort)) => Some(effort.as_str()),
        Some(Reasoning::Budget(0..=4_095)) => Some("low"),
        Some(Reasoning::Budget(4_096..=16_383)) => Some("medium"),
        Some(Reasoning::Budget(_)) => Some("high"),
    };
    let mut others = members::under(request, "reasoning.").peekable();
    if effort.is_some() || others.peek().is_some() {
        out.key("reasoning");
        out.w.begin_object();
        if let Some(effort) = effort {
            out.w.string_member("effort", effort);
        }
        others.for_each(|(name, value)| out.w.raw_member(name, value.get()));
        out.w.end_object();
    }
    !never && !matches!(request.reasoning, None | Some(Reasoning::Off))
}

/// Models of OpenAI's families that do not reason refuse to be told how to.
fn never_reasons(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    ["gpt-3.5", "gpt-4", "chatgpt-4o"].iter().any(|family| name.starts_with(family))
}

/// Writes `include`: what the caller wants, and what translation needs. Reasoning comes sealed when the model
/// is asked to reason, or when earlier reasoning is sent back: nothing is stored that it could go on from.
fn write_include(request: &ChatRequest, reasons: bool, out: &mut Out<'_>) {
    let is_sealed = |part: &Part| {
        matches!(part.kind, PartKind::RedactedThinking(_) | PartKind::Thinking { signature: Some(_), .. })
    };
    let goes_on = || request.messages.iter().flat_map(|message| &message.parts).any(is_sealed);
    let mut wanted: Vec<&str> = Vec::new();
    if reasons || (!never_reasons(out.model) && goes_on()) {
        wanted.push(SEALED_REASONING);
    }
    if members::get(request, "logprobs") == Some("true") {
        wanted.push(members::LOGPROBS);
    }
    let stated = members::get(request, "include").map(|list| format!(r#"{{"include":{list}}}"#));
    let stated = stated.as_ref().and_then(|text| Object::parse(text.as_bytes(), DEPTH_CEILING).ok());
    let list = stated.as_ref().and_then(|object| object.get("include"));
    let elements: Vec<Value<'_>> = list.iter().flat_map(Value::elements).collect();
    if list.is_none() && wanted.is_empty() {
        return;
    }
    out.key("include");
    out.w.begin_array();
    for name in wanted {
        if !elements.iter().any(|element| element.as_str().as_deref() == Some(name)) {
            out.w.string(name);
        }
    }
    elements.iter().for_each(|element| out.w.raw(element.raw()));
    out.w.end_array();
}

fn write_extra(request: &ChatRequest, out: &mut Out<'_>) {
    if members::get(request, "store").is_none() {
        out.key("store");
        out.w.boolean(false);
    }
    for (name, value) in &request.extra {
        let is_written = matches!(name.as_str(), "include" | "verbosity" | "logprobs")
            || name.starts_with("text.")
            || name.starts_with("reasoning.");
        if !is_written {
            out.key(name);
            out.w.raw(value.get());
        }
    }
}

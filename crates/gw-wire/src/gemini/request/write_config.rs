//! `generationConfig`, written. Serves the request writer. What the API cannot be told is named or refused.

use super::read::Place;
use super::reasoning;
use super::write::{Out, refused};
use crate::gemini::schema;
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, ResponseFormat};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Most stop sequences that the API takes.
const MAX_STOPS: usize = 5;

/// Writes `generationConfig`, and the members beside it that have fields.
pub(super) fn write(request: &ChatRequest, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut members: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(12);
    sampling(request, out, &mut members)?;
    if let Some(format) = &request.response_format {
        response_format(format, &mut members);
    }
    if let Some(thinking) = thinking(request, out) {
        members.push(("thinkingConfig", Cow::Owned(thinking)));
    }
    for (name, value) in out.extras(Place::Generation) {
        let value = if name == "responseModalities" { raised(value) } else { Cow::Borrowed(value.get()) };
        members.push((name, value));
    }
    if !members.is_empty() {
        out.key("generationConfig");
        out.w.begin_object();
        for (name, value) in members {
            out.key(name);
            out.w.raw(&value);
        }
        out.w.end_object();
    }
    if request.user.is_some() {
        out.drop_named("user");
    }
    match request.service_tier.as_deref() {
        None | Some("auto") => {}
        Some("default" | "standard_only" | "standard") => service_tier("standard", out),
        Some(tier @ ("flex" | "priority")) => service_tier(tier, out),
        Some(_) => out.drop_named("service_tier"),
    }
    Ok(())
}

fn service_tier(tier: &str, out: &mut Out<'_>) {
    out.key("serviceTier");
    out.w.string(tier);
}

fn sampling<'a>(
    request: &'a ChatRequest,
    out: &mut Out<'_>,
    members: &mut Vec<(&'a str, Cow<'a, str>)>,
) -> Result<(), Refusal> {
    let bound = match (request.max_output_tokens, out.options.clamp_max_output_tokens) {
        (Some(stated), Some(clamp)) => Some(stated.min(clamp)),
        (stated, clamp) => stated.or(clamp),
    };
    let mut push = |name, value: Option<String>| members.extend(value.map(|v| (name, Cow::Owned(v))));
    push("maxOutputTokens", bound.map(|bound| bound.to_string()));
    push("temperature", request.temperature.as_ref().map(ToString::to_string));
    push("topP", request.top_p.as_ref().map(ToString::to_string));
    push("topK", request.top_k.map(|k| k.to_string()));
    push("candidateCount", request.choices.filter(|n| *n > 1).map(|n| n.to_string()));
    // The API's seed has 32 bits.
    let seed = request.seed.filter(|seed| i32::try_from(*seed).is_ok());
    push("seed", seed.map(|seed| seed.to_string()));
    if request.seed.is_some() && seed.is_none() {
        out.drop_named("seed");
    }
    let stops: Vec<&String> = request.stop.iter().filter(|stop| !stop.is_empty()).collect();
    if stops.len() < request.stop.len() {
        out.drop_named("stop");
    }
    if stops.len() > MAX_STOPS {
        return Err(refused(
            "stop",
            "The model chosen takes at most 5 stop sequences. Send fewer, or choose another model.",
        ));
    }
    if !stops.is_empty() {
        members.extend(serde_json::to_string(&stops).ok().map(|stops| ("stopSequences", Cow::Owned(stops))));
    }
    Ok(())
}

fn response_format<'a>(format: &'a ResponseFormat, members: &mut Vec<(&'a str, Cow<'a, str>)>) {
    const JSON: Cow<'static, str> = Cow::Borrowed("\"application/json\"");
    match format {
        ResponseFormat::Text => members.push(("responseMimeType", Cow::Borrowed("\"text/plain\""))),
        ResponseFormat::JsonObject => members.push(("responseMimeType", JSON)),
        ResponseFormat::JsonSchema { schema, .. } => {
            members.push(("responseMimeType", JSON));
            let schema = match schema::accepted(schema) {
                Some(accepted) => Cow::Owned(accepted.get().to_owned()),
                None => Cow::Borrowed(schema.get()),
            };
            members.push(("responseJsonSchema", schema));
        }
    }
}

/// The value of `thinkingConfig`; `None` when there is nothing to say.
fn thinking(request: &ChatRequest, out: &mut Out<'_>) -> Option<String> {
    let plan = request.reasoning.as_ref().map(|wish| reasoning::plan(wish, out.model)).unwrap_or_default();
    if plan.is_dropped {
        out.drop_named("reasoning_effort");
        return None;
    }
    let mut members: Vec<String> = Vec::new();
    members.extend(plan.budget.map(|budget| format!("\"thinkingBudget\":{budget}")));
    members.extend(plan.level.map(|level| format!("\"thinkingLevel\":\"{level}\"")));
    if plan.is_shown && out.extra(Place::Thinking, "includeThoughts").is_none() {
        members.push("\"includeThoughts\":true".to_owned());
    }
    if request.reasoning.is_some() {
        for (name, value) in out.extras(Place::Thinking) {
            members.push(format!("{}:{}", serde_json::Value::from(name), value.get()));
        }
    }
    (!members.is_empty()).then(|| format!("{{{}}}", members.join(",")))
}

/// Modalities in this format's spelling.
fn raised(modalities: &RawValue) -> Cow<'_, str> {
    let words: Option<Vec<String>> = serde_json::from_str(modalities.get()).ok();
    let raised = words.map(|words| words.iter().map(|word| word.to_ascii_uppercase()).collect::<Vec<_>>());
    match raised.and_then(|words| serde_json::to_string(&words).ok()) {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed(modalities.get()),
    }
}

//! The intermediate form to a request for an upstream. Serves the translate step. It must not send what the
//! format's providers refuse for certain, nor leave anything out without naming it.

use super::reasoning::{self, Plan, ThinkingOut};
use super::schema;
use super::tools;
use super::turns::{self, Conversation};
use super::write_content::{Block, blocks};
use crate::codec::{Options, Written};
use crate::json::Growing;
use crate::outgoing::{capacity, drop_once};
use gw_model::chat::{ChatRequest, Part, PartKind, ResponseFormat, Role};
use gw_model::refusal::{ErrorCode, Refusal};
use serde::Serialize;
use serde_json::value::RawValue;

/// The bound on output tokens when neither the caller nor the model's data give one.
const DEFAULT_MAX_TOKENS: u64 = 4096;
/// Said for the user when the assistant begins, which the format refuses.
const OPENING: &str = ".";

#[derive(Serialize)]
struct TurnOut<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

/// Writes a request.
///
/// # Errors
/// 400 `unsupported_parameter` for what the format cannot express and what must not be left out.
pub fn write(request: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    if request.choices.is_some_and(|choices| choices > 1) {
        let message =
            "The model chosen gives one choice per request. Set `n` to 1, or send several requests.";
        return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param("n"));
    }
    let mut dropped = Vec::new();
    let opening = Part::text(OPENING);
    let conversation = turns::arrange(request, &opening);
    let model = options.model.as_deref().unwrap_or(&request.model);
    let plan = plan(request, options, model);
    let mut body = Growing { out: Vec::with_capacity(capacity(request)), rename: &options.rename };
    body.member("model", model);
    body.member("max_tokens", &plan.max_tokens);
    write_conversation(&conversation, &mut body, &mut dropped)?;
    let written_tools = tools::write(request)?;
    if !written_tools.is_empty() {
        body.member("tools", &written_tools);
    }
    if let Some(choice) = tools::write_choice(request, !written_tools.is_empty()) {
        body.member("tool_choice", &choice);
    }
    write_reasoning(request, &plan, &mut body, &mut dropped);
    write_sampling(request, plan.thinking.is_some(), &mut body, &mut dropped);
    if let Some(user) = &request.user {
        body.member("metadata", &serde_json::json!({ "user_id": user }));
    }
    if let Some(tier) = &request.service_tier {
        body.member("service_tier", tier);
    }
    for (name, value) in &request.extra {
        body.member(name, value.as_ref());
    }
    if request.stream {
        body.member("stream", &true);
    }
    body.out.push(b'}');
    Ok(Written { body: body.out, dropped, ..Written::default() })
}

fn plan(request: &ChatRequest, options: &Options, model: &str) -> Plan {
    let clamp = options.clamp_max_output_tokens.unwrap_or(u64::MAX);
    let default = options.default_max_output_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    let max_tokens = request.max_output_tokens.unwrap_or(default).min(clamp);
    let may_grow_to = request.max_output_tokens.is_none().then_some(clamp);
    reasoning::plan(request, model, max_tokens, may_grow_to)
}

fn write_conversation(
    conversation: &Conversation<'_>,
    body: &mut Growing<'_>,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    if conversation.drops_names {
        drop_once(dropped, "messages.name");
    }
    let mut turns = Vec::with_capacity(conversation.turns.len());
    for turn in &conversation.turns {
        let content = blocks(turn.parts.iter().copied(), dropped)?;
        if content.is_empty() {
            continue;
        }
        let role = if turn.role == Role::Assistant { "assistant" } else { "user" };
        turns.push(TurnOut { role, content });
    }
    trim_prefill(&mut turns);
    if !conversation.system.is_empty() {
        match conversation.system.as_slice() {
            [Part { kind: PartKind::Text(text), cache_control: None }] if !text.is_empty() => {
                body.member("system", text);
            }
            parts => {
                let parts = blocks(parts.iter().copied(), dropped)?;
                if !parts.is_empty() {
                    body.member("system", &parts);
                }
            }
        }
    }
    body.member("messages", &turns);
    Ok(())
}

/// A last turn of the assistant is continued by the model, and the format refuses one that ends in white space.
fn trim_prefill(turns: &mut [TurnOut<'_>]) {
    use super::write_content::BlockOut;
    let Some(last) = turns.last_mut().filter(|turn| turn.role == "assistant") else { return };
    if let Some(Block::Made(BlockOut::Text { text, .. })) = last.content.last_mut()
        && !text.trim_end().is_empty()
    {
        *text = text.trim_end();
    }
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<FormatOut<'a>>,
}

#[derive(Serialize)]
struct FormatOut<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    schema: &'a RawValue,
}

fn write_reasoning(request: &ChatRequest, plan: &Plan, body: &mut Growing<'_>, dropped: &mut Vec<String>) {
    if plan.is_dropped {
        drop_once(dropped, "reasoning_effort");
    }
    if let Some(thinking) = &plan.thinking {
        body.member::<ThinkingOut>("thinking", thinking);
    }
    let closed;
    let format = match &request.response_format {
        Some(ResponseFormat::JsonSchema { schema, .. }) => {
            closed = schema::closed(schema);
            Some(FormatOut { kind: "json_schema", schema: closed.as_deref().unwrap_or(schema) })
        }
        // The format has no mode without a schema; callers of that mode must ask for JSON in words anyway.
        Some(ResponseFormat::JsonObject) => {
            drop_once(dropped, "response_format");
            None
        }
        Some(ResponseFormat::Text) | None => None,
    };
    if plan.effort.is_some() || format.is_some() {
        body.member("output_config", &OutputConfig { effort: plan.effort, format });
    }
}

/// Sampling: the temperature ends at 1 here; while thinking only the defaults are taken; and newer models
/// refuse temperature and top_p together, so that temperature wins.
fn write_sampling(request: &ChatRequest, thinks: bool, body: &mut Growing<'_>, dropped: &mut Vec<String>) {
    let is_one = |number: &serde_json::Number| number.as_f64() == Some(1.0);
    if let Some(temperature) = &request.temperature {
        if temperature.as_f64().is_some_and(|value| value > 1.0) {
            drop_once(dropped, "temperature");
            if !thinks {
                body.member("temperature", &1);
            }
        } else if !thinks {
            body.member("temperature", temperature);
        } else if !is_one(temperature) {
            drop_once(dropped, "temperature");
        }
    }
    if let Some(top_p) = request.top_p.as_ref().filter(|top_p| !is_one(top_p)) {
        if thinks || request.temperature.is_some() {
            drop_once(dropped, "top_p");
        } else {
            body.member("top_p", top_p);
        }
    }
    if let Some(top_k) = &request.top_k {
        if thinks {
            drop_once(dropped, "top_k");
        } else {
            body.member("top_k", top_k);
        }
    }
    if request.seed.is_some() {
        drop_once(dropped, "seed");
    }
    let usable: Vec<&String> = request.stop.iter().filter(|stop| !stop.trim().is_empty()).collect();
    if usable.len() < request.stop.len() {
        drop_once(dropped, "stop");
    }
    if !usable.is_empty() {
        body.member("stop_sequences", &usable);
    }
}

//! The intermediate form to a request for an upstream. Serves the translate step. It must not send what
//! Bedrock refuses for certain, nor leave anything out without naming it. The model and whether to stream
//! stand in the path, which is not written here.

use super::documents::Names;
use super::fields;
use super::tools;
use super::write_content::{Block, BlockOut, ContentWriter};
use crate::anthropic::request::reasoning::{self, Plan};
use crate::anthropic::request::schema;
use crate::anthropic::request::turns::{self, Conversation, Turn};
use crate::bedrock_converse::family::{self, Family};
use crate::codec::{Options, Written};
use crate::json::Growing;
use crate::outgoing::{capacity, drop_once};
use gw_model::chat::{ChatRequest, Part, PartKind, ResponseFormat, Role};
use gw_model::refusal::{ErrorCode, Refusal};
use serde::Serialize;
use serde_json::value::RawValue;

/// Said for the user when the assistant begins or a document comes without a word, both of which Bedrock
/// refuses.
const OPENING: &str = ".";
/// The bound on output tokens that a budget for reasoning is fitted to when there is none.
const DEFAULT_MAX_TOKENS: u64 = 4096;
/// Members of the format that the intermediate form has no field for.
const OWN_MEMBERS: &[&str] = &[
    "additionalModelResponseFieldPaths",
    "guardrailConfig",
    "performanceConfig",
    "promptVariables",
    "requestMetadata",
];
/// Service tiers that there are.
const TIERS: &[&str] = &["default", "flex", "priority", "reserved"];

#[derive(Serialize)]
struct MessageOut<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InferenceOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<serde_json::Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<&'a serde_json::Number>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'a String>,
}

/// Writes a request. The model, in `options` or the request itself, decides what it may be asked.
///
/// # Errors
/// 400 `unsupported_parameter` for what the format cannot express and what must not be left out.
pub fn write(request: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    if request.choices.is_some_and(|choices| choices > 1) {
        let message =
            "The model chosen gives one choice per request. Set `n` to 1, or send several requests.";
        return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param("n"));
    }
    let model = options.model.as_deref().unwrap_or(&request.model);
    let family = family::of(model);
    let mut content = ContentWriter { family, names: Names::default(), dropped: Vec::new() };
    let opening = Part::text(OPENING);
    let conversation = turns::arrange(request, &opening);
    let mut body = Growing { out: Vec::with_capacity(capacity(request)), rename: &options.rename };
    write_conversation(&conversation, &mut content, &mut body)?;
    let mut dropped = content.dropped;
    let plan = plan(request, options, model, family);
    if let Some(inference) = inference(request, options, family, &plan, &mut dropped) {
        body.member("inferenceConfig", &inference);
    }
    if let Some(config) = tools::write(request, family, &mut dropped)? {
        body.member("toolConfig", &config);
    }
    if let Some(added) = fields::write(request, family, &plan, &mut dropped) {
        body.member("additionalModelRequestFields", &added);
    }
    write_format(request, &mut body, &mut dropped);
    write_rest(request, &mut body, &mut dropped);
    body.out.push(b'}');
    Ok(Written { body: body.out, dropped, ..Written::default() })
}

fn write_conversation<'a>(
    conversation: &Conversation<'a>,
    content: &mut ContentWriter,
    body: &mut Growing<'_>,
) -> Result<(), Refusal> {
    if conversation.drops_names {
        drop_once(&mut content.dropped, "messages.name");
    }
    let mut messages: Vec<MessageOut<'a>> = Vec::with_capacity(conversation.turns.len());
    for turn in &conversation.turns {
        let mut blocks = content.blocks(turn.parts.iter().copied())?;
        if blocks.is_empty() {
            continue;
        }
        if lacks_text(turn) {
            blocks.push(Block::Made(BlockOut::Text(OPENING)));
        }
        let role = if turn.role == Role::Assistant { "assistant" } else { "user" };
        messages.push(MessageOut { role, content: blocks });
    }
    trim_prefill(&mut messages);
    body.member("messages", &messages);
    // Instructions are text; what else stands there the format has no place for.
    let (texts, others): (Vec<&Part>, Vec<&Part>) =
        conversation.system.iter().copied().partition(|part| is_instruction(part));
    if !others.is_empty() {
        let message =
            "Instructions are text for the model chosen. Move other content into a message of the user.";
        return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages"));
    }
    let system = content.blocks(texts.into_iter())?;
    if !system.is_empty() {
        body.member("system", &system);
    }
    Ok(())
}

const fn is_instruction(part: &Part) -> bool {
    matches!(part.kind, PartKind::Text(_) | PartKind::Refusal(_) | PartKind::Opaque(_))
}

/// A turn with a document must have a text.
fn lacks_text(turn: &Turn<'_>) -> bool {
    let has = |wanted: fn(&PartKind) -> bool| turn.parts.iter().any(|part| wanted(&part.kind));
    has(|kind| matches!(kind, PartKind::Document { .. })) && !has(|kind| matches!(kind, PartKind::Text(_)))
}

/// A last turn of the assistant is continued by the model, and one that ends in white space is refused.
fn trim_prefill(messages: &mut [MessageOut<'_>]) {
    let Some(last) = messages.last_mut().filter(|message| message.role == "assistant") else { return };
    if let Some(Block::Made(BlockOut::Text(text))) = last.content.last_mut()
        && !text.trim_end().is_empty()
    {
        *text = text.trim_end();
    }
}

/// How a Claude model is told to reason; other families have no budget within the bound on output.
fn plan(request: &ChatRequest, options: &Options, model: &str, family: Family) -> Plan {
    if family != Family::Claude {
        return Plan::default();
    }
    let clamp = options.clamp_max_output_tokens.unwrap_or(u64::MAX);
    let default = options.default_max_output_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    let max_tokens = request.max_output_tokens.unwrap_or(default).min(clamp);
    let may_grow_to = request.max_output_tokens.is_none().then_some(clamp);
    reasoning::plan(request, model, max_tokens, may_grow_to)
}

/// Sampling and bounds: the temperature ends at 1 here; while thinking Claude takes only the defaults, and
/// its newer models refuse temperature and top_p together, so that temperature wins.
fn inference<'a>(
    request: &'a ChatRequest,
    options: &Options,
    family: Family,
    plan: &Plan,
    dropped: &mut Vec<String>,
) -> Option<InferenceOut<'a>> {
    let thinks = plan.thinking.is_some();
    let is_one = |number: &serde_json::Number| number.as_f64() == Some(1.0);
    let clamp = options.clamp_max_output_tokens.unwrap_or(u64::MAX);
    let max_tokens = if thinks {
        // The budget has to fit below the bound.
        Some(plan.max_tokens)
    } else {
        let wanted = request.max_output_tokens.or(options.default_max_output_tokens);
        wanted.map(|tokens| tokens.min(clamp)).or(options.clamp_max_output_tokens)
    };
    let temperature = request.temperature.clone().and_then(|temperature| {
        if temperature.as_f64().is_some_and(|value| value > 1.0) {
            drop_once(dropped, "temperature");
            return (!thinks).then(|| serde_json::Number::from(1));
        }
        if thinks && !is_one(&temperature) {
            drop_once(dropped, "temperature");
        }
        (!thinks).then_some(temperature)
    });
    let mut top_p = request.top_p.as_ref();
    if let Some(value) = top_p
        && family == Family::Claude
        && (thinks || request.temperature.is_some())
    {
        if !is_one(value) {
            drop_once(dropped, "top_p");
        }
        top_p = None;
    }
    if request.seed.is_some() {
        drop_once(dropped, "seed");
    }
    let stop_sequences: Vec<&String> = request.stop.iter().filter(|stop| !stop.trim().is_empty()).collect();
    if stop_sequences.len() < request.stop.len() {
        drop_once(dropped, "stop");
    }
    let is_empty =
        max_tokens.is_none() && temperature.is_none() && top_p.is_none() && stop_sequences.is_empty();
    (!is_empty).then_some(InferenceOut { max_tokens, temperature, top_p, stop_sequences })
}

#[derive(Serialize)]
struct SchemaOut<'a> {
    schema: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

fn write_format(request: &ChatRequest, body: &mut Growing<'_>, dropped: &mut Vec<String>) {
    match &request.response_format {
        Some(ResponseFormat::JsonSchema { name, schema, description, .. }) => {
            let closed = schema::closed(schema);
            let schema: &RawValue = closed.as_deref().unwrap_or(schema);
            let schema = SchemaOut { schema: schema.get(), name, description: description.as_deref() };
            let format = serde_json::json!({
                "textFormat": { "type": "json_schema", "structure": { "jsonSchema": schema } }
            });
            body.member("outputConfig", &format);
        }
        // The format has no mode without a schema; callers of that mode must ask for JSON in words anyway.
        Some(ResponseFormat::JsonObject) => drop_once(dropped, "response_format"),
        Some(ResponseFormat::Text) | None => {}
    }
}

/// Members of the format's own go back to where they stood; what is foreign is left out and named.
fn write_rest(request: &ChatRequest, body: &mut Growing<'_>, dropped: &mut Vec<String>) {
    match request.service_tier.as_deref() {
        Some(tier) if TIERS.contains(&tier) => {
            body.member("serviceTier", &serde_json::json!({ "type": tier }));
        }
        Some("auto") | None => {}
        Some(_) => drop_once(dropped, "service_tier"),
    }
    if request.user.is_some() {
        drop_once(dropped, "user");
    }
    for (name, value) in &request.extra {
        if OWN_MEMBERS.contains(&name.as_str()) {
            body.member(name, value.as_ref());
        } else if !name.starts_with(fields::PREFIX) {
            drop_once(dropped, name);
        }
    }
}

//! Requests of OpenAI legacy completions. Serves the translate step. It must refuse what a conversation cannot
//! express, as leaving it out would change the answer's meaning.

use crate::codec::{Options, Written};
use crate::facts::invalid;
use crate::json::{Kind, Value, Writer};
use crate::openai_chat::request::{Params, optional, read_choices, strings};
use gw_model::chat::{ChatRequest, Message, Part, PartKind, Role};
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

/// Reads a request: the prompt becomes one turn of a user.
///
/// # Errors
/// `invalid_request` with the parameter at fault; `unsupported_parameter` for several prompts, token ids,
/// `echo`, `suffix` and `best_of` above 1.
pub fn read(body: &[u8]) -> Result<ChatRequest, Refusal> {
    let mut params = Params::parse(body)?;
    let prompt = match params.take("prompt") {
        Some(value) => prompt_text(&value)?,
        None => String::new(),
    };
    let mut request = ChatRequest {
        model: params.string("model")?.unwrap_or_default(),
        messages: vec![Message { role: Role::User, parts: vec![Part::text(prompt)], name: None }],
        max_output_tokens: params.count("max_tokens")?,
        temperature: params.number("temperature")?,
        top_p: params.number("top_p")?,
        top_k: params.count("top_k")?,
        seed: optional(params.take("seed"), "seed", "a whole number", Value::as_i64)?,
        choices: read_choices(&mut params)?,
        stop: optional(params.take("stop"), "stop", "a string or an array of strings", strings)?
            .unwrap_or_default(),
        user: params.string("user")?,
        stream: params.boolean("stream")?.unwrap_or(false),
        service_tier: params.string("service_tier")?,
        ..ChatRequest::default()
    };
    if let Some(options) = params.take("stream_options") {
        let options = options.object().map_err(|e| crate::facts::json_refusal(&e).param("stream_options"))?;
        request.include_usage = options.get("include_usage").and_then(|v| v.as_bool()).unwrap_or(false);
    }
    refuse_what_conversations_lack(&mut params, request.choices.unwrap_or(1))?;
    request.extra = params.rest();
    Ok(request)
}

fn refuse_what_conversations_lack(params: &mut Params<'_>, choices: u32) -> Result<(), Refusal> {
    if params.boolean("echo")? == Some(true) {
        return Err(unsupported("echo"));
    }
    if params.string("suffix")?.is_some_and(|suffix| !suffix.is_empty()) {
        return Err(unsupported("suffix"));
    }
    if params.count("best_of")?.is_some_and(|best| best > u64::from(choices)) {
        return Err(unsupported("best_of"));
    }
    Ok(())
}

fn prompt_text(value: &Value<'_>) -> Result<String, Refusal> {
    if let Some(text) = value.as_str() {
        return Ok(text.into_owned());
    }
    let mut elements = value.elements();
    match (elements.next(), elements.next()) {
        (Some(only), None) if only.kind == Kind::String => {
            Ok(only.as_str().map(Cow::into_owned).unwrap_or_default())
        }
        (None, _) => Err(invalid("prompt", "`prompt` must be a string.")),
        _ => Err(Refusal::new(
            ErrorCode::UnsupportedParameter,
            "Several prompts or token ids cannot be sent to this model's target. Send one prompt as text.",
        )
        .param("prompt")),
    }
}

fn unsupported(name: &'static str) -> Refusal {
    let message =
        format!("`{name}` is not available at this model's target. Leave it out, or choose another model.");
    Refusal::new(ErrorCode::UnsupportedParameter, message).param(name)
}

/// Writes a request. Only a conversation that is one text can be a prompt.
///
/// # Errors
/// `unsupported_parameter` for anything else, and for tools.
pub fn write(request: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    let prompt = prompt_of(request)?;
    let mut w = Writer::with_capacity(256 + prompt.len());
    let key = |w: &mut Writer, name: &str| {
        let renamed = options.rename.iter().find(|(from, _)| from == name);
        w.key(renamed.map_or(name, |(_, to)| to));
    };
    w.begin_object();
    key(&mut w, "model");
    w.string(options.model.as_deref().unwrap_or(&request.model));
    key(&mut w, "prompt");
    w.string(&prompt);
    let stated = request.max_output_tokens.or(options.default_max_output_tokens);
    let clamp = options.clamp_max_output_tokens;
    if let Some(bound) = stated.map(|s| clamp.map_or(s, |c| s.min(c))).or(clamp) {
        key(&mut w, "max_tokens");
        w.number(bound);
    }
    for (name, value) in [("temperature", &request.temperature), ("top_p", &request.top_p)] {
        if let Some(value) = value {
            key(&mut w, name);
            w.raw(&value.to_string());
        }
    }
    if !request.stop.is_empty() {
        key(&mut w, "stop");
        w.begin_array();
        request.stop.iter().for_each(|stop| w.string(stop));
        w.end_array();
    }
    if let Some(seed) = request.seed {
        key(&mut w, "seed");
        w.number(seed);
    }
    if let Some(choices) = request.choices {
        key(&mut w, "n");
        w.number(choices);
    }
    if let Some(user) = &request.user {
        key(&mut w, "user");
        w.string(user);
    }
    if request.stream {
        key(&mut w, "stream");
        w.boolean(true);
        if request.include_usage || options.include_usage {
            key(&mut w, "stream_options");
            w.raw(r#"{"include_usage":true}"#);
        }
    }
    for (name, value) in &request.extra {
        key(&mut w, name);
        w.raw(value.get());
    }
    w.end_object();
    let dropped = dropped(request).map(str::to_owned).collect();
    Ok(Written { body: w.into_bytes(), dropped, ..Written::default() })
}

fn dropped(request: &ChatRequest) -> impl Iterator<Item = &'static str> {
    let lost = [
        ("top_k", request.top_k.is_some()),
        ("service_tier", request.service_tier.is_some()),
        ("reasoning", request.reasoning.is_some()),
    ];
    lost.into_iter().filter(|(_, is_lost)| *is_lost).map(|(name, _)| name)
}

fn prompt_of(request: &ChatRequest) -> Result<String, Refusal> {
    let refuse = |param: &'static str| {
        let message = "This model takes one plain prompt. Send a single text message without tools, or choose another model.";
        Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param(param))
    };
    if !request.tools.is_empty() {
        return refuse("tools");
    }
    if request.response_format.is_some() {
        return refuse("response_format");
    }
    let turns = request.messages.as_slice();
    let [Message { role: Role::User, parts, .. }] = turns else { return refuse("messages") };
    let mut prompt = String::new();
    for part in request.system.iter().chain(parts) {
        let PartKind::Text(text) = &part.kind else { return refuse("messages") };
        if !prompt.is_empty() {
            prompt.push_str("\n\n");
        }
        prompt.push_str(text);
    }
    Ok(prompt)
}

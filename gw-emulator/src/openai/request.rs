//! Reads and checks a chat completion request: the members, their ranges, and what they mean for the
//! reply. It must refuse what the real service refuses, with the same status, code and parameter.

use serde_json::Value;

use crate::answer::{Context, Rejection};
use crate::fields::{array, boolean, present, range, string, whole, wrong_type};
use crate::prompt::{OutputForm, Prompt};

use super::{dialogue, tools};

/// Most choices per request.
const MAX_CHOICES: u64 = 128;

/// Most stop sequences.
const MAX_STOPS: usize = 4;

/// A chat request.
pub(crate) struct ChatRequest {
    pub(crate) prompt: Prompt,
    pub(crate) choices: u64,
    pub(crate) options: StreamOptions,
    pub(crate) logprobs: bool,
}

/// Whether and how to stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamOptions {
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
}

/// Reads a chat request.
pub(crate) fn read(body: &Value, cx: &Context<'_>) -> Result<ChatRequest, Rejection> {
    let model = model(body, cx)?;
    let messages = array(body, "messages")?.ok_or_else(|| Rejection::missing("messages"))?;
    if messages.is_empty() {
        let message = "Invalid 'messages': the array is empty, at least one message is needed.";
        return Err(Rejection::param("messages", "empty_array", message));
    }
    let options = stream_options(body)?;
    check_ranges(body)?;
    let mut prompt = Prompt { model, stops: stops(body)?, output: output(body)?, ..Prompt::default() };
    dialogue::read(messages, &mut prompt)?;
    tools::read(body, &mut prompt)?;
    prompt.max_tokens = max_tokens(body)?;
    Ok(ChatRequest {
        prompt,
        choices: whole(body, "n", 1, MAX_CHOICES)?.unwrap_or(1),
        options,
        logprobs: boolean(body, "logprobs")?,
    })
}

/// The model: the deployment on Azure paths, else the member.
pub(crate) fn model(body: &Value, cx: &Context<'_>) -> Result<String, Rejection> {
    let named = string(body, "model")?;
    match cx.deployment.or(named) {
        Some("") | None => Err(Rejection::missing("model")),
        Some(model) => Ok(model.to_owned()),
    }
}

/// `stream` and `stream_options`.
pub(crate) fn stream_options(body: &Value) -> Result<StreamOptions, Rejection> {
    let stream = boolean(body, "stream")?;
    let Some(options) = present(body, "stream_options") else {
        return Ok(StreamOptions { stream, include_usage: false });
    };
    if !options.is_object() {
        return Err(wrong_type("stream_options", "an object", options));
    }
    if !stream {
        let message = "'stream_options' may only be set together with 'stream': true.";
        return Err(Rejection::param("stream_options", "invalid_value", message));
    }
    Ok(StreamOptions { stream, include_usage: boolean(options, "include_usage")? })
}

/// `stop`: a string or up to four.
pub(crate) fn stops(body: &Value) -> Result<Vec<String>, Rejection> {
    match present(body, "stop") {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(several)) if several.len() <= MAX_STOPS => {
            let read = |stop: &Value| stop.as_str().map(str::to_owned);
            let stops: Option<Vec<String>> = several.iter().map(read).collect();
            stops.ok_or_else(|| Rejection::param("stop", "invalid_type", "'stop' must hold strings only."))
        }
        Some(Value::Array(_)) => {
            Err(Rejection::param("stop", "array_above_max_length", "'stop' may hold four strings at most."))
        }
        Some(other) => Err(wrong_type("stop", "a string or an array of strings", other)),
    }
}

/// Ranges of the sampling parameters that all OpenAI text endpoints share.
pub(crate) fn check_ranges(body: &Value) -> Result<(), Rejection> {
    range(body, "temperature", 0.0, 2.0)?;
    range(body, "top_p", 0.0, 1.0)?;
    range(body, "presence_penalty", -2.0, 2.0)?;
    range(body, "frequency_penalty", -2.0, 2.0)
}

fn max_tokens(body: &Value) -> Result<Option<u64>, Rejection> {
    let old = whole(body, "max_tokens", 1, u64::MAX)?;
    let new = whole(body, "max_completion_tokens", 1, u64::MAX)?;
    if old.is_some() && new.is_some() {
        let message = "Set only one of 'max_tokens' and 'max_completion_tokens'.";
        return Err(Rejection::param("max_tokens", "invalid_parameter_combination", message));
    }
    Ok(new.or(old))
}

fn output(body: &Value) -> Result<OutputForm, Rejection> {
    let Some(format) = present(body, "response_format") else { return Ok(OutputForm::Text) };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(OutputForm::Text),
        Some("json_object") => Ok(OutputForm::JsonObject),
        Some("json_schema") => {
            let schema = format.get("json_schema").and_then(|named| named.get("schema"));
            let missing = || Rejection::missing("response_format.json_schema.schema");
            schema.cloned().map(OutputForm::Schema).ok_or_else(missing)
        }
        _ => {
            let message = "'response_format.type' must be 'text', 'json_object' or 'json_schema'.";
            Err(Rejection::param("response_format.type", "invalid_value", message))
        }
    }
}

//! Reads and checks a messages request: members, ranges, thinking, tools. It must refuse what the real
//! service refuses; unknown members pass, as agents send many of them.

use serde_json::Value;

use super::blocks::{self, Reader};
use super::cache::Breakpoint;
use super::headers::Version;
use super::sequence;
use crate::answer::Rejection;
use crate::fields::{array, boolean, present, range, string, whole, wrong_type};
use crate::prompt::{OutputForm, Prompt, Tool, ToolChoice};

/// Smallest thinking budget.
const MIN_THINKING_TOKENS: u64 = 1024;

/// A messages request.
pub(crate) struct MessagesRequest {
    pub(crate) prompt: Prompt,
    pub(crate) stream: bool,
    /// Prefixes marked for caching, in order.
    pub(crate) breakpoints: Vec<Breakpoint>,
}

/// Reads a messages request; counting needs no `max_tokens`.
pub(crate) fn read(body: &Value, version: Version, generates: bool) -> Result<MessagesRequest, Rejection> {
    let model = string(body, "model")?.filter(|model| !model.is_empty());
    let model = model.ok_or_else(|| Rejection::missing("model"))?.to_owned();
    let max_tokens = whole(body, "max_tokens", 1, u64::MAX)?;
    if generates && max_tokens.is_none() {
        return Err(Rejection::missing("max_tokens"));
    }
    let messages = array(body, "messages")?.ok_or_else(|| Rejection::missing("messages"))?;
    if messages.is_empty() {
        return Err(Rejection::param("messages", "empty_array", "at least one message is required"));
    }
    check_sampling(body, version)?;
    let mut prompt =
        Prompt { model, max_tokens, stops: stops(body)?, output: output(body), ..Prompt::default() };
    prompt.thinking = thinking(body, max_tokens)?;
    let mut reader = Reader::new(&mut prompt);
    for (index, tool) in array(body, "tools")?.into_iter().flatten().enumerate() {
        let at = format!("tools.{index}");
        reader.tool(tool, read_tool(tool, &at)?, &at)?;
    }
    reader.system(body)?;
    sequence::read(messages, &mut reader)?;
    // A `cache_control` beside the messages marks everything.
    reader.breakpoint(body, "body")?;
    let breakpoints = reader.finish();
    choice(body, &mut prompt)?;
    Ok(MessagesRequest { prompt, stream: boolean(body, "stream")?, breakpoints })
}

fn check_sampling(body: &Value, version: Version) -> Result<(), Rejection> {
    for name in ["temperature", "top_p", "top_k"] {
        if version == Version::V20261021 && present(body, name).is_some() {
            return Err(Rejection::param(name, "invalid_value", "not supported in this API version"));
        }
    }
    range(body, "temperature", 0.0, 1.0)?;
    range(body, "top_p", 0.0, 1.0)
}

fn stops(body: &Value) -> Result<Vec<String>, Rejection> {
    let mut stops = Vec::new();
    for stop in array(body, "stop_sequences")?.into_iter().flatten() {
        let text = stop.as_str().ok_or_else(|| wrong_type("stop_sequences", "strings", stop))?;
        if text.trim().is_empty() {
            let message = "each stop sequence must contain non-whitespace";
            return Err(Rejection::param("stop_sequences", "invalid_value", message));
        }
        stops.push(text.to_owned());
    }
    Ok(stops)
}

fn output(body: &Value) -> OutputForm {
    let format = body.pointer("/output_config/format").or_else(|| body.get("output_format"));
    let schema = format.and_then(|format| format.get("schema"));
    schema.cloned().map_or(OutputForm::Text, OutputForm::Schema)
}

fn thinking(body: &Value, max_tokens: Option<u64>) -> Result<bool, Rejection> {
    let Some(thinking) = present(body, "thinking") else { return Ok(false) };
    match thinking.get("type").and_then(Value::as_str) {
        Some("disabled") => Ok(false),
        Some("adaptive") => Ok(true),
        Some("enabled") => {
            let budget = whole(thinking, "budget_tokens", MIN_THINKING_TOKENS, u64::MAX)?;
            let budget = budget.ok_or_else(|| Rejection::missing("thinking.enabled.budget_tokens"))?;
            if max_tokens.is_some_and(|max| max <= budget) {
                let message = "`max_tokens` must be greater than `thinking.budget_tokens`";
                return Err(Rejection::param("max_tokens", "invalid_value", message));
            }
            Ok(true)
        }
        _ => {
            let message = "the type must be 'enabled', 'adaptive' or 'disabled'";
            Err(Rejection::param("thinking", "invalid_value", message))
        }
    }
}

/// A tool of the caller; the provider's own tools (with a `type`) are accepted and never called.
fn read_tool(tool: &Value, at: &str) -> Result<Option<Tool>, Rejection> {
    let name = string(tool, "name")?.ok_or_else(|| Rejection::missing(format!("{at}.name")))?;
    if !matches!(string(tool, "type")?, None | Some("custom")) {
        return Ok(None);
    }
    if !blocks::is_name(name) {
        let message = "must be 1 to 128 letters, digits, '_' or '-'";
        return Err(Rejection::param(format!("{at}.name"), "invalid_value", message));
    }
    let schema = present(tool, "input_schema");
    let schema = schema.ok_or_else(|| Rejection::missing(format!("{at}.input_schema")))?;
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        let message = "the schema's type must be 'object'";
        return Err(Rejection::param(format!("{at}.input_schema.type"), "invalid_value", message));
    }
    Ok(Some(Tool { name: name.to_owned(), schema: schema.clone() }))
}

fn choice(body: &Value, prompt: &mut Prompt) -> Result<(), Rejection> {
    let Some(choice) = present(body, "tool_choice") else { return Ok(()) };
    if body.get("tools").is_none() {
        return Err(Rejection::param("tool_choice", "invalid_value", "may only be set together with tools"));
    }
    prompt.one_call = boolean(choice, "disable_parallel_tool_use")?;
    let wrong = |message: String| Err(Rejection::param("tool_choice", "invalid_value", message));
    prompt.choice = match choice.get("type").and_then(Value::as_str) {
        Some("auto") => ToolChoice::Auto,
        Some("none") => ToolChoice::None,
        Some("any") => ToolChoice::Required,
        Some("tool") => match choice.get("name").and_then(Value::as_str) {
            Some(name) if prompt.tools.iter().any(|tool| tool.name == name) => {
                ToolChoice::Named(name.to_owned())
            }
            Some(name) => return wrong(format!("tool '{name}' is not among the tools")),
            None => return Err(Rejection::missing("tool_choice.tool.name")),
        },
        _ => return wrong("the type must be 'auto', 'any', 'tool' or 'none'".to_owned()),
    };
    let forced = matches!(prompt.choice, ToolChoice::Required | ToolChoice::Named(_));
    if forced && prompt.thinking {
        return wrong("thinking cannot be used when tool use is forced".to_owned());
    }
    Ok(())
}

//! A chat request, read into the intermediate form. Serves the translate step. It must not leave a member
//! out: what has no field goes to `extra`, for the table of what a target drops.

use super::content::{cache_control, nested, object, string, wrong};
use super::messages;
use super::params::{Params, json, optional, strings};
use crate::json::{Kind, Value};
use gw_model::chat::{ChatRequest, Reasoning, ResponseFormat, Tool, ToolChoice};
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

/// Reads a request.
///
/// # Errors
/// `invalid_request` with the parameter at fault.
pub fn read(body: &[u8]) -> Result<ChatRequest, Refusal> {
    let mut params = Params::parse(body)?;
    let mut request = ChatRequest {
        model: params.string("model")?.unwrap_or_default(),
        max_output_tokens: params.count("max_completion_tokens")?.max(params.count("max_tokens")?),
        temperature: params.number("temperature")?,
        top_p: params.number("top_p")?,
        top_k: params.count("top_k")?,
        seed: optional(params.take("seed"), "seed", "a whole number", Value::as_i64)?,
        choices: read_choices(&mut params)?,
        stop: optional(params.take("stop"), "stop", "a string or an array of strings", strings)?
            .unwrap_or_default(),
        parallel_tool_calls: params.boolean("parallel_tool_calls")?,
        stream: params.boolean("stream")?.unwrap_or(false),
        service_tier: params.string("service_tier")?,
        ..ChatRequest::default()
    };
    request.user = params.string("safety_identifier")?;
    if let Some(user) = params.string("user")? {
        request.user = Some(user);
    }
    if let Some(options) = params.take("stream_options") {
        let options = object(&options, "stream_options")?;
        let wanted = optional(
            options.get("include_usage"),
            "stream_options.include_usage",
            "true or false",
            Value::as_bool,
        );
        request.include_usage = wanted?.unwrap_or(false);
    }
    let Some(list) = params.take("messages") else {
        return Err(wrong("messages", "is missing"));
    };
    messages::read(&list, &mut request)?;
    read_tools(&mut params, &mut request)?;
    if let Some(format) = params.take("response_format") {
        request.response_format = Some(response_format(&format)?);
    }
    request.reasoning = reasoning(&mut params)?;
    request.extra = params.rest();
    Ok(request)
}

pub(crate) fn read_choices(params: &mut Params<'_>) -> Result<Option<u32>, Refusal> {
    let wanted = "a whole number of at least 1";
    optional(params.take("n"), "n", wanted, |v| {
        v.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
    })
}

fn read_tools(params: &mut Params<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    if let Some(tools) = params.take("tools") {
        for (index, tool) in tools.elements().enumerate() {
            request.tools.push(read_tool(&tool, &format!("tools[{index}]"))?);
        }
    }
    if let Some(functions) = params.take("functions") {
        for (index, function) in functions.elements().enumerate() {
            let at = format!("functions[{index}]");
            request.tools.push(function_of(&object(&function, &at)?, &at)?);
        }
    }
    let choice = match params.take("tool_choice") {
        Some(choice) => Some(tool_choice(&choice, "tool_choice")?),
        None => params.take("function_call").map(|c| tool_choice(&c, "function_call")).transpose()?,
    };
    request.tool_choice = choice;
    Ok(())
}

fn read_tool(value: &Value<'_>, at: &str) -> Result<Tool, Refusal> {
    let tool = object(value, at)?;
    let kind = tool.get("type").and_then(|v| v.as_str());
    match kind.as_deref() {
        // Some clients leave the type of functions out.
        Some("function") | None if tool.get("function").is_some() || kind.is_some() => {
            let mut function = function_of(&nested(&tool, "function", at)?, at)?;
            if let (Tool::Function { cache_control: mark, .. }, Some(outer)) =
                (&mut function, cache_control(&tool))
            {
                mark.get_or_insert(outer);
            }
            Ok(function)
        }
        Some(_) => Ok(Tool::Opaque(json(value).ok_or_else(|| wrong(at, "is not JSON"))?)),
        None => Err(wrong(at, "has no `type`")),
    }
}

fn function_of(function: &crate::json::Object<'_>, at: &str) -> Result<Tool, Refusal> {
    Ok(Tool::Function {
        name: string(function, "name", at)?,
        description: function.get("description").and_then(|v| v.as_str()).map(Cow::into_owned),
        parameters: function.get("parameters").filter(|v| v.kind == Kind::Object).and_then(|v| json(&v)),
        strict: function.get("strict").and_then(|v| v.as_bool()),
        cache_control: cache_control(function),
    })
}

fn tool_choice(value: &Value<'_>, at: &'static str) -> Result<ToolChoice, Refusal> {
    if let Some(word) = value.as_str() {
        return match word.as_ref() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" | "any" => Ok(ToolChoice::Required),
            _ => Err(wrong(at, "must be auto, none, required or a function")),
        };
    }
    let choice = object(value, at)?;
    // `{"type":"function","function":{"name":..}}`, or the older `{"name":..}`.
    let holder = match choice.get("function") {
        Some(function) => object(&function, at)?,
        None => choice,
    };
    let name = holder.get("name").and_then(|v| v.as_str()).map(Cow::into_owned);
    name.map(ToolChoice::Tool).ok_or_else(|| {
        let message = format!(
            "`{at}` of this kind is not supported by the target. Name one function, or use auto or required."
        );
        Refusal::new(ErrorCode::UnsupportedParameter, message).param(at)
    })
}

fn response_format(value: &Value<'_>) -> Result<ResponseFormat, Refusal> {
    let at = "response_format";
    let format = object(value, at)?;
    match format.get("type").and_then(|v| v.as_str()).as_deref() {
        Some("text") => Ok(ResponseFormat::Text),
        Some("json_object") => Ok(ResponseFormat::JsonObject),
        Some("json_schema") => {
            let schema = nested(&format, "json_schema", at)?;
            let text = schema.get("schema").filter(|v| v.kind == Kind::Object).and_then(|v| json(&v));
            Ok(ResponseFormat::JsonSchema {
                name: schema
                    .get("name")
                    .and_then(|v| v.as_str())
                    .map_or_else(|| "answer".to_owned(), Cow::into_owned),
                schema: text
                    .ok_or_else(|| wrong("response_format.json_schema", "needs `schema`, an object"))?,
                strict: schema.get("strict").and_then(|v| v.as_bool()),
                description: schema.get("description").and_then(|v| v.as_str()).map(Cow::into_owned),
            })
        }
        _ => Err(wrong(at, "needs `type`: text, json_object or json_schema")),
    }
}

/// OpenAI's `reasoning_effort`, and the `reasoning` and `thinking` objects that compatible services take.
fn reasoning(params: &mut Params<'_>) -> Result<Option<Reasoning>, Refusal> {
    let effort = params.string("reasoning_effort")?;
    let (object_form, thinking) = (params.take("reasoning"), params.take("thinking"));
    if let Some(effort) = effort {
        return Ok(Some(by_effort(effort)));
    }
    if let Some(value) = object_form {
        let reasoning = object(&value, "reasoning")?;
        if let Some(budget) = reasoning.get("max_tokens").and_then(|v| v.as_u64()) {
            return Ok(Some(Reasoning::Budget(budget)));
        }
        if let Some(effort) = reasoning.get("effort").and_then(|v| v.as_str()) {
            return Ok(Some(by_effort(effort.into_owned())));
        }
        let enabled = reasoning.get("enabled").and_then(|v| v.as_bool());
        return Ok(enabled.map(|on| if on { Reasoning::Adaptive } else { Reasoning::Off }));
    }
    let Some(value) = thinking else { return Ok(None) };
    let thinking = object(&value, "thinking")?;
    Ok(match thinking.get("type").and_then(|v| v.as_str()).as_deref() {
        Some("disabled") => Some(Reasoning::Off),
        Some("enabled") => {
            let budget = thinking.get("budget_tokens").and_then(|v| v.as_u64());
            Some(budget.map_or(Reasoning::Adaptive, Reasoning::Budget))
        }
        _ => Some(Reasoning::Adaptive),
    })
}

fn by_effort(effort: String) -> Reasoning {
    if effort == "none" { Reasoning::Off } else { Reasoning::Effort(effort) }
}

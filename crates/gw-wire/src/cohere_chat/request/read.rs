//! A caller's request to the intermediate form. Serves the translate step. It must not leave a member out:
//! what has no field goes to `extra`, for the table of what a target drops.

use super::content::{json, object, string, wrong};
use super::messages;
use super::reasoning;
use crate::json::{Kind, Value};
use crate::openai_chat::request::{Params, optional, strings};
use gw_model::chat::{ChatRequest, ResponseFormat, Tool, ToolChoice};
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

/// Reads a request.
///
/// # Errors
/// 400 `invalid_request` with the parameter at fault.
pub fn read(body: &[u8]) -> Result<ChatRequest, Refusal> {
    let mut params = Params::parse(body)?;
    let stop = params.take("stop_sequences");
    let mut request = ChatRequest {
        model: params.string("model")?.unwrap_or_default(),
        max_output_tokens: params.count("max_tokens")?,
        temperature: params.number("temperature")?,
        top_p: params.number("p")?,
        // 0 switches it off, which is the default.
        top_k: params.count("k")?.filter(|k| *k > 0),
        seed: optional(params.take("seed"), "seed", "a whole number", Value::as_i64)?,
        stop: optional(stop, "stop_sequences", "an array of strings", strings)?.unwrap_or_default(),
        stream: params.boolean("stream")?.unwrap_or(false),
        // The format always states usage.
        include_usage: true,
        ..ChatRequest::default()
    };
    let Some(list) = params.take("messages") else {
        let message = "`messages` is missing. Send at least one message (API version 2 has no `message`).";
        return Err(Refusal::new(ErrorCode::InvalidRequest, message).param("messages"));
    };
    messages::read(&list, &mut request)?;
    read_tools(&mut params, &mut request)?;
    if let Some(format) = params.take("response_format") {
        request.response_format = Some(response_format(&format)?);
    }
    if let Some(thinking) = params.take("thinking") {
        request.reasoning = reasoning::read(&object(&thinking, "thinking")?)?;
    }
    request.extra = params.rest();
    Ok(request)
}

fn read_tools(params: &mut Params<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let strict = params.boolean("strict_tools")?.filter(|strict| *strict);
    if let Some(tools) = params.take("tools") {
        if tools.kind != Kind::Array {
            return Err(wrong("tools", "must be an array of tools"));
        }
        for (index, tool) in tools.elements().enumerate() {
            request.tools.push(read_tool(&tool, strict, &format!("tools[{index}]"))?);
        }
    }
    let Some(choice) = params.take("tool_choice") else { return Ok(()) };
    let word = choice.as_str().unwrap_or_default();
    request.tool_choice = Some(match word.as_ref() {
        "REQUIRED" | "required" => ToolChoice::Required,
        "NONE" | "none" => ToolChoice::None,
        "AUTO" | "auto" => ToolChoice::Auto,
        _ => return Err(wrong("tool_choice", "must be REQUIRED or NONE, or left out")),
    });
    Ok(())
}

fn read_tool(value: &Value<'_>, strict: Option<bool>, at: &str) -> Result<Tool, Refusal> {
    let tool = object(value, at)?;
    let kind = tool.get("type").and_then(|v| v.as_str());
    if kind.as_deref().is_some_and(|kind| kind != "function") {
        return Ok(Tool::Opaque(json(value).ok_or_else(|| wrong(at, "is not JSON"))?));
    }
    let function = tool.get("function").ok_or_else(|| wrong(at, "lacks `function`"))?;
    let function = object(&function, at)?;
    Ok(Tool::Function {
        name: string(&function, "name", at)?,
        description: function.get("description").and_then(|v| v.as_str()).map(Cow::into_owned),
        parameters: function.get("parameters").filter(|v| v.kind == Kind::Object).and_then(|v| json(&v)),
        strict,
        cache_control: None,
    })
}

fn response_format(value: &Value<'_>) -> Result<ResponseFormat, Refusal> {
    let at = "response_format";
    let format = object(value, at)?;
    match format.get("type").and_then(|v| v.as_str()).as_deref() {
        Some("text") => Ok(ResponseFormat::Text),
        Some("json_object") => {
            // `schema` is the older name.
            let schema = format.get("json_schema").filter(|v| !v.is_null()).or_else(|| format.get("schema"));
            match schema.filter(|v| !v.is_null()) {
                None => Ok(ResponseFormat::JsonObject),
                Some(schema) => {
                    object(&schema, "response_format.json_schema")?;
                    let schema = json(&schema).ok_or_else(|| wrong(at, "is not JSON"))?;
                    let name = "response".to_owned();
                    Ok(ResponseFormat::JsonSchema { name, schema, strict: None, description: None })
                }
            }
        }
        _ => Err(wrong(at, "needs `type`: text or json_object")),
    }
}

//! A caller's request to the intermediate form. Serves the translate step. It must not leave a member out: what
//! has no field goes to `extra`, for the table of what a target drops.

use super::{members, read_content, read_items, read_tools};
use crate::json::{Kind, Value};
use crate::openai_chat::request::{Params, json, object, optional, wrong};
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, Json, Part, Reasoning, ResponseFormat};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads a request.
///
/// # Errors
/// `invalid_request` with the parameter at fault, `unsupported_parameter` for what only stored state could
/// resolve.
pub fn read(body: &[u8]) -> Result<ChatRequest, Refusal> {
    let mut params = Params::parse(body)?;
    let mut request = ChatRequest {
        model: params.string("model")?.unwrap_or_default(),
        max_output_tokens: params.count("max_output_tokens")?,
        temperature: params.number("temperature")?,
        top_p: params.number("top_p")?,
        parallel_tool_calls: params.boolean("parallel_tool_calls")?,
        stream: params.boolean("stream")?.unwrap_or(false),
        // The format always states usage.
        include_usage: true,
        service_tier: params.string("service_tier")?,
        ..ChatRequest::default()
    };
    request.user = params.string("safety_identifier")?;
    if let Some(user) = params.string("user")? {
        request.user = Some(user);
    }
    if let Some(text) = params.take("text") {
        read_text(&text, &mut request)?;
    }
    if let Some(reasoning) = params.take("reasoning") {
        read_reasoning(&reasoning, &mut request)?;
    }
    read_tools::read(&mut params, &mut request)?;
    read_instructions(&mut params, &mut request)?;
    let (input, include) = (params.take("input"), params.take("include"));
    request.extra.extend(params.rest());
    read_include(include.as_ref(), &mut request);
    match input {
        Some(input) => read_items::read(&input, &mut request)?,
        None if is_continued(&request) => {}
        None => return Err(wrong("input", "is missing. Send a text or an array of items")),
    }
    Ok(request)
}

/// `include` asks for log probabilities, and so does a number of alternatives: other formats have a member for it.
/// The rest of `include` stays as it is.
fn read_include(list: Option<&Value<'_>>, request: &mut ChatRequest) {
    let is_asked = |element: &Value<'_>| element.as_str().as_deref() == Some(members::LOGPROBS);
    let array = list.filter(|list| list.kind == Kind::Array);
    let elements: Vec<Value<'_>> = array.iter().flat_map(|list| list.elements()).collect();
    let has_alternatives = members::get(request, "top_logprobs").is_some_and(|number| number != "0");
    let mut keep = |name: &str, text: String| {
        let value = RawValue::from_string(text).ok().map(Json::from);
        request.extra.extend(value.map(|value| (name.to_owned(), value)));
    };
    let rest: Vec<&str> = elements.iter().filter(|element| !is_asked(element)).map(Value::raw).collect();
    if let Some(list) = list {
        let is_whole = rest.len() == elements.len();
        keep("include", if is_whole { list.raw().to_owned() } else { format!("[{}]", rest.join(",")) });
    }
    if has_alternatives || rest.len() < elements.len() {
        keep("logprobs", "true".to_owned());
    }
}

/// Whether the input may come from what the provider stores.
fn is_continued(request: &ChatRequest) -> bool {
    ["prompt", "previous_response_id", "conversation"]
        .iter()
        .any(|name| members::get(request, name).is_some())
}

fn read_instructions(params: &mut Params<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let Some(value) = params.take("instructions") else { return Ok(()) };
    if let Some(text) = value.as_str() {
        if !text.is_empty() {
            request.system.push(Part::text(text));
        }
        return Ok(());
    }
    if value.kind != Kind::Array {
        return Err(wrong("instructions", "must be a string"));
    }
    // Answers give instructions as items; some clients send those back.
    for (index, element) in value.elements().enumerate() {
        let at = format!("instructions[{index}]");
        let message = object(&element, &at)?;
        if let Some(content) = message.get("content") {
            read_content::read(&content, &format!("{at}.content"), &mut request.system)?;
        }
    }
    Ok(())
}

fn read_text(value: &Value<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let text = object(value, "text")?;
    members::keep(&text, "text", &["format"], request);
    let Some(format) = text.get("format").filter(|format| !format.is_null()) else { return Ok(()) };
    let at = "text.format";
    let format = object(&format, at)?;
    let member = |name: &str| format.get(name).and_then(|value| value.as_str()).map(Cow::into_owned);
    request.response_format = Some(match member("type").as_deref() {
        Some("text") => ResponseFormat::Text,
        Some("json_object") => ResponseFormat::JsonObject,
        Some("json_schema") => {
            let schema = format.get("schema").filter(|schema| schema.kind == Kind::Object);
            ResponseFormat::JsonSchema {
                name: member("name").unwrap_or_else(|| "answer".to_owned()),
                schema: schema
                    .and_then(|schema| json(&schema))
                    .ok_or_else(|| wrong(at, "needs `schema`, an object"))?,
                strict: format.get("strict").and_then(|strict| strict.as_bool()),
                description: member("description"),
            }
        }
        _ => return Err(wrong(at, "needs `type`: text, json_object or json_schema")),
    });
    Ok(())
}

fn read_reasoning(value: &Value<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let reasoning = object(value, "reasoning")?;
    members::keep(&reasoning, "reasoning", &["effort"], request);
    let effort = optional(reasoning.get("effort"), "reasoning.effort", "a string", |effort| {
        effort.as_str().map(Cow::into_owned)
    })?;
    request.reasoning = effort.map(|effort| match effort.as_str() {
        "none" => Reasoning::Off,
        _ => Reasoning::Effort(effort),
    });
    Ok(())
}

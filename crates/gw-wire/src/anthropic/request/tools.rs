//! Tools and the choice among them. Serves the request reader and writer. It must not invent tools except
//! those that a conversation's history already calls.

use super::members::wrong;
use super::write_content::Input;
use gw_model::chat::{ChatRequest, Json, PartKind, Tool, ToolChoice};
use gw_model::refusal::{ErrorCode, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

#[derive(Deserialize)]
struct ToolIn<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Option<Cow<'a, str>>,
    name: String,
    description: Option<String>,
    #[serde(default, borrow)]
    input_schema: Option<&'a RawValue>,
    strict: Option<bool>,
    #[serde(default, borrow)]
    cache_control: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ChoiceIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    name: Option<String>,
    #[serde(default)]
    disable_parallel_tool_use: bool,
}

/// Reads one element of `tools`.
pub(super) fn read(index: usize, raw: &RawValue) -> Result<Tool, Refusal> {
    let tool: ToolIn<'_> =
        serde_json::from_str(raw.get()).map_err(|error| wrong(format!("tools[{index}]"), &error))?;
    if tool.kind.as_deref().is_some_and(|kind| kind != "custom") {
        return Ok(Tool::Opaque(own(raw)));
    }
    Ok(Tool::Function {
        name: tool.name,
        description: tool.description.filter(|text| !text.is_empty()),
        parameters: tool.input_schema.map(own),
        strict: tool.strict,
        cache_control: tool.cache_control.map(own),
    })
}

/// Reads `tool_choice`: the choice, and whether calls may be parallel when it says so.
pub(super) fn read_choice(raw: &RawValue) -> Result<(ToolChoice, Option<bool>), Refusal> {
    let choice: ChoiceIn<'_> =
        serde_json::from_str(raw.get()).map_err(|error| wrong("tool_choice", &error))?;
    let parallel = choice.disable_parallel_tool_use.then_some(false);
    let chosen = match (choice.kind.as_ref(), choice.name) {
        ("auto", _) => ToolChoice::Auto,
        ("none", _) => ToolChoice::None,
        ("any", _) => ToolChoice::Required,
        ("tool", Some(name)) => ToolChoice::Tool(name),
        _ => {
            let message = "`tool_choice.type` is one of auto, any, none, or tool with a `name`.";
            return Err(Refusal::new(ErrorCode::InvalidRequest, message).param("tool_choice"));
        }
    };
    Ok((chosen, parallel))
}

/// A written tool.
#[derive(Serialize)]
pub(super) struct ToolOut<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: Input<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<&'a RawValue>,
}

/// A written choice.
#[derive(Serialize)]
pub(super) struct ChoiceOut<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_parallel_tool_use: Option<bool>,
}

/// Writes the tools. A history that calls tools while the request has none gets bare definitions of those:
/// the format demands a definition of what the history calls.
pub(super) fn write(request: &ChatRequest) -> Result<Vec<ToolOut<'_>>, Refusal> {
    let mut out = Vec::with_capacity(request.tools.len());
    for (index, tool) in request.tools.iter().enumerate() {
        match tool {
            Tool::Function { name, description, parameters, strict, cache_control } => out.push(ToolOut {
                name,
                description: description.as_deref(),
                input_schema: schema(parameters.as_deref()),
                strict: strict.filter(|strict| *strict),
                cache_control: cache_control.as_deref(),
            }),
            Tool::Opaque(_) => {
                let message = format!(
                    "`tools[{index}]` is not a function, and the model chosen takes functions only. \
                     Leave the tool out or choose a model of the provider that runs it."
                );
                return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param("tools"));
            }
        }
    }
    if out.is_empty() {
        out = called(request);
    }
    Ok(out)
}

/// Writes the choice. There is none without tools.
pub(super) fn write_choice(request: &ChatRequest, has_tools: bool) -> Option<ChoiceOut<'_>> {
    if !has_tools {
        return None;
    }
    if request.tools.is_empty() {
        return Some(ChoiceOut { kind: "none", name: None, disable_parallel_tool_use: None });
    }
    let single = (request.parallel_tool_calls == Some(false)).then_some(true);
    let (kind, name) = match request.tool_choice.as_ref() {
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Tool(name)) => ("tool", Some(name.as_str())),
        Some(ToolChoice::None) => {
            return Some(ChoiceOut { kind: "none", name: None, disable_parallel_tool_use: None });
        }
        Some(ToolChoice::Auto) => ("auto", None),
        None if single.is_some() => ("auto", None),
        None => return None,
    };
    Some(ChoiceOut { kind, name, disable_parallel_tool_use: single })
}

fn called(request: &ChatRequest) -> Vec<ToolOut<'_>> {
    let mut out: Vec<ToolOut<'_>> = Vec::new();
    for part in request.messages.iter().flat_map(|message| &message.parts) {
        let PartKind::ToolCall { name, .. } = &part.kind else { continue };
        if !out.iter().any(|known| known.name == name) {
            out.push(ToolOut {
                name,
                description: None,
                input_schema: schema(None),
                strict: None,
                cache_control: None,
            });
        }
    }
    out
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Option<&'a RawValue>,
}

/// The format wants `"type":"object"` in every schema; other formats let it be left out.
fn schema(parameters: Option<&RawValue>) -> Input<'_> {
    let Some(raw) = parameters.filter(|raw| raw.get().starts_with('{')) else {
        return Input::object(r#"{"type":"object","properties":{}}"#);
    };
    let is_typed = serde_json::from_str::<Typed<'_>>(raw.get()).is_ok_and(|found| found.kind.is_some());
    if is_typed {
        return Input::Raw(raw);
    }
    let rest = raw.get().get(1..).unwrap_or("}");
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    Input::object(&format!(r#"{{"type":"object"{comma}{rest}"#))
}

/// An own copy of JSON text.
pub(super) fn own(raw: &RawValue) -> Json {
    Arc::from(raw.to_owned())
}

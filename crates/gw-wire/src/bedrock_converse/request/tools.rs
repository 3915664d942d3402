//! `toolConfig`: tools and the choice among them. Serves the request reader and writer. It must not invent
//! tools except those that a conversation's history already calls.

use super::cache::{self, CachePointOut};
use super::read::own;
use super::write_content::Input;
use crate::anthropic::request::members::wrong;
use crate::bedrock_converse::family::Family;
use crate::outgoing::drop_once;
use gw_model::chat::{ChatRequest, PartKind, Tool, ToolChoice};
use gw_model::refusal::{ErrorCode, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigIn<'a> {
    #[serde(default, borrow)]
    tools: Vec<&'a RawValue>,
    #[serde(default, borrow)]
    tool_choice: Option<ChoiceIn<'a>>,
}

#[derive(Deserialize)]
struct ChoiceIn<'a> {
    #[serde(default, borrow)]
    auto: Option<&'a RawValue>,
    #[serde(default, borrow)]
    any: Option<&'a RawValue>,
    #[serde(default)]
    tool: Option<NamedIn>,
}

#[derive(Deserialize)]
struct NamedIn {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolIn<'a> {
    #[serde(default, borrow)]
    tool_spec: Option<SpecIn<'a>>,
    #[serde(default, borrow)]
    cache_point: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpecIn<'a> {
    name: String,
    description: Option<String>,
    #[serde(default, borrow)]
    input_schema: Option<SchemaIn<'a>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct SchemaIn<'a> {
    #[serde(default, borrow)]
    json: Option<&'a RawValue>,
}

/// Reads `toolConfig`.
pub(super) fn read(raw: &RawValue, request: &mut ChatRequest) -> Result<(), Refusal> {
    let config: ConfigIn<'_> =
        serde_json::from_str(raw.get()).map_err(|error| wrong("toolConfig", &error))?;
    for (index, raw) in config.tools.into_iter().enumerate() {
        let tool: ToolIn<'_> = serde_json::from_str(raw.get())
            .map_err(|error| wrong(format!("toolConfig.tools[{index}]"), &error))?;
        match (tool.tool_spec, tool.cache_point) {
            (Some(spec), _) => request.tools.push(Tool::Function {
                name: spec.name,
                description: spec.description.filter(|text| !text.is_empty()),
                parameters: spec.input_schema.and_then(|schema| schema.json).map(own),
                strict: spec.strict,
                cache_control: None,
            }),
            (None, Some(point)) => {
                if let Some(Tool::Function { cache_control, .. }) = request.tools.last_mut() {
                    *cache_control = cache::read(point);
                }
            }
            (None, None) => request.tools.push(Tool::Opaque(own(raw))),
        }
    }
    request.tool_choice = match config.tool_choice {
        Some(ChoiceIn { tool: Some(NamedIn { name }), .. }) => Some(ToolChoice::Tool(name)),
        Some(ChoiceIn { any: Some(_), .. }) => Some(ToolChoice::Required),
        Some(ChoiceIn { auto: Some(_), .. }) => Some(ToolChoice::Auto),
        Some(_) => {
            let message = "`toolConfig.toolChoice` has one of the members auto, any, tool.";
            return Err(Refusal::new(ErrorCode::InvalidRequest, message).param("toolConfig.toolChoice"));
        }
        None => None,
    };
    Ok(())
}

/// A written `toolConfig`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConfigOut<'a> {
    tools: Vec<Element<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<ChoiceOut<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Element<'a> {
    Made(ToolOut<'a>),
    Raw(&'a RawValue),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum ToolOut<'a> {
    ToolSpec(SpecOut<'a>),
    CachePoint(CachePointOut),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpecOut<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: SchemaOut<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

#[derive(Serialize)]
struct SchemaOut<'a> {
    json: Input<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum ChoiceOut<'a> {
    Auto {},
    Any {},
    Tool { name: &'a str },
}

/// Writes the tools and the choice. A history that calls tools while the request has none gets bare
/// definitions of those: the format demands a definition of what the history calls. It has no way to forbid
/// calls: tools that must not be called are left out, or, where the history needs them, the choice is.
pub(super) fn write<'a>(
    request: &'a ChatRequest,
    family: Family,
    dropped: &mut Vec<String>,
) -> Result<Option<ConfigOut<'a>>, Refusal> {
    let forbids = request.tool_choice == Some(ToolChoice::None);
    let called = called(request);
    if (forbids || request.tools.is_empty()) && called.is_empty() {
        return Ok(None);
    }
    let mut tools = Vec::with_capacity(request.tools.len());
    for (index, tool) in request.tools.iter().enumerate() {
        element(index, tool, family, &mut tools, dropped)?;
    }
    if tools.is_empty() {
        tools.extend(called.into_iter().map(|name| spec(name, None, None, None)));
    }
    if request.parallel_tool_calls == Some(false) {
        drop_once(dropped, "parallel_tool_calls");
    }
    let tool_choice = match request.tool_choice.as_ref().filter(|_| !request.tools.is_empty()) {
        Some(ToolChoice::Auto) => Some(ChoiceOut::Auto {}),
        Some(ToolChoice::Required) => Some(ChoiceOut::Any {}),
        Some(ToolChoice::Tool(name)) => Some(ChoiceOut::Tool { name }),
        Some(ToolChoice::None) => {
            drop_once(dropped, "tool_choice");
            None
        }
        None => None,
    };
    Ok(Some(ConfigOut { tools, tool_choice }))
}

fn element<'a>(
    index: usize,
    tool: &'a Tool,
    family: Family,
    out: &mut Vec<Element<'a>>,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    match tool {
        Tool::Function { name, description, parameters, strict, cache_control } => {
            out.push(spec(
                name,
                description.as_deref(),
                parameters.as_deref(),
                strict.filter(|strict| *strict),
            ));
            match cache_control {
                Some(mark) if family.may_cache_tools() => {
                    out.push(Element::Made(ToolOut::CachePoint(cache::write(mark))));
                }
                Some(_) => drop_once(dropped, "cache_control"),
                None => {}
            }
        }
        Tool::Opaque(raw) if is_system_tool(raw) => out.push(Element::Raw(raw)),
        Tool::Opaque(_) => {
            let message = format!(
                "`tools[{index}]` is not a function, and the model chosen takes functions only. \
                 Leave the tool out or choose a model of the provider that runs it."
            );
            return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param("tools"));
        }
    }
    Ok(())
}

fn spec<'a>(
    name: &'a str,
    description: Option<&'a str>,
    parameters: Option<&'a RawValue>,
    strict: Option<bool>,
) -> Element<'a> {
    let input_schema = SchemaOut { json: schema(parameters) };
    Element::Made(ToolOut::ToolSpec(SpecOut { name, description, input_schema, strict }))
}

fn called(request: &ChatRequest) -> Vec<&str> {
    let mut out: Vec<&str> = Vec::new();
    for part in request.messages.iter().flat_map(|message| &message.parts) {
        if let PartKind::ToolCall { name, .. } = &part.kind
            && !out.contains(&name.as_str())
        {
            out.push(name);
        }
    }
    out
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SystemToolIn<'a> {
    #[serde(borrow)]
    #[expect(dead_code, reason = "its being there is what counts")]
    system_tool: &'a RawValue,
}

fn is_system_tool(raw: &RawValue) -> bool {
    serde_json::from_str::<SystemToolIn<'_>>(raw.get()).is_ok()
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Option<Cow<'a, str>>,
}

/// Models refuse a schema that is not of `"type":"object"`; other formats let it be left out.
fn schema(parameters: Option<&RawValue>) -> Input<'_> {
    let Some(raw) = parameters.filter(|raw| raw.get().starts_with('{')) else {
        return Input::made(r#"{"type":"object","properties":{}}"#.to_owned());
    };
    if serde_json::from_str::<Typed<'_>>(raw.get()).is_ok_and(|found| found.kind.is_none()) {
        let rest = raw.get().get(1..).unwrap_or("}");
        let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
        return Input::made(format!(r#"{{"type":"object"{comma}{rest}"#));
    }
    Input::Raw(raw)
}

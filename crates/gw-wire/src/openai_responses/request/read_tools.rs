//! Tools and the choice among them. Serves the request reader. It must not drop a tool: those that a provider runs
//! stay opaque.

use super::custom;
use crate::json::{Kind, Object, Value};
use crate::openai_chat::request::{Params, json, object, string, wrong};
use crate::openai_responses::names::flat;
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, Json, Tool, ToolChoice};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// Reads `tools` and `tool_choice`.
pub(super) fn read(params: &mut Params<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    if let Some(tools) = params.take("tools") {
        if tools.kind != Kind::Array {
            return Err(wrong("tools", "must be an array of tools"));
        }
        for (index, tool) in tools.elements().enumerate() {
            tool_of(&tool, &format!("tools[{index}]"), None, &mut request.tools)?;
        }
    }
    if let Some(choice) = params.take("tool_choice") {
        read_choice(&choice, request)?;
    }
    Ok(())
}

fn tool_of(value: &Value<'_>, at: &str, namespace: Option<&str>, out: &mut Vec<Tool>) -> Result<(), Refusal> {
    let tool = object(value, at)?;
    let kind = tool.get("type").and_then(|kind| kind.as_str());
    match kind.as_deref() {
        Some("function") => out.push(function(&tool, at, namespace)?),
        Some("custom") => out.push(custom_tool(&tool, at, namespace)?),
        // Any target can call functions of a flat list.
        Some("namespace") if namespace.is_none() => {
            let name = string(&tool, "name", at)?;
            for (index, tool) in tool.get("tools").iter().flat_map(Value::elements).enumerate() {
                tool_of(&tool, &format!("{at}.tools[{index}]"), Some(&name), out)?;
            }
        }
        Some(_) => out.push(Tool::Opaque(json(value).ok_or_else(|| wrong(at, "is not JSON"))?)),
        None => return Err(wrong(at, "has no `type`")),
    }
    Ok(())
}

fn function(tool: &Object<'_>, at: &str, namespace: Option<&str>) -> Result<Tool, Refusal> {
    // Some clients nest the function as in chat requests.
    let nested = tool.get("function").filter(|function| function.kind == Kind::Object);
    let nested = nested.map(|function| object(&function, at)).transpose()?;
    let tool = nested.as_ref().unwrap_or(tool);
    Ok(Tool::Function {
        name: flat(namespace, &string(tool, "name", at)?).into_owned(),
        description: text(tool, "description"),
        parameters: tool.get("parameters").filter(|v| v.kind == Kind::Object).and_then(|v| json(&v)),
        strict: tool.get("strict").and_then(|strict| strict.as_bool()),
        cache_control: None,
    })
}

fn custom_tool(tool: &Object<'_>, at: &str, namespace: Option<&str>) -> Result<Tool, Refusal> {
    let mut description = text(tool, "description").unwrap_or_default();
    if let Some(format) = tool.get("format").filter(|format| format.kind == Kind::Object) {
        let format = object(&format, &format!("{at}.format"))?;
        if let Some(definition) = text(&format, "definition") {
            // A function's parameter cannot be held to a grammar; the model can be told of it.
            let syntax = text(&format, "syntax").unwrap_or_default();
            let gap = if description.is_empty() { "" } else { "\n\n" };
            description =
                format!("{description}{gap}`input` must follow this {syntax} grammar:\n{definition}");
        }
    }
    Ok(Tool::Function {
        name: flat(namespace, &string(tool, "name", at)?).into_owned(),
        description: Some(description).filter(|description| !description.is_empty()),
        parameters: raw(custom::SCHEMA),
        strict: None,
        cache_control: None,
    })
}

fn raw(text: &str) -> Option<Json> {
    RawValue::from_string(text.to_owned()).ok().map(Arc::from)
}

fn text(object: &Object<'_>, name: &str) -> Option<String> {
    object.get(name).and_then(|value| value.as_str()).map(Cow::into_owned).filter(|text| !text.is_empty())
}

fn read_choice(value: &Value<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let at = "tool_choice";
    if let Some(word) = value.as_str() {
        request.tool_choice = Some(by_word(&word)?);
        return Ok(());
    }
    let choice = object(value, at)?;
    match choice.get("type").and_then(|kind| kind.as_str()).as_deref() {
        Some("function" | "custom") => {
            let namespace = text(&choice, "namespace");
            let name = string(&choice, "name", at)?;
            request.tool_choice = Some(ToolChoice::Tool(flat(namespace.as_deref(), &name).into_owned()));
        }
        Some("allowed_tools") => {
            let mode = text(&choice, "mode");
            request.tool_choice = mode.map(|mode| by_word(&mode)).transpose()?;
            allow(&choice, &mut request.tools);
        }
        // One of the tools that a provider runs: only this format can say so.
        Some(_) => request.extra.extend(json(value).map(|value| (at.to_owned(), value))),
        None => return Err(wrong(at, "needs `type`")),
    }
    Ok(())
}

fn by_word(word: &str) -> Result<ToolChoice, Refusal> {
    match word {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        "required" => Ok(ToolChoice::Required),
        _ => Err(wrong("tool_choice", "must be auto, none, required or a tool")),
    }
}

/// Leaves the tools that the caller allows: other formats have no list of them besides the tools.
fn allow(choice: &Object<'_>, tools: &mut Vec<Tool>) {
    let Some(allowed) = choice.get("tools").filter(|allowed| allowed.kind == Kind::Array) else { return };
    let entries: Vec<Object<'_>> = allowed.elements().filter_map(|entry| entry.object().ok()).collect();
    tools.retain(|tool| {
        entries.iter().any(|entry| match tool {
            Tool::Function { name, .. } => text(entry, "name").as_ref() == Some(name),
            Tool::Opaque(raw) => {
                let tool = Object::parse(raw.get().as_bytes(), crate::json::cursor::DEPTH_CEILING);
                tool.is_ok_and(|tool| {
                    text(entry, "type") == text(&tool, "type")
                        && text(entry, "server_label") == text(&tool, "server_label")
                })
            }
        })
    });
}

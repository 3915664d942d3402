//! Tools and the choice among them, written. Serves the request writer. It must not send tools of other formats'
//! providers.

use super::write::Out;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object};
use crate::openai_responses::items;
use gw_model::chat::{ChatRequest, Tool, ToolChoice};
use gw_model::{ErrorCode, Refusal};

/// Writes `tools`, `tool_choice` and `parallel_tool_calls`.
pub(super) fn write(request: &ChatRequest, out: &mut Out<'_>) -> Result<(), Refusal> {
    if request.tools.is_empty() {
        return Ok(());
    }
    out.key("tools");
    out.w.begin_array();
    for (index, tool) in request.tools.iter().enumerate() {
        write_tool(tool, index, out)?;
    }
    out.w.end_array();
    if let Some(choice) = &request.tool_choice {
        out.key("tool_choice");
        match choice {
            ToolChoice::Auto => out.w.string("auto"),
            ToolChoice::None => out.w.string("none"),
            ToolChoice::Required => out.w.string("required"),
            ToolChoice::Tool(name) => {
                out.w.begin_object();
                out.w.string_member("type", if is_custom(request, name) { "custom" } else { "function" });
                out.w.string_member("name", name);
                out.w.end_object();
            }
        }
    }
    if let Some(parallel) = request.parallel_tool_calls {
        out.key("parallel_tool_calls");
        out.w.boolean(parallel);
    }
    Ok(())
}

fn write_tool(tool: &Tool, index: usize, out: &mut Out<'_>) -> Result<(), Refusal> {
    match tool {
        Tool::Function { name, description, parameters, strict, cache_control } => {
            if cache_control.is_some() {
                out.drop("cache_control");
            }
            out.w.begin_object();
            out.w.string_member("type", "function");
            out.w.string_member("name", name);
            if let Some(description) = description {
                out.w.string_member("description", description);
            }
            let none = r#"{"type":"object","properties":{}}"#;
            out.w.raw_member("parameters", parameters.as_ref().map_or(none, |schema| schema.get()));
            // Without a word this format is strict, unlike all others.
            out.w.bool_member("strict", strict.unwrap_or(false));
            out.w.end_object();
            Ok(())
        }
        Tool::Opaque(raw) => {
            let tool = Object::parse(raw.get().as_bytes(), DEPTH_CEILING).ok();
            let kind = tool.as_ref().and_then(kind_of).unwrap_or_default();
            if kind == "custom"
                && let Some(inner) = tool.as_ref().and_then(custom_of)
            {
                write_custom(&inner, out);
                return Ok(());
            }
            if items::is_tool(&kind) {
                out.w.raw(raw.get());
                return Ok(());
            }
            let message = format!(
                "`tools[{index}]` is a `{kind}` tool, which the model chosen does not know. Leave it out, or \
                 choose a model of the provider that runs it."
            );
            Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param("tools"))
        }
    }
}

fn kind_of(tool: &Object<'_>) -> Option<String> {
    tool.get("type").and_then(|kind| kind.as_str()).map(std::borrow::Cow::into_owned)
}

/// A custom tool as chat requests have it: its members stand in `custom`.
fn custom_of<'a>(tool: &Object<'a>) -> Option<Object<'a>> {
    tool.get("custom").filter(|custom| custom.kind == Kind::Object)?.object().ok()
}

fn write_custom(custom: &Object<'_>, out: &mut Out<'_>) {
    out.w.begin_object();
    out.w.string_member("type", "custom");
    for name in ["name", "description"] {
        if let Some(value) = custom.get(name) {
            out.w.raw_member(name, value.raw());
        }
    }
    if let Some(format) = custom.get("format").and_then(|format| format.object().ok()) {
        // `{"type":"grammar","grammar":{..}}` there, `{"type":"grammar",..}` here.
        let grammar = format.get("grammar").and_then(|grammar| grammar.object().ok());
        out.w.key("format");
        out.w.begin_object();
        let kind = format.members.iter().filter(|member| member.key == "type");
        kind.for_each(|member| out.w.raw_member(&member.key, format.value(member).raw()));
        for member in grammar.iter().flat_map(|grammar| &grammar.members) {
            if let Some(value) = grammar.as_ref().map(|grammar| grammar.value(member)) {
                out.w.raw_member(&member.key, value.raw());
            }
        }
        out.w.end_object();
    }
    out.w.end_object();
}

/// Whether the name is that of a custom tool which another format brought along.
fn is_custom(request: &ChatRequest, name: &str) -> bool {
    request.tools.iter().any(|tool| {
        let Tool::Opaque(raw) = tool else { return false };
        let tool = Object::parse(raw.get().as_bytes(), DEPTH_CEILING).ok();
        let custom = tool.as_ref().and_then(custom_of);
        custom.and_then(|custom| custom.get("name")?.as_str().map(|known| known == name)).unwrap_or(false)
    })
}

//! Tools and the choice among them, written. Serves the request writer. It must not invent tools.

use super::read::Place;
use super::write::{Out, refused};
use crate::gemini::part::is_native_tool;
use crate::gemini::schema;
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, Tool, ToolChoice};

/// Writes `tools` and `toolConfig`.
pub(super) fn write(request: &ChatRequest, out: &mut Out<'_>) -> Result<(), Refusal> {
    if !request.tools.is_empty() {
        out.key("tools");
        out.w.begin_array();
        let mut rest = request.tools.as_slice();
        while let Some(tool) = rest.first() {
            if let Tool::Opaque(raw) = tool {
                if !is_native_tool(raw.get()) {
                    return Err(refused(
                        "tools",
                        "A tool that another provider runs is not available at the model chosen. \
                         Leave it out of `tools`.",
                    ));
                }
                out.w.raw(raw.get());
                rest = rest.get(1..).unwrap_or_default();
            } else {
                // Functions that follow one another stand in one list.
                let is_opaque = |tool: &Tool| matches!(tool, Tool::Opaque(_));
                let end = rest.iter().position(is_opaque).unwrap_or(rest.len());
                let (functions, after) = rest.split_at(end);
                write_functions(functions, out);
                rest = after;
            }
        }
        out.w.end_array();
    }
    write_config(request, out);
    Ok(())
}

fn write_functions(tools: &[Tool], out: &mut Out<'_>) {
    out.w.begin_object();
    out.w.key("functionDeclarations");
    out.w.begin_array();
    for tool in tools {
        let Tool::Function { name, description, parameters, strict, cache_control } = tool else { continue };
        if *strict == Some(true) {
            out.drop_named("tools.function.strict");
        }
        if cache_control.is_some() {
            out.drop_named("cache_control");
        }
        out.w.begin_object();
        out.w.string_member("name", name);
        if let Some(description) = description {
            out.w.string_member("description", description);
        }
        if let Some(parameters) = parameters {
            let accepted = schema::accepted(parameters);
            out.w.raw_member("parametersJsonSchema", accepted.as_deref().unwrap_or(parameters).get());
        }
        out.w.end_object();
    }
    out.w.end_array();
    out.w.end_object();
}

fn write_config(request: &ChatRequest, out: &mut Out<'_>) {
    if request.parallel_tool_calls == Some(false) {
        out.drop_named("parallel_tool_calls");
    }
    let (beside, calling) = (out.extras(Place::Tools), out.extras(Place::Calling));
    let choice = request.tool_choice.as_ref().filter(|_| !request.tools.is_empty());
    let choice = choice.map(|choice| match choice {
        ToolChoice::Auto => ("AUTO", None),
        ToolChoice::None => ("NONE", None),
        ToolChoice::Required => ("ANY", None),
        ToolChoice::Tool(name) => ("ANY", Some(name)),
    });
    if choice.is_none() && beside.is_empty() && calling.is_empty() {
        return;
    }
    out.key("toolConfig");
    out.w.begin_object();
    if choice.is_some() || !calling.is_empty() {
        out.w.key("functionCallingConfig");
        out.w.begin_object();
        if let Some((mode, name)) = choice {
            out.w.string_member("mode", mode);
            if let Some(name) = name {
                out.w.key("allowedFunctionNames");
                out.w.begin_array();
                out.w.string(name);
                out.w.end_array();
            }
        }
        for (name, value) in calling {
            out.w.raw_member(name, value.get());
        }
        out.w.end_object();
    }
    for (name, value) in beside {
        out.w.raw_member(name, value.get());
    }
    out.w.end_object();
}

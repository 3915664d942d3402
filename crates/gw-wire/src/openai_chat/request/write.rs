//! The intermediate form, written as a chat request. Serves the translate step. What the format cannot carry
//! is either named in `dropped` or refused; it must not vanish silently.

use super::write_messages;
use crate::codec::{Options, Written};
use crate::outgoing::{Out, capacity};
use gw_model::chat::{ChatRequest, Reasoning, ResponseFormat, Tool, ToolChoice};
use gw_model::{ErrorCode, Refusal};

/// Writes a request. Of `options`, `default_max_output_tokens` is not used: the format does not demand a
/// bound. A clamp is sent also when the caller stated no bound.
///
/// # Errors
/// `unsupported_parameter` for what must not be left out.
pub fn write(request: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    let mut out = Out::new(options, capacity(request));
    out.w.begin_object();
    let model = options.model.as_deref().unwrap_or(&request.model);
    out.key("model");
    out.w.string(model);
    out.key("messages");
    write_messages::write(request, &mut out.w, &mut out.dropped)?;
    write_sampling(request, &mut out);
    write_tools(request, &mut out)?;
    if let Some(format) = &request.response_format {
        write_response_format(format, &mut out);
    }
    write_reasoning(request, model, &mut out);
    if request.stream {
        out.key("stream");
        out.w.boolean(true);
        if request.include_usage || options.include_usage {
            out.key("stream_options");
            out.w.raw(r#"{"include_usage":true}"#);
        }
    }
    for (name, value) in &request.extra {
        out.key(name);
        out.w.raw(value.get());
    }
    out.w.end_object();
    Ok(out.written())
}

fn write_sampling(request: &ChatRequest, out: &mut Out<'_>) {
    let clamp = out.options.clamp_max_output_tokens;
    let bound = match (request.max_output_tokens, clamp) {
        (Some(stated), Some(clamp)) => Some(stated.min(clamp)),
        (stated, clamp) => stated.or(clamp),
    };
    if let Some(bound) = bound {
        out.key("max_completion_tokens");
        out.w.number(bound);
    }
    for (name, value) in [("temperature", &request.temperature), ("top_p", &request.top_p)] {
        if let Some(value) = value {
            out.key(name);
            out.w.raw(&value.to_string());
        }
    }
    if request.top_k.is_some() {
        out.dropped.push("top_k".to_owned());
    }
    if !request.stop.is_empty() {
        out.key("stop");
        out.w.begin_array();
        request.stop.iter().for_each(|stop| out.w.string(stop));
        out.w.end_array();
    }
    if let Some(seed) = request.seed {
        out.key("seed");
        out.w.number(seed);
    }
    if let Some(choices) = request.choices {
        out.key("n");
        out.w.number(choices);
    }
    if let Some(user) = &request.user {
        out.key("user");
        out.w.string(user);
    }
    if let Some(tier) = &request.service_tier {
        out.key("service_tier");
        out.w.string(if tier == "standard_only" { "default" } else { tier });
    }
}

fn write_tools(request: &ChatRequest, out: &mut Out<'_>) -> Result<(), Refusal> {
    if request.tools.is_empty() {
        return Ok(());
    }
    out.key("tools");
    out.w.begin_array();
    for tool in &request.tools {
        let Tool::Function { name, description, parameters, strict, cache_control } = tool else {
            return Err(Refusal::new(
                ErrorCode::UnsupportedParameter,
                "A tool that the provider runs is not available at this model's target. Leave it out of `tools`.",
            )
            .param("tools"));
        };
        if cache_control.is_some() {
            out.drop("cache_control");
        }
        out.w.begin_object();
        out.w.string_member("type", "function");
        out.w.key("function");
        out.w.begin_object();
        out.w.string_member("name", name);
        if let Some(description) = description {
            out.w.string_member("description", description);
        }
        let parameters = parameters.as_ref().map_or(r#"{"type":"object","properties":{}}"#, |p| p.get());
        out.w.raw_member("parameters", parameters);
        if let Some(strict) = strict {
            out.w.bool_member("strict", *strict);
        }
        out.w.end_object();
        out.w.end_object();
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
                out.w.string_member("type", "function");
                out.w.key("function");
                out.w.begin_object();
                out.w.string_member("name", name);
                out.w.end_object();
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

fn write_response_format(format: &ResponseFormat, out: &mut Out<'_>) {
    out.key("response_format");
    match format {
        ResponseFormat::Text => out.w.raw(r#"{"type":"text"}"#),
        ResponseFormat::JsonObject => out.w.raw(r#"{"type":"json_object"}"#),
        ResponseFormat::JsonSchema { name, schema, strict, description } => {
            out.w.begin_object();
            out.w.string_member("type", "json_schema");
            out.w.key("json_schema");
            out.w.begin_object();
            out.w.string_member("name", name);
            if let Some(description) = description {
                out.w.string_member("description", description);
            }
            out.w.raw_member("schema", schema.get());
            if let Some(strict) = strict {
                out.w.bool_member("strict", *strict);
            }
            out.w.end_object();
            out.w.end_object();
        }
    }
}

/// Models of the families that do not reason refuse `reasoning_effort`; for them the wish is dropped.
fn write_reasoning(request: &ChatRequest, model: &str, out: &mut Out<'_>) {
    let effort = match &request.reasoning {
        None | Some(Reasoning::Adaptive | Reasoning::Off) => return,
        Some(Reasoning::Effort(effort)) if effort == "max" => "xhigh",
        Some(Reasoning::Effort(effort)) => effort,
        Some(Reasoning::Budget(tokens)) => match tokens {
            0..=4_095 => "low",
            4_096..=16_383 => "medium",
            _ => "high",
        },
    };
    let name = model.rsplit('/').next().unwrap_or(model);
    if ["gpt-3.5", "gpt-4", "chatgpt-4o"].iter().any(|family| name.starts_with(family)) {
        out.dropped.push("reasoning".to_owned());
        return;
    }
    out.key("reasoning_effort");
    out.w.string(effort);
}

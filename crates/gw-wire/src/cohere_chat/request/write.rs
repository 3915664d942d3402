//! The intermediate form, written as a chat request. Serves the translate step. What the format cannot carry
//! is either named in `dropped`, as OpenAI's format calls it, or refused; it must not vanish silently.

use super::reasoning::{self, Plan};
use super::write_messages;
use crate::codec::{Options, Written};
use crate::json::{Kind, Object, Writer, cursor::DEPTH_CEILING};
use crate::outgoing::{Out, capacity};
use gw_model::chat::{ChatRequest, Json, ResponseFormat, Tool, ToolChoice};
use gw_model::{ErrorCode, Refusal};

/// The most stop sequences that the format takes.
const MAX_STOP_SEQUENCES: usize = 5;
/// The most that `k` may be.
const MAX_TOP_K: u64 = 500;
/// The bounds of `p`.
const TOP_P: std::ops::RangeInclusive<f64> = 0.01..=0.99;

/// Writes a request. Of `options`, `default_max_output_tokens` and `include_usage` are not used: the format
/// does not demand a bound and always states usage. A clamp is sent also when the caller stated no bound.
///
/// # Errors
/// 400 `unsupported_parameter` for what the format cannot express and what must not be left out.
pub fn write(request: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    if request.choices.is_some_and(|choices| choices > 1) {
        return Err(unsupported(
            "n",
            "The model chosen gives one choice per request. Set `n` to 1, or send several requests.",
        ));
    }
    let mut out = Out::new(options, capacity(request));
    let model = options.model.as_deref().unwrap_or(&request.model);
    out.w.begin_object();
    out.key("model");
    out.w.string(model);
    out.key("messages");
    write_messages::write(request, reasoning::thinks(model), &mut out.w, &mut out.dropped)?;
    write_sampling(request, &mut out)?;
    write_tools(request, &mut out)?;
    if let Some(format) = &request.response_format {
        write_response_format(format, &mut out);
    }
    write_thinking(reasoning::plan(request.reasoning.as_ref(), model), &mut out);
    if request.user.is_some() {
        out.drop("user");
    }
    if request.service_tier.as_deref().is_some_and(|tier| tier != "auto" && tier != "default") {
        out.drop("service_tier");
    }
    for (name, value) in &request.extra {
        write_extra(name, value, &mut out);
    }
    if request.stream {
        out.key("stream");
        out.w.boolean(true);
    }
    out.w.end_object();
    Ok(out.written())
}

fn write_sampling(request: &ChatRequest, out: &mut Out<'_>) -> Result<(), Refusal> {
    let clamp = out.options.clamp_max_output_tokens;
    let bound = match (request.max_output_tokens, clamp) {
        (Some(stated), Some(clamp)) => Some(stated.min(clamp)),
        (stated, clamp) => stated.or(clamp),
    };
    if let Some(bound) = bound {
        out.key("max_tokens");
        out.w.number(bound);
    }
    if let Some(temperature) = &request.temperature {
        out.key("temperature");
        out.w.raw(&temperature.to_string());
    }
    if let Some(top_p) = &request.top_p {
        out.key("p");
        match top_p.as_f64() {
            Some(value) if !TOP_P.contains(&value) => {
                let nearest = if value < *TOP_P.start() { TOP_P.start() } else { TOP_P.end() };
                out.w.raw(&nearest.to_string());
                out.drop("top_p");
            }
            _ => out.w.raw(&top_p.to_string()),
        }
    }
    if let Some(top_k) = request.top_k {
        out.key("k");
        out.w.number(top_k.min(MAX_TOP_K));
        if top_k > MAX_TOP_K {
            out.drop("top_k");
        }
    }
    match request.seed {
        Some(seed) if seed >= 0 => {
            out.key("seed");
            out.w.number(seed);
        }
        Some(_) => out.drop("seed"),
        None => {}
    }
    if request.stop.len() > MAX_STOP_SEQUENCES {
        let message = format!(
            "`stop` has {} sequences; the model chosen takes at most {MAX_STOP_SEQUENCES}. Send fewer.",
            request.stop.len()
        );
        return Err(unsupported("stop", message));
    }
    if !request.stop.is_empty() {
        out.key("stop_sequences");
        out.w.begin_array();
        request.stop.iter().for_each(|stop| out.w.string(stop));
        out.w.end_array();
    }
    Ok(())
}

/// The format cannot force one of several tools: the others are left out then, which comes to the same.
fn write_tools(request: &ChatRequest, out: &mut Out<'_>) -> Result<(), Refusal> {
    if request.tools.is_empty() {
        return Ok(());
    }
    let forced = match &request.tool_choice {
        Some(ToolChoice::Tool(name)) => Some(name.as_str()),
        _ => None,
    };
    out.key("tools");
    out.w.begin_array();
    let (mut written, mut strict) = (0_usize, 0_usize);
    for (index, tool) in request.tools.iter().enumerate() {
        let Tool::Function { name, description, parameters, strict: is_strict, cache_control } = tool else {
            let message = format!(
                "`tools[{index}]` is not a function, and the model chosen takes functions only. \
                 Leave the tool out or choose a model of the provider that runs it."
            );
            return Err(unsupported("tools", message));
        };
        if forced.is_some_and(|forced| forced != name) {
            continue;
        }
        if cache_control.is_some() {
            out.drop("cache_control");
        }
        written += 1;
        strict += usize::from(*is_strict == Some(true));
        write_tool(name, description.as_deref(), parameters.as_ref(), &mut out.w);
    }
    out.w.end_array();
    if written == 0 {
        let message = "`tool_choice` names a function that is not among `tools`. Add it, or name another.";
        return Err(Refusal::new(ErrorCode::InvalidRequest, message).param("tool_choice"));
    }
    write_strictness(request, strict, written, out);
    match &request.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Tool(_)) => {
            out.key("tool_choice");
            out.w.string("REQUIRED");
        }
        Some(ToolChoice::None) => {
            out.key("tool_choice");
            out.w.string("NONE");
        }
        Some(ToolChoice::Auto) | None => {}
    }
    if request.parallel_tool_calls == Some(false) {
        out.drop("parallel_tool_calls");
    }
    Ok(())
}

fn write_tool(name: &str, description: Option<&str>, parameters: Option<&Json>, w: &mut Writer) {
    w.begin_object();
    w.string_member("type", "function");
    w.key("function");
    w.begin_object();
    w.string_member("name", name);
    if let Some(description) = description {
        w.string_member("description", description);
    }
    let parameters = parameters.map_or(r#"{"type":"object","properties":{}}"#, |p| p.get());
    w.raw_member("parameters", parameters);
    w.end_object();
    w.end_object();
}

/// Strictness is one switch for all tools here, and tools without a required parameter are refused with it.
fn write_strictness(request: &ChatRequest, strict: usize, written: usize, out: &mut Out<'_>) {
    if strict == 0 {
        return;
    }
    let fits = request.tools.iter().all(|tool| match tool {
        Tool::Function { parameters: Some(schema), .. } => requires_something(schema),
        _ => false,
    });
    if strict == written && fits {
        out.key("strict_tools");
        out.w.boolean(true);
    } else {
        out.drop("tools.function.strict");
    }
}

fn requires_something(schema: &Json) -> bool {
    let schema = Object::parse(schema.get().as_bytes(), DEPTH_CEILING).ok();
    let required = schema.and_then(|schema| schema.get("required")).filter(|v| v.kind == Kind::Array);
    required.is_some_and(|required| required.elements().next().is_some())
}

fn write_response_format(format: &ResponseFormat, out: &mut Out<'_>) {
    out.key("response_format");
    match format {
        ResponseFormat::Text => out.w.raw(r#"{"type":"text"}"#),
        ResponseFormat::JsonObject => out.w.raw(r#"{"type":"json_object"}"#),
        ResponseFormat::JsonSchema { schema, .. } => {
            out.w.begin_object();
            out.w.string_member("type", "json_object");
            out.w.raw_member("json_schema", schema.get());
            out.w.end_object();
        }
    }
}

fn write_thinking(plan: Plan, out: &mut Out<'_>) {
    match plan {
        Plan::Silent => {}
        Plan::Dropped => out.drop("reasoning_effort"),
        Plan::Disabled => {
            out.key("thinking");
            out.w.raw(r#"{"type":"disabled"}"#);
        }
        Plan::Enabled(budget) => {
            out.key("thinking");
            out.w.begin_object();
            out.w.string_member("type", "enabled");
            if let Some(budget) = budget {
                out.w.number_member("token_budget", budget);
            }
            out.w.end_object();
        }
    }
}

/// Penalties are between 0 and 1 here, between -2 and 2 in other formats that call them so.
fn write_extra(name: &str, value: &Json, out: &mut Out<'_>) {
    if matches!(name, "frequency_penalty" | "presence_penalty")
        && let Ok(number) = value.get().parse::<f64>()
        && !(0.0..=1.0).contains(&number)
    {
        out.drop(name);
        if number > 1.0 {
            out.key(name);
            out.w.number(1);
        }
        return;
    }
    out.key(name);
    out.w.raw(value.get());
}

fn unsupported(param: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::UnsupportedParameter, message).param(param)
}

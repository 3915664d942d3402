//! Reads `tools`, `tool_choice` and `parallel_tool_calls` of a chat request with the checks of the
//! real service. It must not choose what is called.

use serde_json::{Value, json};

use crate::answer::Rejection;
use crate::fields::{array, present, string, wrong_type};
use crate::prompt::{Prompt, Tool, ToolChoice};
use crate::tokens;

/// Most functions per request.
const MAX_TOOLS: usize = 128;

/// Reads the tool members into the prompt.
pub(crate) fn read(body: &Value, prompt: &mut Prompt) -> Result<(), Rejection> {
    let tools = array(body, "tools")?;
    for (index, tool) in tools.into_iter().flatten().enumerate() {
        if index == MAX_TOOLS {
            let text = format!("'tools' may hold {MAX_TOOLS} functions at most.");
            return Err(Rejection::param("tools", "array_above_max_length", text));
        }
        prompt.input_tokens += tokens::count(&tool.to_string());
        prompt.tools.extend(read_tool(tool, &format!("tools[{index}]"))?);
    }
    if tools.is_some_and(Vec::is_empty) {
        return Err(Rejection::param("tools", "empty_array", "'tools' is empty; leave it out instead."));
    }
    prompt.one_call = body.get("parallel_tool_calls") == Some(&Value::Bool(false));
    if let Some(choice) = present(body, "tool_choice") {
        if tools.is_none() {
            let text = "'tool_choice' may only be set together with 'tools'.";
            return Err(Rejection::param("tool_choice", "invalid_value", text));
        }
        prompt.choice = read_choice(choice, prompt)?;
    }
    Ok(())
}

/// A function; other kinds of tools are accepted and never called.
fn read_tool(tool: &Value, at: &str) -> Result<Option<Tool>, Rejection> {
    let kind = string(tool, "type")?.ok_or_else(|| Rejection::missing(format!("{at}.type")))?;
    if kind != "function" {
        return Ok(None);
    }
    let function = tool.get("function").ok_or_else(|| Rejection::missing(format!("{at}.function")))?;
    let name = string(function, "name")?.ok_or_else(|| Rejection::missing(format!("{at}.function.name")))?;
    if !is_name(name) {
        let text = format!("'{name}' is no function name: 1 to 64 letters, digits, '_' or '-'.");
        return Err(Rejection::param(format!("{at}.function.name"), "invalid_value", text));
    }
    let schema = match present(function, "parameters") {
        None => json!({"type": "object"}),
        Some(schema @ Value::Object(_)) => schema.clone(),
        Some(other) => return Err(wrong_type(&format!("{at}.function.parameters"), "an object", other)),
    };
    if let Some(kind) = schema.get("type").filter(|kind| **kind != "object") {
        let text = format!("The schema of function '{name}' must have the type 'object', not {kind}.");
        return Err(Rejection::param(
            format!("{at}.function.parameters"),
            "invalid_function_parameters",
            text,
        ));
    }
    Ok(Some(Tool { name: name.to_owned(), schema }))
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn read_choice(choice: &Value, prompt: &Prompt) -> Result<ToolChoice, Rejection> {
    let wrong = |text: String| Err(Rejection::param("tool_choice", "invalid_value", text));
    match choice {
        Value::String(mode) => match mode.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            other => wrong(format!("'{other}' is no tool choice; use auto, none, required or a function.")),
        },
        Value::Object(_) => {
            let Some(name) = choice.pointer("/function/name").and_then(Value::as_str) else {
                return Ok(ToolChoice::Auto);
            };
            if !prompt.tools.iter().any(|tool| tool.name == name) {
                return wrong(format!("The function '{name}' is not among 'tools'."));
            }
            Ok(ToolChoice::Named(name.to_owned()))
        }
        other => Err(wrong_type("tool_choice", "a string or an object", other)),
    }
}

//! Reads `tools`, `tool_choice` and `parallel_tool_calls` of a request for a response. It must not choose
//! what is called; the service's own tools are accepted and never called.

use serde_json::{Value, json};

use crate::answer::Rejection;
use crate::fields::{array, present, string, wrong_type};
use crate::prompt::{Prompt, Tool, ToolChoice};
use crate::tokens;

/// Reads the tool members into the prompt.
pub(crate) fn read(body: &Value, prompt: &mut Prompt) -> Result<(), Rejection> {
    for (index, tool) in array(body, "tools")?.into_iter().flatten().enumerate() {
        prompt.input_tokens += tokens::count(&tool.to_string());
        prompt.tools.extend(read_tool(tool, &format!("tools[{index}]"))?);
    }
    prompt.one_call = body.get("parallel_tool_calls") == Some(&Value::Bool(false));
    if let Some(choice) = present(body, "tool_choice") {
        prompt.choice = read_choice(choice, prompt)?;
    }
    Ok(())
}

fn read_tool(tool: &Value, at: &str) -> Result<Option<Tool>, Rejection> {
    let kind = string(tool, "type")?.ok_or_else(|| Rejection::missing(format!("{at}.type")))?;
    if kind != "function" {
        return Ok(None);
    }
    let name = string(tool, "name")?.ok_or_else(|| Rejection::missing(format!("{at}.name")))?;
    let is_name = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !is_name {
        let text = format!("'{name}' is no function name: 1 to 64 letters, digits, '_' or '-'.");
        return Err(Rejection::param(format!("{at}.name"), "invalid_value", text));
    }
    let schema = match present(tool, "parameters") {
        None => json!({"type": "object"}),
        Some(schema @ Value::Object(_)) => schema.clone(),
        Some(other) => return Err(wrong_type(&format!("{at}.parameters"), "an object", other)),
    };
    if let Some(kind) = schema.get("type").filter(|kind| **kind != "object") {
        let text = format!("The schema of function '{name}' must have the type 'object', not {kind}.");
        return Err(Rejection::param(format!("{at}.parameters"), "invalid_function_parameters", text));
    }
    Ok(Some(Tool { name: name.to_owned(), schema }))
}

fn read_choice(choice: &Value, prompt: &Prompt) -> Result<ToolChoice, Rejection> {
    let wrong = |text: String| Err(Rejection::param("tool_choice", "invalid_value", text));
    match choice {
        Value::String(mode) => match mode.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" if prompt.tools.is_empty() => {
                wrong("Tool choice 'required' needs 'tools'.".to_owned())
            }
            "required" => Ok(ToolChoice::Required),
            other => wrong(format!("'{other}' is no tool choice; use auto, none, required or a tool.")),
        },
        Value::Object(_) => match (string(choice, "type")?, string(choice, "name")?) {
            (Some("function"), Some(name)) if prompt.tools.iter().any(|tool| tool.name == name) => {
                Ok(ToolChoice::Named(name.to_owned()))
            }
            (Some("function"), Some(name)) => {
                wrong(format!("Tool choice 'function' not found in 'tools' parameter: '{name}'."))
            }
            (Some("function"), None) => Err(Rejection::missing("tool_choice.name")),
            (Some("allowed_tools"), _) if choice.get("mode") == Some(&json!("required")) => {
                Ok(ToolChoice::Required)
            }
            (Some(_), _) => Ok(ToolChoice::Auto),
            (None, _) => Err(Rejection::missing("tool_choice.type")),
        },
        other => Err(wrong_type("tool_choice", "a string or an object", other)),
    }
}

//! Reads `toolConfig`. It must not choose what is called.

use serde_json::Value;

use crate::answer::Rejection;
use crate::fields::{array, present, string};
use crate::prompt::{Prompt, Tool, ToolChoice};
use crate::tokens;

/// Reads the tools into the prompt.
pub(super) fn read(body: &Value, prompt: &mut Prompt) -> Result<(), Rejection> {
    let Some(config) = present(body, "toolConfig") else { return Ok(()) };
    let tools = array(config, "tools")?.filter(|tools| !tools.is_empty());
    let tools = tools.ok_or_else(|| {
        let text = "1 validation error detected: Value at 'toolConfig.tools' failed to satisfy constraint: \
                    Member must have length greater than or equal to 1";
        Rejection::new(400, text)
    })?;
    for (index, tool) in tools.iter().enumerate() {
        prompt.input_tokens += tokens::count(&tool.to_string());
        // Cache points and the service's own tools stand in the list too.
        let Some(spec) = tool.get("toolSpec") else { continue };
        prompt.tools.push(read_tool(spec, &format!("toolConfig.tools.{index}.member.toolSpec"))?);
    }
    let Some(choice) = present(config, "toolChoice") else { return Ok(()) };
    prompt.choice = if present(choice, "auto").is_some() {
        ToolChoice::Auto
    } else if present(choice, "any").is_some() {
        ToolChoice::Required
    } else {
        let name = choice.pointer("/tool/name").and_then(Value::as_str);
        let name = name.ok_or_else(|| Rejection::missing("toolConfig.toolChoice"))?;
        if !prompt.tools.iter().any(|tool| tool.name == name) {
            return Err(Rejection::new(
                400,
                format!("The tool '{name}' of the tool choice is not configured."),
            ));
        }
        ToolChoice::Named(name.to_owned())
    };
    Ok(())
}

fn read_tool(spec: &Value, at: &str) -> Result<Tool, Rejection> {
    let name = string(spec, "name")?.ok_or_else(|| Rejection::missing(format!("{at}.name")))?;
    let is_name = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !is_name {
        return Err(constraint(&format!("{at}.name"), name, "[a-zA-Z0-9_-]+"));
    }
    if string(spec, "description")?.is_some_and(str::is_empty) {
        let text = format!("Value at '{at}.description' must have length greater than or equal to 1");
        return Err(Rejection::new(400, text));
    }
    let schema = spec.pointer("/inputSchema/json").filter(|schema| schema.is_object());
    let schema = schema.ok_or_else(|| Rejection::missing(format!("{at}.inputSchema.json")))?;
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        let text = format!("The value at {at}.inputSchema.json.type must be one of the following: object.");
        return Err(Rejection::new(400, text));
    }
    Ok(Tool { name: name.to_owned(), schema: schema.clone() })
}

/// A value that does not fit a pattern.
pub(super) fn constraint(at: &str, value: &str, pattern: &str) -> Rejection {
    let text = format!(
        "1 validation error detected: Value '{value}' at '{at}' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: {pattern}"
    );
    Rejection::new(400, text)
}

//! Reads `tools` and `tool_choice`. It must not choose what is called.

use serde_json::{Value, json};

use crate::answer::Rejection;
use crate::fields::{array, present, string};
use crate::prompt::{Prompt, Tool, ToolChoice};
use crate::tokens;

/// Reads the tool members into the prompt.
pub(super) fn read(body: &Value, prompt: &mut Prompt) -> Result<(), Rejection> {
    for (index, tool) in array(body, "tools")?.into_iter().flatten().enumerate() {
        let wrong = |what: &str| Rejection::new(400, format!("invalid request: tools[{index}].{what}"));
        prompt.input_tokens += tokens::count(&tool.to_string());
        if string(tool, "type")? != Some("function") {
            return Err(wrong("type must be 'function'"));
        }
        let function = present(tool, "function").ok_or_else(|| wrong("function is required"))?;
        let name = string(function, "name")?.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| wrong("function.name is required"))?;
        let schema = match present(function, "parameters") {
            None => json!({"type": "object"}),
            Some(schema @ Value::Object(_)) => schema.clone(),
            Some(_) => return Err(wrong("function.parameters must be an object")),
        };
        prompt.tools.push(Tool { name: name.to_owned(), schema });
    }
    prompt.choice = match string(body, "tool_choice")? {
        None => ToolChoice::Auto,
        Some(_) if prompt.tools.is_empty() => {
            return Err(Rejection::new(400, "invalid request: tool_choice needs tools"));
        }
        Some("REQUIRED") => ToolChoice::Required,
        Some("NONE") => ToolChoice::None,
        Some(other) => {
            let text = format!("invalid request: tool_choice must be REQUIRED or NONE, not {other}");
            return Err(Rejection::new(400, text));
        }
    };
    Ok(())
}

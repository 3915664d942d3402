//! Reads the input of a request: a text, or items (messages, function calls and their outputs, reasoning
//! and others). It must refuse calls without an output and outputs without a call, as the real service
//! does, unless the calls may stand in an earlier response.

use serde_json::Value;

use super::parts::{self, Content};
use crate::answer::Rejection;
use crate::fields::{string, wrong_type};
use crate::prompt::Prompt;
use crate::tokens;

/// Reads `input` into the prompt.
pub(crate) fn read(body: &Value, has_history: bool, prompt: &mut Prompt) -> Result<(), Rejection> {
    match body.get("input") {
        None | Some(Value::Null) if has_history || body.get("prompt").is_some() => Ok(()),
        None | Some(Value::Null) => Err(Rejection::missing("input")),
        Some(Value::String(text)) => {
            prompt.input_tokens += tokens::MESSAGE_TOKENS + tokens::count(text);
            prompt.user_text.clone_from(text);
            Ok(())
        }
        Some(Value::Array(items)) => {
            let mut reader = Reader { prompt, open: Vec::new(), has_history, after_result: false };
            for (index, item) in items.iter().enumerate() {
                reader.item(item, &format!("input[{index}]"))?;
            }
            reader.finish()
        }
        Some(other) => Err(wrong_type("input", "a string or an array of input items", other)),
    }
}

struct Reader<'p> {
    prompt: &'p mut Prompt,
    /// Ids of calls that have no output yet.
    open: Vec<String>,
    has_history: bool,
    after_result: bool,
}

impl Reader<'_> {
    fn item(&mut self, item: &Value, at: &str) -> Result<(), Rejection> {
        if !item.is_object() {
            return Err(wrong_type(at, "an object", item));
        }
        match string(item, "type")? {
            None | Some("message") => self.message(item, at),
            Some("function_call" | "custom_tool_call") => self.call(item, at),
            Some("function_call_output" | "custom_tool_call_output") => self.output(item, at),
            // Reasoning, references and the service's own calls are accepted and say nothing here.
            Some(kind) if is_item(kind) => Ok(()),
            Some(other) => {
                let text = format!("Invalid value: '{other}' is no type of input item.");
                Err(Rejection::param(format!("{at}.type"), "invalid_value", text))
            }
        }
    }

    fn message(&mut self, item: &Value, at: &str) -> Result<(), Rejection> {
        let role = string(item, "role")?.ok_or_else(|| Rejection::missing(format!("{at}.role")))?;
        let content = item.get("content").filter(|content| !content.is_null());
        let content = content.ok_or_else(|| Rejection::missing(format!("{at}.content")))?;
        let is_assistant = role == "assistant";
        let Content { text, images, tokens } = parts::read(content, is_assistant, &format!("{at}.content"))?;
        self.prompt.input_tokens += tokens::MESSAGE_TOKENS + tokens;
        match role {
            "user" => {
                self.prompt.user_text = text;
                self.prompt.images.extend(images);
            }
            "assistant" => self.assistant_turn(),
            "system" | "developer" => {}
            other => {
                let text = format!("'{other}' is not a role; use user, assistant, system or developer.");
                return Err(Rejection::param(format!("{at}.role"), "invalid_value", text));
            }
        }
        Ok(())
    }

    fn call(&mut self, item: &Value, at: &str) -> Result<(), Rejection> {
        let member =
            |name: &str| string(item, name)?.ok_or_else(|| Rejection::missing(format!("{at}.{name}")));
        let is_function = string(item, "type")? == Some("function_call");
        let arguments = member(if is_function { "arguments" } else { "input" })?;
        self.prompt.input_tokens += tokens::count(member("name")?) + tokens::count(arguments);
        self.open.push(member("call_id")?.to_owned());
        if self.after_result {
            self.assistant_turn();
        }
        self.prompt.images.clear();
        Ok(())
    }

    fn output(&mut self, item: &Value, at: &str) -> Result<(), Rejection> {
        let id = string(item, "call_id")?;
        let id = id.ok_or_else(|| Rejection::missing(format!("{at}.call_id")))?;
        match self.open.iter().position(|call| call == id) {
            Some(place) => {
                self.open.remove(place);
            }
            None if self.has_history => {}
            None => {
                let text = format!("No tool call found for function call output with call_id {id}.");
                return Err(Rejection { param: Some("input".to_owned()), ..Rejection::new(400, text) });
            }
        }
        let output = item.get("output").filter(|output| !output.is_null());
        let output = output.ok_or_else(|| Rejection::missing(format!("{at}.output")))?;
        let content = parts::read(output, false, &format!("{at}.output"))?;
        self.prompt.input_tokens += tokens::MESSAGE_TOKENS + content.tokens;
        self.prompt.tool_results.push(content.text);
        self.after_result = true;
        Ok(())
    }

    /// What came before belongs to an earlier turn.
    fn assistant_turn(&mut self) {
        self.prompt.tool_results.clear();
        self.prompt.images.clear();
        self.after_result = false;
    }

    fn finish(self) -> Result<(), Rejection> {
        let Some(id) = self.open.first() else { return Ok(()) };
        let text = format!("No tool output found for function call {id}.");
        Err(Rejection { param: Some("input".to_owned()), ..Rejection::new(400, text) })
    }
}

fn is_item(kind: &str) -> bool {
    matches!(kind, "reasoning" | "item_reference" | "compaction" | "program" | "additional_tools")
        || kind.ends_with("_call")
        || kind.ends_with("_call_output")
        || kind.ends_with("_output")
        || kind.starts_with("mcp_")
}

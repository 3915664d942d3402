//! Reads the turns of a request and keeps the order of function calls and responses. It must refuse a
//! dialogue that the real service refuses, above all responses that do not match the calls before them.

use serde_json::Value;

use super::names::{self, member};
use super::parts::{self, Part};
use crate::answer::Rejection;
use crate::prompt::Prompt;
use crate::tokens;

/// Counts `systemInstruction`.
pub(super) fn system(system: &Value, prompt: &mut Prompt) -> Result<(), Rejection> {
    prompt.input_tokens += tokens::MESSAGE_TOKENS;
    if let Some(text) = system.as_str() {
        prompt.input_tokens += tokens::count(text);
        return Ok(());
    }
    for part in turn_parts(system, "system_instruction")? {
        prompt.input_tokens += parts::read(part, "system_instruction.parts")?.1;
    }
    Ok(())
}

/// Reads `contents` into the prompt.
pub(super) fn read(contents: &[Value], prompt: &mut Prompt) -> Result<(), Rejection> {
    let mut calls = 0;
    for (index, content) in contents.iter().enumerate() {
        let at = format!("contents[{index}]");
        prompt.input_tokens += tokens::MESSAGE_TOKENS;
        let is_model = match member(content, "role").and_then(Value::as_str) {
            Some("model") => true,
            None | Some("user" | "function") => false,
            Some(_) => {
                return Err(Rejection::new(400, "Please use a valid role: user, model."));
            }
        };
        let turn = Turn::read(content, &at, prompt)?;
        // Google's SDKs send a streamed turn back chunk by chunk: contents of the model that follow each other are one.
        let goes_on = is_model && turn.results.is_empty();
        turn.check(is_model, if goes_on { 0 } else { calls })?;
        calls = if goes_on { calls + turn.calls } else { turn.calls };
        turn.enter(is_model, prompt);
    }
    Ok(())
}

#[derive(Default)]
struct Turn {
    texts: Vec<String>,
    images: Vec<String>,
    results: Vec<String>,
    calls: usize,
}

impl Turn {
    fn read(content: &Value, at: &str, prompt: &mut Prompt) -> Result<Self, Rejection> {
        let mut turn = Self::default();
        for (index, part) in turn_parts(content, at)?.iter().enumerate() {
            let (part, tokens) = parts::read(part, &format!("{at}.parts[{index}]"))?;
            prompt.input_tokens += tokens;
            match part {
                Part::Text(text) => turn.texts.push(text),
                Part::Media(media_type) => turn.images.push(media_type),
                Part::Call => turn.calls += 1,
                Part::Response(text) => turn.results.push(text),
                Part::Other => {}
            }
        }
        Ok(turn)
    }

    /// Calls come from the model; a turn after calls answers every one of them, and no other turn does.
    fn check(&self, is_model: bool, open: usize) -> Result<(), Rejection> {
        let text = if self.results.len() != open {
            "Please ensure that the number of function response parts is equal to the number of function call \
             parts of the function call turn."
        } else if self.calls > 0 && !is_model {
            "Please ensure that function call turns come from the model."
        } else {
            return Ok(());
        };
        Err(Rejection::new(400, text))
    }

    fn enter(self, is_model: bool, prompt: &mut Prompt) {
        if is_model {
            prompt.tool_results.clear();
            prompt.images.clear();
            return;
        }
        if !self.texts.is_empty() || self.results.is_empty() {
            prompt.user_text = self.texts.join("\n");
        }
        prompt.images.extend(self.images);
        prompt.tool_results.extend(self.results);
    }
}

fn turn_parts<'v>(content: &'v Value, at: &str) -> Result<&'v [Value], Rejection> {
    names::check(content, at, names::CONTENT)?;
    match member(content, "parts") {
        Some(Value::Array(parts)) if !parts.is_empty() => Ok(parts),
        // One part may stand alone.
        Some(part @ Value::Object(_)) => Ok(std::slice::from_ref(part)),
        _ => {
            let text = format!("* GenerateContentRequest.{at}.parts: contents.parts must not be empty.");
            Err(Rejection::new(400, text))
        }
    }
}

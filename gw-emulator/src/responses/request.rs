//! Reads and checks a request for a response: the members, their ranges, and what they mean for the
//! reply. It must refuse what the real service refuses, with the same status, code and parameter.

use serde_json::Value;

use super::{input, tools};
use crate::answer::{Context, Rejection};
use crate::fields::{boolean, present, range, string, whole};
use crate::prompt::{OutputForm, Prompt};
use crate::tokens;

/// Smallest bound on output tokens.
const MIN_OUTPUT_TOKENS: u64 = 16;

/// A request for a response.
pub(crate) struct ResponsesRequest {
    pub(crate) prompt: Prompt,
    pub(crate) stream: bool,
    /// Reasoning items carry `encrypted_content`.
    pub(crate) encrypted: bool,
}

/// Reads a request.
pub(crate) fn read(body: &Value, cx: &Context<'_>) -> Result<ResponsesRequest, Rejection> {
    let model = string(body, "model")?.filter(|model| !model.is_empty());
    let model = cx.deployment.or(model).ok_or_else(|| Rejection::missing("model"))?.to_owned();
    range(body, "temperature", 0.0, 2.0)?;
    range(body, "top_p", 0.0, 1.0)?;
    let mut prompt = Prompt { model, output: output(body)?, ..Prompt::default() };
    prompt.max_tokens = whole(body, "max_output_tokens", MIN_OUTPUT_TOKENS, u64::MAX)?;
    prompt.thinking = thinking(body)?;
    if let Some(instructions) = present(body, "instructions") {
        prompt.input_tokens += tokens::MESSAGE_TOKENS;
        prompt.input_tokens += instructions.as_str().map_or(0, tokens::count);
    }
    input::read(body, has_history(body)?, &mut prompt)?;
    tools::read(body, &mut prompt)?;
    let encrypted = body.get("include").and_then(Value::as_array).is_some_and(|include| {
        include.iter().any(|name| name.as_str() == Some("reasoning.encrypted_content"))
    });
    Ok(ResponsesRequest { prompt, stream: boolean(body, "stream")?, encrypted })
}

/// Whether the dialogue goes on where an earlier response ended.
fn has_history(body: &Value) -> Result<bool, Rejection> {
    let (previous, conversation) = (string(body, "previous_response_id")?, present(body, "conversation"));
    if previous.is_some() && conversation.is_some() {
        let message = "Set only one of 'previous_response_id' and 'conversation'.";
        return Err(Rejection::param("previous_response_id", "mutually_exclusive_parameters", message));
    }
    Ok(previous.is_some() || conversation.is_some())
}

/// Whether a summary of the reasoning is asked for.
fn thinking(body: &Value) -> Result<bool, Rejection> {
    let Some(reasoning) = present(body, "reasoning") else { return Ok(false) };
    let summary = match string(reasoning, "summary")? {
        None => string(reasoning, "generate_summary")?,
        some => some,
    };
    match summary {
        None => Ok(false),
        Some("auto" | "concise" | "detailed") => Ok(true),
        Some(other) => {
            let message = format!("'{other}' is no summary; use auto, concise or detailed.");
            Err(Rejection::param("reasoning.summary", "invalid_value", message))
        }
    }
}

fn output(body: &Value) -> Result<OutputForm, Rejection> {
    let Some(format) = present(body, "text").and_then(|text| present(text, "format")) else {
        return Ok(OutputForm::Text);
    };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(OutputForm::Text),
        Some("json_object") => Ok(OutputForm::JsonObject),
        Some("json_schema") => {
            string(format, "name")?.ok_or_else(|| Rejection::missing("text.format.name"))?;
            let schema = present(format, "schema").cloned();
            schema.map(OutputForm::Schema).ok_or_else(|| Rejection::missing("text.format.schema"))
        }
        _ => {
            let message = "'text.format.type' must be 'text', 'json_object' or 'json_schema'.";
            Err(Rejection::param("text.format.type", "invalid_value", message))
        }
    }
}

//! Reads and checks a chat request: members, ranges, and what they mean for the reply. It must refuse what
//! the real service refuses.

use serde_json::Value;

use super::{dialogue, tools};
use crate::answer::{Context, Rejection};
use crate::fields::{array, boolean, present, range, whole};
use crate::prompt::{OutputForm, Prompt};
use crate::tokens;

/// Most stop sequences.
const MAX_STOPS: usize = 5;

/// Reads a chat request, and whether to stream the answer.
pub(super) fn read(body: &Value, cx: &Context<'_>) -> Result<(Prompt, bool), Rejection> {
    range(body, "temperature", 0.0, 1.0)?;
    range(body, "p", 0.0, 1.0)?;
    range(body, "frequency_penalty", 0.0, 1.0)?;
    range(body, "presence_penalty", 0.0, 1.0)?;
    whole(body, "k", 0, 500)?;
    let mut prompt = Prompt { model: cx.model.to_owned(), output: output(body)?, ..Prompt::default() };
    prompt.max_tokens = whole(body, "max_tokens", 1, u64::MAX)?;
    let thinking = present(body, "thinking").and_then(|thinking| thinking.get("type"));
    prompt.thinking = thinking.and_then(Value::as_str) == Some("enabled");
    let stops = array(body, "stop_sequences")?.map_or(&[][..], Vec::as_slice);
    if stops.len() > MAX_STOPS {
        return Err(Rejection::new(400, format!("invalid request: at most {MAX_STOPS} stop sequences")));
    }
    prompt.stops.extend(stops.iter().filter_map(Value::as_str).map(str::to_owned));
    for document in array(body, "documents")?.into_iter().flatten() {
        prompt.input_tokens += tokens::count(&document.to_string());
    }
    tools::read(body, &mut prompt)?;
    let messages = array(body, "messages")?.filter(|messages| !messages.is_empty());
    let messages = messages
        .ok_or_else(|| Rejection::new(400, "invalid request: messages must be at least 1 message long"))?;
    dialogue::read(messages, &mut prompt)?;
    Ok((prompt, boolean(body, "stream")?))
}

fn output(body: &Value) -> Result<OutputForm, Rejection> {
    let Some(format) = present(body, "response_format") else { return Ok(OutputForm::Text) };
    let schema = present(format, "json_schema").or_else(|| present(format, "schema"));
    match (format.get("type").and_then(Value::as_str), schema) {
        (Some("text"), _) => Ok(OutputForm::Text),
        (Some("json_object"), None) => Ok(OutputForm::JsonObject),
        (Some("json_object"), Some(schema)) if schema.is_object() => Ok(OutputForm::Schema(schema.clone())),
        _ => Err(Rejection::new(400, "invalid request: response_format.type must be text or json_object")),
    }
}

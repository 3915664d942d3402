//! Reads and checks a request for content: names, ranges, and what the members mean for the reply. It must
//! refuse what the real service refuses.

use serde_json::Value;

use super::names::{self, member};
use super::{contents, tools};
use crate::answer::{Context, Rejection};
use crate::fields::{array, boolean, range, string, whole};
use crate::prompt::{OutputForm, Prompt};

/// Most stop sequences.
const MAX_STOPS: usize = 5;

/// Most candidates.
const MAX_CANDIDATES: u64 = 8;

/// A request for content.
pub(crate) struct GenerateRequest {
    pub(crate) prompt: Prompt,
    pub(crate) candidates: u64,
}

/// Reads a request.
pub(crate) fn read(body: &Value, cx: &Context<'_>) -> Result<GenerateRequest, Rejection> {
    names::check(body, "", names::REQUEST)?;
    let mut prompt = Prompt { model: cx.model.to_owned(), ..Prompt::default() };
    let mut candidates = 1;
    if let Some(config) = member(body, "generationConfig") {
        names::check(config, "generation_config", names::CONFIG)?;
        candidates = generation(&names::in_camel_case(config), &mut prompt)?;
    }
    if let Some(system) = member(body, "systemInstruction") {
        contents::system(system, &mut prompt)?;
    }
    let contents = member(body, "contents").and_then(Value::as_array).filter(|all| !all.is_empty());
    let missing = || {
        let text = "* GenerateContentRequest.contents: contents is not specified";
        Rejection::param("contents", "missing_required_parameter", text)
    };
    contents::read(contents.ok_or_else(missing)?, &mut prompt)?;
    tools::read(body, &mut prompt)?;
    Ok(GenerateRequest { prompt, candidates })
}

/// Reads `generationConfig` and gives the number of candidates.
fn generation(config: &Value, prompt: &mut Prompt) -> Result<u64, Rejection> {
    range(config, "temperature", 0.0, 2.0)?;
    range(config, "topP", 0.0, 1.0)?;
    prompt.max_tokens = whole(config, "maxOutputTokens", 1, u64::MAX)?;
    for stop in array(config, "stopSequences")?.into_iter().flatten() {
        let stop = stop.as_str().ok_or_else(|| Rejection::new(400, "Stop sequences must be strings."))?;
        prompt.stops.push(stop.to_owned());
    }
    if prompt.stops.len() > MAX_STOPS {
        let text = format!("The number of stop sequences must be at most {MAX_STOPS}.");
        return Err(Rejection::param("stop_sequences", "invalid_value", text));
    }
    prompt.output = output(config)?;
    if let Some(thinking) = member(config, "thinkingConfig") {
        prompt.thinking = boolean(&names::in_camel_case(thinking), "includeThoughts")?;
    }
    Ok(whole(config, "candidateCount", 1, MAX_CANDIDATES)?.unwrap_or(1))
}

fn output(config: &Value) -> Result<OutputForm, Rejection> {
    let json_schema = ["responseJsonSchema", "_responseJsonSchema"].iter().find_map(|name| config.get(*name));
    let schema = config.get("responseSchema").map(tools::json_schema).or_else(|| json_schema.cloned());
    let mime_type = string(config, "responseMimeType")?;
    match (mime_type, schema) {
        (Some("application/json"), Some(schema)) => Ok(OutputForm::Schema(schema)),
        (Some("application/json"), None) => Ok(OutputForm::JsonObject),
        (None | Some("text/plain"), Some(_)) => {
            let text = "A response schema needs the response mime type application/json.";
            Err(Rejection::param("response_mime_type", "invalid_value", text))
        }
        (None | Some("text/plain" | "text/x.enum"), _) => Ok(OutputForm::Text),
        (Some(other), _) => {
            let text = format!("'{other}' is not allowed; use text/plain or application/json.");
            Err(Rejection::param("response_mime_type", "invalid_value", text))
        }
    }
}

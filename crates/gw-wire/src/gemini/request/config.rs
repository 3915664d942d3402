//! `generationConfig`, read. Serves the request reader. It must keep what the intermediate form has no field
//! for.

use super::fields::{Fields, wrong};
use super::reasoning;
use crate::gemini::{names, schema};
use crate::json::{Kind, Value};
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, Json, ResponseFormat};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// Members that other formats have under OpenAI's name.
const SHARED: &[(&str, &str)] = &[
    ("presencePenalty", "presence_penalty"),
    ("frequencyPenalty", "frequency_penalty"),
    ("responseLogprobs", "logprobs"),
    ("logprobs", "top_logprobs"),
];

/// Reads `generationConfig` into the request.
pub(super) fn read(mut fields: Fields<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    request.max_output_tokens = fields.count("maxOutputTokens")?;
    request.temperature = fields.number("temperature")?;
    request.top_p = fields.number("topP")?;
    request.top_k = fields.count("topK")?;
    request.seed = fields.typed("seed", "a whole number", |v| v.as_i64())?;
    request.choices = fields.typed("candidateCount", "a whole number of at least 1", |v| {
        names::count(v).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
    })?;
    request.stop = fields
        .typed("stopSequences", "an array of strings", |v| {
            let is_list = v.kind == Kind::Array;
            is_list
                .then(|| v.elements().map(|s| s.as_str().map(Cow::into_owned)).collect::<Option<Vec<_>>>())?
        })?
        .unwrap_or_default();
    for (name, shared) in SHARED {
        if let Some(value) = fields.take(name) {
            request.extra.push(((*shared).to_owned(), own(&value, name)?));
        }
    }
    if let Some(modalities) = fields.take("responseModalities") {
        request.extra.push(("modalities".to_owned(), lowered(&modalities)?));
    }
    read_format(&mut fields, request)?;
    if let Some(thinking) = fields.object("thinkingConfig", "generationConfig.thinkingConfig.")? {
        reasoning::read(thinking, request)?;
    }
    fields.rest(&mut request.extra)
}

/// The shape of the answer: a type, and a schema in either dialect.
fn read_format(fields: &mut Fields<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    let mime = fields.text("responseMimeType")?;
    // Older SDKs spell it with an underscore in front.
    let plain = fields.take("responseJsonSchema");
    let dialect = fields.take("responseSchema");
    let is_enum = mime.as_deref() == Some("text/x.enum");
    let written = match (&plain, &dialect) {
        (Some(value), _) => Some(own(value, "responseJsonSchema")?),
        (None, Some(value)) => Some(schema::from_dialect(&own(value, "responseSchema")?)),
        (None, None) => None,
    };
    request.response_format = match (written, mime.as_deref()) {
        // One of several words, bare: nothing that other formats know.
        (schema, Some("text/x.enum")) if is_enum => {
            let mime = Arc::from(
                RawValue::from_string("\"text/x.enum\"".to_owned())
                    .map_err(|_| wrong("generationConfig.responseMimeType", "cannot be read"))?,
            );
            request.extra.push(("generationConfig.responseMimeType".to_owned(), mime));
            request.extra.extend(schema.map(|s| ("generationConfig.responseJsonSchema".to_owned(), s)));
            None
        }
        (Some(schema), _) => Some(ResponseFormat::JsonSchema {
            name: "response".to_owned(),
            schema,
            strict: None,
            description: None,
        }),
        (None, Some("application/json")) => Some(ResponseFormat::JsonObject),
        (None, Some("text/plain")) => Some(ResponseFormat::Text),
        (None, None) => None,
        (None, Some(_)) => {
            return Err(wrong(
                "generationConfig.responseMimeType",
                "must be text/plain, application/json or text/x.enum",
            ));
        }
    };
    Ok(())
}

fn own(value: &Value<'_>, name: &str) -> Result<Json, Refusal> {
    names::json(value).ok_or_else(|| wrong(format!("generationConfig.{name}"), "is nested too deeply"))
}

/// Modalities as other formats spell them.
fn lowered(value: &Value<'_>) -> Result<Json, Refusal> {
    let at = "generationConfig.responseModalities";
    let words: Option<Vec<String>> =
        value.elements().map(|v| v.as_str().map(|word| word.to_ascii_lowercase())).collect();
    let words =
        words.filter(|_| value.kind == Kind::Array).ok_or_else(|| wrong(at, "must be a list of words"))?;
    let raw = serde_json::value::to_raw_value(&words).map_err(|_| wrong(at, "cannot be read"))?;
    Ok(Arc::from(raw))
}

//! OpenAI's endpoints for images, speech, transcripts and moderation, and Azure's flavour of them. What they
//! answer depends on the request alone. It must not use the gateway's own codecs.

mod files;
mod form;
mod images;
mod moderations;
mod speech;
mod transcripts;

pub(crate) use form::read as read_form;

use serde_json::{Value, json};

use crate::answer::{Answer, Context, Rejection};

/// The endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Images,
    ImageEdits,
    Speech,
    Transcriptions,
    Translations,
    Moderations,
}

impl Endpoint {
    /// The endpoint of an operation, without `/v1`.
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/images/generations" => Self::Images,
            "/images/edits" => Self::ImageEdits,
            "/audio/speech" => Self::Speech,
            "/audio/transcriptions" => Self::Transcriptions,
            "/audio/translations" => Self::Translations,
            "/moderations" => Self::Moderations,
            _ => return None,
        })
    }

    /// Whether it takes a form; edits take JSON too.
    pub(crate) const fn takes_form(self) -> bool {
        matches!(self, Self::ImageEdits | Self::Transcriptions | Self::Translations)
    }
}

/// Answers a request; a form has become an object of its fields.
pub(crate) fn answer(endpoint: Endpoint, body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    if !body.is_object() {
        return Err(Rejection::new(400, "The request body must be an object or a form."));
    }
    match endpoint {
        Endpoint::Images => images::answer(body, false, cx),
        Endpoint::ImageEdits => images::answer(body, true, cx),
        Endpoint::Speech => speech::answer(body, cx),
        Endpoint::Transcriptions => transcripts::answer(body, false, cx),
        Endpoint::Translations => transcripts::answer(body, true, cx),
        Endpoint::Moderations => moderations::answer(body, cx),
    }
}

/// The model: the deployment on Azure paths, else the member.
fn model<'a>(body: &'a Value, cx: &Context<'a>) -> Result<&'a str, Rejection> {
    match cx.deployment.or_else(|| body.get("model").and_then(Value::as_str)) {
        Some("") | None => Err(Rejection::missing("model")),
        Some(model) => Ok(model),
    }
}

/// A text that must be there.
fn text<'a>(body: &'a Value, name: &str) -> Result<&'a str, Rejection> {
    match body.get(name) {
        None | Some(Value::Null) => Err(Rejection::missing(name)),
        Some(value) => value.as_str().ok_or_else(|| crate::fields::wrong_type(name, "a string", value)),
    }
}

/// A member that forms write as text.
fn truth(body: &Value, name: &str) -> Result<bool, Rejection> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(truth)) => Ok(*truth),
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
        Some(value) => Err(crate::fields::wrong_type(name, "a boolean", value)),
    }
}

/// The same for whole numbers.
fn number(body: &Value, name: &str, most: u64) -> Result<Option<u64>, Rejection> {
    let written = body.get(name).and_then(Value::as_str).and_then(|text| text.parse::<u64>().ok());
    match written {
        Some(number) => crate::fields::whole(&json!({ name: number }), name, 0, most),
        None => crate::fields::whole(body, name, 0, most),
    }
}

/// The `usage` of newer endpoints, with details of the input under this name.
fn usage(input: u64, output: u64, details: (&str, Value), cx: &Context<'_>) -> Value {
    let figure = |tokens| crate::usage::figure(tokens, cx.faults);
    json!({
        "type": "tokens", "input_tokens": figure(input), details.0: details.1,
        "output_tokens": figure(output), "total_tokens": figure(input + output)
    })
}

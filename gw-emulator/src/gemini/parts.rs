//! Reads one part of a content: text, media, function call and response. It must check that inline media
//! is what it says it is.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;

use super::names::{self, member};
use crate::answer::Rejection;
use crate::tokens;

/// What a part is.
pub(super) enum Part {
    Text(String),
    /// An image by its media type.
    Media(String),
    Call,
    /// A function's response as text.
    Response(String),
    /// Thoughts, code and other media.
    Other,
}

/// Reads a part with its tokens.
pub(super) fn read(part: &Value, at: &str) -> Result<(Part, u64), Rejection> {
    names::check(part, at, names::PART)?;
    if let Some(text) = member(part, "text") {
        let text = text.as_str().ok_or_else(|| wrong(at, "text must be a string"))?;
        let is_thought = part.get("thought") == Some(&Value::Bool(true));
        let read = if is_thought { Part::Other } else { Part::Text(text.to_owned()) };
        return Ok((read, tokens::count(text)));
    }
    if let Some(data) = member(part, "inlineData") {
        return Ok((media(inline(data, at)?), tokens::IMAGE_TOKENS));
    }
    if let Some(file) = member(part, "fileData") {
        member(file, "fileUri").ok_or_else(|| wrong(at, "file_data.file_uri is missing"))?;
        let media_type = member(file, "mimeType").and_then(Value::as_str).unwrap_or("image");
        return Ok((media(media_type), tokens::IMAGE_TOKENS));
    }
    if let Some(call) = member(part, "functionCall") {
        let arguments = member(call, "args").map_or_else(String::new, Value::to_string);
        return Ok((Part::Call, tokens::count(name(call, at, "function_call")?) + tokens::count(&arguments)));
    }
    if let Some(response) = member(part, "functionResponse") {
        name(response, at, "function_response")?;
        let text = response_text(response, at)?;
        let tokens = tokens::count(&text);
        return Ok((Part::Response(text), tokens));
    }
    if part.as_object().is_some_and(|part| part.keys().all(|name| name.starts_with("thought"))) {
        return Err(wrong(at, "required oneof field 'data' must have one initialized field"));
    }
    Ok((Part::Other, tokens::count(&part.to_string())))
}

fn wrong(at: &str, text: &str) -> Rejection {
    Rejection::new(400, format!("* GenerateContentRequest.{at}: {text}"))
}

fn media(media_type: &str) -> Part {
    if media_type.starts_with("image") { Part::Media(media_type.to_owned()) } else { Part::Other }
}

fn inline<'v>(data: &'v Value, at: &str) -> Result<&'v str, Rejection> {
    let text = |name: &str| {
        let found = member(data, name).and_then(Value::as_str).filter(|text| !text.is_empty());
        found.ok_or_else(|| wrong(at, &format!("inline_data.{name} is missing")))
    };
    let (media_type, data) = (text("mimeType")?, text("data")?);
    if STANDARD.decode(data).or_else(|_| URL_SAFE.decode(data)).is_err() {
        return Err(Rejection::new(400, format!("Invalid value at '{at}.inline_data.data': no base64.")));
    }
    Ok(media_type)
}

fn name<'v>(value: &'v Value, at: &str, what: &str) -> Result<&'v str, Rejection> {
    let name = member(value, "name").and_then(Value::as_str).filter(|name| !name.is_empty());
    name.ok_or_else(|| wrong(at, &format!("{what}.name: Name cannot be empty.")))
}

/// The response as text: the one text of an object that holds nothing else, else its JSON.
fn response_text(response: &Value, at: &str) -> Result<String, Rejection> {
    let response = member(response, "response").and_then(Value::as_object);
    let response = response.ok_or_else(|| wrong(at, "function_response.response must be an object"))?;
    let mut values = response.values();
    Ok(match (values.next(), values.next()) {
        (Some(Value::String(text)), None) => text.clone(),
        _ => Value::Object(response.clone()).to_string(),
    })
}

//! Reads the content of a message or of a tool's output: a string or parts of text, image, file and
//! audio. It must check that a part may stand where it stands, and that inline images are images.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::answer::Rejection;
use crate::fields::{string, wrong_type};
use crate::tokens;

/// A content.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) text: String,
    pub(crate) images: Vec<String>,
    pub(crate) tokens: u64,
}

/// Reads a content; the assistant's parts are of other types than everybody else's.
pub(crate) fn read(content: &Value, is_assistant: bool, at: &str) -> Result<Content, Rejection> {
    match content {
        Value::String(text) => {
            Ok(Content { tokens: tokens::count(text), text: text.clone(), images: Vec::new() })
        }
        Value::Array(parts) => {
            let mut content = Content::default();
            for (index, part) in parts.iter().enumerate() {
                read_part(part, is_assistant, &format!("{at}[{index}]"), &mut content)?;
            }
            Ok(content)
        }
        other => Err(wrong_type(at, "a string or an array of parts", other)),
    }
}

fn read_part(part: &Value, is_assistant: bool, at: &str, content: &mut Content) -> Result<(), Rejection> {
    let kind = string(part, "type")?.ok_or_else(|| Rejection::missing(format!("{at}.type")))?;
    match (kind, is_assistant) {
        ("input_text", false) | ("output_text", true) => {
            let text = string(part, "text")?.ok_or_else(|| Rejection::missing(format!("{at}.text")))?;
            add_text(text, content);
        }
        ("refusal", true) => {
            let text = string(part, "refusal")?;
            add_text(text.ok_or_else(|| Rejection::missing(format!("{at}.refusal")))?, content);
        }
        ("input_image", false) => {
            content.tokens += tokens::IMAGE_TOKENS;
            content.images.push(match string(part, "image_url")? {
                Some(url) => image_type(url, at)?,
                None if part.get("file_id").is_some() => "image".to_owned(),
                None => return Err(Rejection::missing(format!("{at}.image_url"))),
            });
        }
        ("input_file" | "input_audio", false) => content.tokens += tokens::IMAGE_TOKENS,
        _ => {
            let allowed = if is_assistant {
                "'output_text' and 'refusal'"
            } else {
                "'input_text', 'input_image', 'input_file' and 'input_audio'"
            };
            let text = format!("Invalid value: '{kind}'. Supported values are: {allowed}.");
            return Err(Rejection::param(at, "invalid_value", text));
        }
    }
    Ok(())
}

fn add_text(text: &str, content: &mut Content) {
    content.tokens += tokens::count(text);
    if !content.text.is_empty() {
        content.text.push('\n');
    }
    content.text.push_str(text);
}

/// Media type of an image: as the data URL says, by the extension of any other.
fn image_type(url: &str, at: &str) -> Result<String, Rejection> {
    let wrong = |text: &str| Rejection::param(format!("{at}.image_url"), "invalid_value", text);
    if let Some(data) = url.strip_prefix("data:") {
        let split = data.split_once(";base64,");
        let (media_type, base64) = split.ok_or_else(|| wrong("A data URL needs ';base64,' and the data."))?;
        if !matches!(media_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp") {
            return Err(wrong("An image must be image/png, image/jpeg, image/gif or image/webp."));
        }
        if base64.is_empty() || STANDARD.decode(base64).is_err() {
            return Err(wrong("The image's data is not valid base64."));
        }
        return Ok(media_type.to_owned());
    }
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(wrong("An image needs an http, https or data URL."));
    }
    Ok(match url.rsplit('.').next().unwrap_or("") {
        extension @ ("png" | "gif" | "webp") => format!("image/{extension}"),
        "jpg" | "jpeg" => "image/jpeg".to_owned(),
        _ => "image".to_owned(),
    })
}

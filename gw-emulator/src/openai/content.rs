//! Reads the content of one chat message: a string or parts of text, image, audio and file. It must
//! check that inline media is what it says it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::answer::Rejection;
use crate::fields::wrong_type;
use crate::tokens;

/// A message's content.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) text: String,
    pub(crate) images: Vec<String>,
    pub(crate) tokens: u64,
}

/// Reads the `content` member; `None` when it is absent or null.
pub(crate) fn read_content(message: &Value, at: &str) -> Result<Option<Content>, Rejection> {
    match message.get("content") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            Ok(Some(Content { tokens: tokens::count(text), text: text.clone(), images: Vec::new() }))
        }
        Some(Value::Array(parts)) => {
            let mut content = Content::default();
            for (index, part) in parts.iter().enumerate() {
                read_part(part, &format!("{at}.content[{index}]"), &mut content)?;
            }
            Ok(Some(content))
        }
        Some(other) => Err(wrong_type(&format!("{at}.content"), "a string or an array of parts", other)),
    }
}

fn read_part(part: &Value, at: &str, content: &mut Content) -> Result<(), Rejection> {
    match part.get("type").and_then(Value::as_str) {
        Some("text" | "refusal") => {
            let text = part.get("text").or_else(|| part.get("refusal")).and_then(Value::as_str);
            let text = text.ok_or_else(|| Rejection::missing(format!("{at}.text")))?;
            content.tokens += tokens::count(text);
            if !content.text.is_empty() {
                content.text.push('\n');
            }
            content.text.push_str(text);
        }
        Some("image_url") => {
            let url = part.pointer("/image_url/url").and_then(Value::as_str);
            let url = url.ok_or_else(|| Rejection::missing(format!("{at}.image_url.url")))?;
            content.images.push(image_type(url, at)?);
            content.tokens += tokens::IMAGE_TOKENS;
        }
        Some("input_audio" | "file") => content.tokens += tokens::IMAGE_TOKENS,
        Some(other) => {
            let text = format!("'{other}' is not a content type; use text, image_url, input_audio or file.");
            return Err(Rejection::param(format!("{at}.type"), "invalid_value", text));
        }
        None => return Err(Rejection::missing(format!("{at}.type"))),
    }
    Ok(())
}

/// Media type of an image: as the data URL says, by the extension of any other.
fn image_type(url: &str, at: &str) -> Result<String, Rejection> {
    let wrong = |text: &str| Rejection::param(format!("{at}.image_url.url"), "invalid_image_url", text);
    if let Some(data) = url.strip_prefix("data:") {
        let (media_type, base64) =
            data.split_once(";base64,").ok_or_else(|| wrong("A data URL needs ';base64,' and the data."))?;
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
    let extension = url.rsplit('.').next().unwrap_or("");
    Ok(match extension {
        "png" | "gif" | "webp" => format!("image/{extension}"),
        "jpg" | "jpeg" => "image/jpeg".to_owned(),
        _ => "image".to_owned(),
    })
}

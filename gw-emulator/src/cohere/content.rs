//! Reads the content of one message: a string or parts of text, image, document and thinking. It must
//! check that inline media is what it says it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::answer::Rejection;
use crate::fields::wrong_type;
use crate::tokens;

/// A message's content.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) images: Vec<String>,
    pub(super) tokens: u64,
}

/// Reads the `content` member; `None` when it is absent or null.
pub(super) fn read(message: &Value, at: &str) -> Result<Option<Content>, Rejection> {
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
    let text = |name: &str| {
        let text = part.get(name).and_then(Value::as_str);
        text.ok_or_else(|| Rejection::new(400, format!("invalid request: {at}.{name} is required")))
    };
    match part.get("type").and_then(Value::as_str) {
        Some("text") => add(text("text")?, content),
        Some("thinking") => content.tokens += tokens::count(text("thinking")?),
        Some("document") => {
            let document = part.get("document").unwrap_or(&Value::Null);
            match document.get("data") {
                Some(Value::String(data)) => add(data, content),
                Some(data) => add(&data.to_string(), content),
                None => {
                    return Err(Rejection::new(
                        400,
                        format!("invalid request: {at}.document.data is required"),
                    ));
                }
            }
        }
        Some("image_url") => {
            content.images.push(image_type(part, at)?);
            content.tokens += tokens::IMAGE_TOKENS;
        }
        _ => {
            let text = format!("invalid request: {at}.type must be text, image_url, document or thinking");
            return Err(Rejection::new(400, text));
        }
    }
    Ok(())
}

fn add(text: &str, content: &mut Content) {
    content.tokens += tokens::count(text);
    if !content.text.is_empty() {
        content.text.push('\n');
    }
    content.text.push_str(text);
}

fn image_type(part: &Value, at: &str) -> Result<String, Rejection> {
    let url = part.pointer("/image_url/url").and_then(Value::as_str).unwrap_or("");
    let wrong = || Rejection::new(400, format!("invalid request: {at}.image_url.url is no image"));
    if let Some(data) = url.strip_prefix("data:") {
        let (media_type, base64) = data.split_once(";base64,").ok_or_else(wrong)?;
        let is_image =
            media_type.starts_with("image/") && !base64.is_empty() && STANDARD.decode(base64).is_ok();
        return if is_image { Ok(media_type.to_owned()) } else { Err(wrong()) };
    }
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(wrong());
    }
    Ok(match url.rsplit('.').next().unwrap_or("") {
        extension @ ("png" | "gif" | "webp") => format!("image/{extension}"),
        "jpg" | "jpeg" => "image/jpeg".to_owned(),
        _ => "image".to_owned(),
    })
}

//! Reads one content block: text, media, tool use and result, reasoning, cache points. It must check that
//! media is what it says it is, not where a block stands.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::tools::constraint;
use crate::answer::Rejection;
use crate::tokens;

/// What a block is.
pub(super) enum Block {
    Text(String),
    /// An image by its media type.
    Image(String),
    /// A tool use by its id.
    Use(String),
    /// A tool's result: the id of the use, and the text.
    Result(String, String),
    /// Documents, reasoning, cache points and others.
    Other,
}

/// Reads a block with its tokens.
pub(super) fn read(block: &Value, at: &str) -> Result<(Block, u64), Rejection> {
    let members = block.as_object().filter(|members| members.len() == 1);
    let Some((kind, value)) = members.and_then(|members| members.iter().next()) else {
        let text = format!("The content block at {at} must set exactly one of its members.");
        return Err(Rejection::new(400, text));
    };
    match kind.as_str() {
        "text" => {
            let text = value.as_str().unwrap_or("");
            if text.trim().is_empty() {
                let text = format!(
                    "The text field in the ContentBlock object at {at} is blank. Add text to the text field, \
                     and try again."
                );
                return Err(Rejection::new(400, text));
            }
            Ok((Block::Text(text.to_owned()), tokens::count(text)))
        }
        "image" => Ok((Block::Image(image(value, at)?), tokens::IMAGE_TOKENS)),
        "toolUse" => {
            let id = id(value, at)?;
            let name = value.get("name").and_then(Value::as_str);
            let name = name.ok_or_else(|| Rejection::missing(format!("{at}.toolUse.name")))?;
            let input = value.get("input").filter(|input| input.is_object());
            let input = input.ok_or_else(|| {
                let text = format!(
                    "The format of the value at {at}.toolUse.input is invalid. Provide a json \
                                    object for the field and try again."
                );
                Rejection::new(400, text)
            })?;
            Ok((Block::Use(id), tokens::count(name) + tokens::count(&input.to_string())))
        }
        "toolResult" => {
            let (text, tokens) = result(value, at)?;
            Ok((Block::Result(id(value, at)?, text), tokens))
        }
        "document" | "video" | "audio" => Ok((Block::Other, tokens::IMAGE_TOKENS)),
        "cachePoint" => Ok((Block::Other, 0)),
        "reasoningContent" | "guardContent" | "citationsContent" | "searchResult" => {
            Ok((Block::Other, tokens::count(&value.to_string())))
        }
        other => {
            let text = format!("The content block at {at} has the unknown member '{other}'.");
            Err(Rejection::new(400, text))
        }
    }
}

fn id(value: &Value, at: &str) -> Result<String, Rejection> {
    let id = value.get("toolUseId").and_then(Value::as_str);
    let id = id.ok_or_else(|| Rejection::missing(format!("{at}.toolUseId")))?;
    let is_id = (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'));
    if is_id {
        Ok(id.to_owned())
    } else {
        Err(constraint(&format!("{at}.toolUseId"), id, "[a-zA-Z0-9_.:-]+"))
    }
}

fn image(image: &Value, at: &str) -> Result<String, Rejection> {
    let format = image.get("format").and_then(Value::as_str).unwrap_or("");
    if !matches!(format, "png" | "jpeg" | "gif" | "webp") {
        return Err(constraint(&format!("{at}.image.format"), format, "png|jpeg|gif|webp"));
    }
    let bytes = image.pointer("/source/bytes").and_then(Value::as_str);
    let is_there = image.pointer("/source/s3Location").is_some()
        || bytes.is_some_and(|bytes| !bytes.is_empty() && STANDARD.decode(bytes).is_ok());
    if is_there {
        return Ok(format!("image/{format}"));
    }
    let text = format!("The image at {at} has no source, or its bytes are not valid base64.");
    Err(Rejection::new(400, text))
}

/// A result's text and its tokens: texts as they are, other blocks as their JSON.
fn result(value: &Value, at: &str) -> Result<(String, u64), Rejection> {
    let content = value.get("content").and_then(Value::as_array);
    let content = content.ok_or_else(|| Rejection::missing(format!("{at}.toolResult.content")))?;
    let (mut texts, mut tokens) = (Vec::new(), 0);
    for block in content {
        let text = match (block.get("text"), block.get("json")) {
            (Some(Value::String(text)), _) => text.clone(),
            (_, Some(json)) => json.to_string(),
            _ => {
                tokens += tokens::IMAGE_TOKENS;
                continue;
            }
        };
        tokens += tokens::count(&text);
        texts.push(text);
    }
    Ok((texts.join("\n"), tokens))
}

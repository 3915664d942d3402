//! Parts to content blocks. Serves the request writer. It must not send what the format's providers refuse
//! for certain: unsigned thinking, files stored elsewhere, audio.

use super::arguments;
use super::base64;
use super::reasoning::is_foreign_file;
use crate::anthropic::ids;
use crate::outgoing::drop_once;
use gw_model::chat::{MediaSource, Part, PartKind};
use gw_model::refusal::{ErrorCode, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// JSON text, borrowed or made.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Input<'a> {
    /// As it came.
    Raw(&'a RawValue),
    /// Made here.
    Made(Box<RawValue>),
}

impl Input<'_> {
    /// Takes text that is valid JSON.
    pub(super) fn object(text: &str) -> Self {
        RawValue::from_string(text.to_owned()).map_or(Self::Raw(RawValue::NULL), Self::Made)
    }
}

/// A written block.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Block<'a> {
    /// One that is made of its fields.
    Made(BlockOut<'a>),
    /// One that the caller wrote in this format.
    Raw(&'a RawValue),
}

/// A block by its fields.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum BlockOut<'a> {
    /// Text.
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    /// An image.
    Image {
        source: SourceOut<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    /// A document.
    Document {
        source: SourceOut<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    /// A call.
    ToolUse {
        id: Cow<'a, str>,
        name: &'a str,
        input: Input<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    /// A call's result.
    ToolResult {
        tool_use_id: Cow<'a, str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    /// Signed thinking.
    Thinking { thinking: &'a str, signature: &'a str },
    /// Hidden thinking.
    RedactedThinking { data: &'a str },
}

/// Where media is.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum SourceOut<'a> {
    /// Inline.
    Base64 { media_type: &'a str, data: &'a str },
    /// Inline text.
    Text { media_type: &'static str, data: String },
    /// To be fetched.
    Url { url: &'a str },
    /// Stored at the provider.
    File { file_id: &'a str },
}

/// Writes parts; names of what is left out go to `dropped`.
pub(super) fn blocks<'a>(
    parts: impl Iterator<Item = &'a Part>,
    dropped: &mut Vec<String>,
) -> Result<Vec<Block<'a>>, Refusal> {
    let mut out = Vec::with_capacity(parts.size_hint().0);
    for part in parts {
        if let Some(block) = block(part, dropped)? {
            out.push(block);
        }
    }
    Ok(out)
}

fn block<'a>(part: &'a Part, dropped: &mut Vec<String>) -> Result<Option<Block<'a>>, Refusal> {
    let cache_control = part.cache_control.as_deref();
    let block = match &part.kind {
        PartKind::Text(text) | PartKind::Refusal(text) => {
            if text.is_empty() {
                return Ok(None);
            }
            BlockOut::Text { text, cache_control }
        }
        PartKind::Image { source: from, detail } => {
            if detail.as_deref().is_some_and(|detail| detail != "auto") {
                drop_once(dropped, "image_url.detail");
            }
            BlockOut::Image { source: source(from)?, cache_control }
        }
        PartKind::Document { source: from, title } => {
            BlockOut::Document { source: source(from)?, title: title.as_deref(), cache_control }
        }
        PartKind::ToolCall { id, name, arguments: text } => {
            let input = match arguments::object(text) {
                Cow::Borrowed(text) => {
                    serde_json::from_str(text).map_or_else(|_| Input::object(text), Input::Raw)
                }
                Cow::Owned(text) => Input::object(&text),
            };
            BlockOut::ToolUse { id: ids::encode(id), name, input, cache_control }
        }
        PartKind::ToolResult { id, parts, is_error } => BlockOut::ToolResult {
            tool_use_id: ids::encode(id),
            content: blocks(parts.iter(), dropped)?,
            is_error: *is_error,
            cache_control,
        },
        PartKind::Thinking { text, signature: Some(signature) } => {
            BlockOut::Thinking { thinking: text, signature }
        }
        PartKind::Thinking { signature: None, .. } => {
            drop_once(dropped, "reasoning_content");
            return Ok(None);
        }
        PartKind::RedactedThinking(data) => BlockOut::RedactedThinking { data },
        PartKind::Audio { .. } => {
            return Err(unsupported(
                "`input_audio` is not understood by the model chosen. Send a transcript, or choose a model that takes audio.",
            ));
        }
        PartKind::Opaque(raw) => return native(raw, dropped),
    };
    Ok(Some(Block::Made(block)))
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Cow<'a, str>,
}

/// A part that the caller's format does not have: sent as it is when it is a block of this format.
/// Unsigned thinking in dialects of other formats has no place.
fn native<'a>(raw: &'a RawValue, dropped: &mut Vec<String>) -> Result<Option<Block<'a>>, Refusal> {
    let kind = serde_json::from_str::<Typed<'_>>(raw.get()).map(|found| found.kind).unwrap_or_default();
    match kind.as_ref() {
        "image" | "document" | "search_result" | "container_upload" => return Ok(Some(Block::Raw(raw))),
        "thinking" | "reasoning" => {
            drop_once(dropped, "reasoning_content");
            return Ok(None);
        }
        _ => {}
    }
    let message = format!(
        "A content part of type `{kind}` cannot be expressed for the model chosen. \
         Use text, image_url or file parts."
    );
    Err(unsupported(message))
}

fn source(from: &MediaSource) -> Result<SourceOut<'_>, Refusal> {
    match from {
        MediaSource::Url(url) => match url.strip_prefix("data:") {
            None => Ok(SourceOut::Url { url }),
            Some(data_url) => {
                let (head, data) = data_url.split_once(',').unwrap_or_default();
                let media_type = head.strip_suffix(";base64").ok_or_else(|| {
                    unsupported("A data URL must be `data:<media type>;base64,<data>` for the model chosen.")
                })?;
                Ok(inline(media_type, data))
            }
        },
        MediaSource::Base64 { media_type, data } => Ok(inline(media_type, data)),
        MediaSource::File(_) if is_foreign_file(from) => Err(unsupported(
            "The file is stored at another provider, where the model chosen cannot read it. Send its content as a data URL.",
        )),
        MediaSource::File(file_id) => Ok(SourceOut::File { file_id }),
    }
}

fn inline<'a>(media_type: &'a str, data: &'a str) -> SourceOut<'a> {
    let kind = media_type.split(';').next().unwrap_or_default();
    if kind.starts_with("text/")
        && let Some(text) = base64::decode_text(data)
    {
        return SourceOut::Text { media_type: "text/plain", data: text };
    }
    // A common misspelling that the format's providers refuse.
    let media_type = if kind == "image/jpg" { "image/jpeg" } else { kind };
    SourceOut::Base64 { media_type, data }
}

fn unsupported(message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages")
}

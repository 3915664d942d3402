//! Parts to content blocks. Serves the request writer. It must not send what Bedrock refuses for certain:
//! media to be fetched, files stored elsewhere, unsigned reasoning.

use super::cache::{self, CachePointOut};
use super::documents::{self, Names};
use crate::anthropic::request::arguments;
use crate::bedrock_converse::family::Family;
use crate::bedrock_converse::{blob, ids};
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
    pub(super) fn made(text: String) -> Self {
        RawValue::from_string(text).map_or(Self::Raw(RawValue::NULL), Self::Made)
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
#[serde(rename_all = "camelCase")]
pub(super) enum BlockOut<'a> {
    /// Text.
    Text(&'a str),
    /// An image.
    Image(MediaOut<'a>),
    /// A document.
    Document(MediaOut<'a>),
    /// Sound.
    Audio(MediaOut<'a>),
    /// A call.
    ToolUse(ToolUseOut<'a>),
    /// A call's result.
    ToolResult(ToolResultOut<'a>),
    /// Reasoning.
    ReasoningContent(ReasoningOut<'a>),
    /// A mark of prompt caching.
    CachePoint(CachePointOut),
}

#[derive(Debug, Serialize)]
pub(super) struct MediaOut<'a> {
    format: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    source: SourceOut<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum SourceOut<'a> {
    Bytes(&'a str),
    S3Location { uri: &'a str },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolUseOut<'a> {
    tool_use_id: Cow<'a, str>,
    name: &'a str,
    input: Input<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolResultOut<'a> {
    tool_use_id: Cow<'a, str>,
    content: Vec<Block<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ReasoningOut<'a> {
    /// Signed.
    ReasoningText { text: &'a str, signature: &'a str },
    /// Hidden.
    RedactedContent(Cow<'a, str>),
}

/// Writes the parts of one request.
#[derive(Debug)]
pub(super) struct ContentWriter {
    /// Whose model it is.
    pub(super) family: Family,
    /// Names that documents have.
    pub(super) names: Names,
    /// What was left out.
    pub(super) dropped: Vec<String>,
}

impl ContentWriter {
    /// Writes the content of a turn.
    pub(super) fn blocks<'a>(
        &mut self,
        parts: impl Iterator<Item = &'a Part>,
    ) -> Result<Vec<Block<'a>>, Refusal> {
        let mut out = Vec::with_capacity(parts.size_hint().0);
        for part in parts {
            self.block(part, &mut out)?;
            // Marks within a tool's result have no place but behind it.
            let inner = match &part.kind {
                PartKind::ToolResult { parts, .. } => {
                    parts.iter().rev().find_map(|p| p.cache_control.as_ref())
                }
                _ => None,
            };
            if let Some(mark) = part.cache_control.as_ref().or(inner) {
                self.mark(mark, &mut out);
            }
        }
        Ok(out)
    }

    fn mark<'a>(&mut self, mark: &RawValue, out: &mut Vec<Block<'a>>) {
        if !self.family.may_cache() {
            drop_once(&mut self.dropped, "cache_control");
        } else if !out.is_empty() {
            out.push(Block::Made(BlockOut::CachePoint(cache::write(mark))));
        }
    }

    fn block<'a>(&mut self, part: &'a Part, out: &mut Vec<Block<'a>>) -> Result<(), Refusal> {
        let block = match &part.kind {
            PartKind::Text(text) | PartKind::Refusal(text) if text.is_empty() => return Ok(()),
            PartKind::Text(text) | PartKind::Refusal(text) => BlockOut::Text(text),
            PartKind::Image { source, detail } => {
                if detail.as_deref().is_some_and(|detail| detail != "auto") {
                    drop_once(&mut self.dropped, "image_url.detail");
                }
                BlockOut::Image(image(source)?)
            }
            PartKind::Document { source, title } => {
                BlockOut::Document(self.document(source, title.as_deref())?)
            }
            PartKind::Audio { data, format } => {
                BlockOut::Audio(MediaOut { format, name: None, source: SourceOut::Bytes(data) })
            }
            PartKind::ToolCall { id, name, arguments } => BlockOut::ToolUse(ToolUseOut {
                tool_use_id: ids::encode_short(id),
                name,
                input: input(arguments),
            }),
            PartKind::ToolResult { id, parts, is_error } => {
                BlockOut::ToolResult(self.tool_result(id, parts, *is_error)?)
            }
            PartKind::Thinking { text, signature: Some(signature) } if self.family.takes_reasoning_back() => {
                BlockOut::ReasoningContent(ReasoningOut::ReasoningText { text, signature })
            }
            PartKind::RedactedThinking(data) if self.family.takes_reasoning_back() => {
                BlockOut::ReasoningContent(ReasoningOut::RedactedContent(blob::write(data)))
            }
            PartKind::Thinking { .. } | PartKind::RedactedThinking(_) => {
                drop_once(&mut self.dropped, "reasoning_content");
                return Ok(());
            }
            PartKind::Opaque(raw) => {
                out.extend(self.native(raw)?.map(Block::Raw));
                return Ok(());
            }
        };
        out.push(Block::Made(block));
        Ok(())
    }

    fn tool_result<'a>(
        &mut self,
        id: &'a str,
        parts: &'a [Part],
        is_error: bool,
    ) -> Result<ToolResultOut<'a>, Refusal> {
        let mut content = Vec::with_capacity(parts.len());
        for part in parts {
            if matches!(part.kind, PartKind::ToolCall { .. } | PartKind::ToolResult { .. }) {
                return Err(unsupported(
                    "A tool's result holds text, images and documents, not calls or results.",
                ));
            }
            self.block(part, &mut content)?;
        }
        if is_error && !self.family.takes_status() {
            drop_once(&mut self.dropped, "messages.content.is_error");
        }
        let status = (is_error && self.family.takes_status()).then_some("error");
        Ok(ToolResultOut { tool_use_id: ids::encode_short(id), content, status })
    }

    fn document<'a>(&mut self, from: &'a MediaSource, title: Option<&str>) -> Result<MediaOut<'a>, Refusal> {
        let (media_type, source) = source(from)?;
        // What lies in S3 has no media type.
        let media_type = media_type.unwrap_or("");
        let by_name = match from {
            MediaSource::Url(url) if title.is_none() => Some(url.as_str()),
            _ => title,
        };
        let Some(format) = documents::document_format(media_type, by_name) else {
            return Err(unsupported(format!(
                "A document of type `{media_type}` cannot be read by the model chosen. \
                 Send PDF, text, HTML, Markdown, CSV, Word or Excel."
            )));
        };
        Ok(MediaOut { format, name: Some(self.names.name(title, format)), source })
    }

    /// A part that the caller's format does not have: sent as it is when it is a block of this format.
    fn native<'a>(&mut self, raw: &'a RawValue) -> Result<Option<&'a RawValue>, Refusal> {
        const OWN: &[&str] = &[
            "audio",
            "citationsContent",
            "document",
            "guardContent",
            "image",
            "searchResult",
            "toolResult",
            "toolUse",
            "video",
        ];
        let found: NativeIn<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        if found.members.keys().any(|name| OWN.contains(&name.as_ref())) {
            return Ok(Some(raw));
        }
        let kind = found.kind.unwrap_or_default();
        if matches!(kind.as_ref(), "thinking" | "reasoning") {
            drop_once(&mut self.dropped, "reasoning_content");
            return Ok(None);
        }
        Err(unsupported(format!(
            "A content part of type `{kind}` cannot be expressed for the model chosen. \
             Use text, image_url or file parts."
        )))
    }
}

#[derive(Default, Deserialize)]
struct NativeIn<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(flatten)]
    members: std::collections::BTreeMap<Cow<'a, str>, serde::de::IgnoredAny>,
}

fn input(text: &str) -> Input<'_> {
    match arguments::object(text) {
        Cow::Borrowed(text) => {
            serde_json::from_str(text).map_or_else(|_| Input::made(text.to_owned()), Input::Raw)
        }
        Cow::Owned(text) => Input::made(text),
    }
}

fn image(from: &MediaSource) -> Result<MediaOut<'_>, Refusal> {
    let (media_type, source) = source(from)?;
    let format = match (media_type, from) {
        (Some(media_type), _) => documents::image_format(media_type).ok_or_else(|| {
            unsupported(format!(
                "An image of type `{media_type}` cannot be read by the model chosen. Send PNG, JPEG, GIF or WebP."
            ))
        })?,
        (None, MediaSource::Url(url)) => image_format_of(url),
        (None, _) => "jpeg",
    };
    Ok(MediaOut { format, name: None, source })
}

/// By the ending of its name, which is all that is known of an object in S3.
fn image_format_of(url: &str) -> &'static str {
    let ending = url.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    documents::image_format(&format!("image/{ending}")).unwrap_or("jpeg")
}

/// Media type, when it is known, and source.
fn source(from: &MediaSource) -> Result<(Option<&str>, SourceOut<'_>), Refusal> {
    match from {
        MediaSource::Base64 { media_type, data } => Ok((Some(media_type), SourceOut::Bytes(data))),
        MediaSource::Url(uri) if uri.starts_with("s3://") => Ok((None, SourceOut::S3Location { uri })),
        MediaSource::Url(url) => {
            let inline = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
            inline.map(|(media_type, data)| (Some(media_type), SourceOut::Bytes(data))).ok_or_else(|| {
                unsupported(
                    "The model chosen fetches nothing by URL. Send the content as a data URL \
                     (`data:<media type>;base64,<data>`).",
                )
            })
        }
        MediaSource::File(_) => Err(unsupported(
            "The file is stored at another provider, where the model chosen cannot read it. \
             Send its content as a data URL.",
        )),
    }
}

fn unsupported(message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages")
}

//! Content blocks to parts. Serves the request reader. It must not drop a block: what the intermediate form
//! has no part for stays opaque.

use super::members::wrong;
use super::tools::own;
use crate::anthropic::ids;
use gw_model::chat::{MediaSource, Part, PartKind};
use gw_model::refusal::{ErrorCode, Refusal};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Content as the format has it: a text, or blocks.
pub(super) enum Content<'a> {
    /// A text.
    Text(String),
    /// Blocks, not yet read.
    Blocks(Vec<&'a RawValue>),
}

#[derive(Deserialize)]
struct BlockIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    text: Option<String>,
    #[serde(default, borrow)]
    source: Option<Source<'a>>,
    title: Option<String>,
    id: Option<String>,
    name: Option<String>,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
    tool_use_id: Option<String>,
    #[serde(default, borrow)]
    content: Option<&'a RawValue>,
    is_error: Option<bool>,
    thinking: Option<String>,
    signature: Option<String>,
    data: Option<String>,
    #[serde(default, borrow)]
    cache_control: Option<&'a RawValue>,
}

/// The `source` of a block: an object for media, a text for search results.
enum Source<'a> {
    Media(MediaIn<'a>),
    Text(String),
}

#[derive(Deserialize)]
struct MediaIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    media_type: Option<String>,
    data: Option<String>,
    url: Option<String>,
    file_id: Option<String>,
    #[serde(default, borrow)]
    content: Option<&'a RawValue>,
}

/// Appends the parts of `content`; `at` names the member in refusals.
pub(super) fn parts(at: &str, content: Content<'_>, out: &mut Vec<Part>) -> Result<(), Refusal> {
    match content {
        Content::Text(text) => out.push(Part::text(text)),
        Content::Blocks(blocks) => {
            out.reserve(blocks.len());
            for (index, raw) in blocks.into_iter().enumerate() {
                block(&format!("{at}[{index}]"), raw, out)?;
            }
        }
    }
    Ok(())
}

fn block(at: &str, raw: &RawValue, out: &mut Vec<Part>) -> Result<(), Refusal> {
    let found: BlockIn<'_> = serde_json::from_str(raw.get()).map_err(|error| wrong(at.to_owned(), &error))?;
    let cache_control = found.cache_control.map(own);
    let first = out.len();
    let kind = match found.kind.as_ref() {
        "text" => PartKind::Text(needed(at, "text", found.text)?),
        "image" => PartKind::Image { source: media(at, found.source)?, detail: None },
        "document" => {
            document(at, found.source, found.title, out)?;
            mark(out, first, cache_control);
            return Ok(());
        }
        "search_result" => {
            let source = match found.source {
                Some(Source::Text(text)) => text,
                _ => String::new(),
            };
            let text = flat(at, found.content)?;
            let title = found.title.unwrap_or_default();
            PartKind::Text(format!(
                "<search_result title=\"{title}\" source=\"{source}\">\n{text}\n</search_result>"
            ))
        }
        "tool_use" => PartKind::ToolCall {
            id: ids::decode(&needed(at, "id", found.id)?).into_owned(),
            name: needed(at, "name", found.name)?,
            arguments: found.input.map_or("{}", RawValue::get).to_owned(),
        },
        "tool_result" => {
            let mut result = Vec::new();
            if let Some(content) = nested(at, found.content)? {
                parts(&format!("{at}.content"), content, &mut result)?;
            }
            PartKind::ToolResult {
                id: ids::decode(&needed(at, "tool_use_id", found.tool_use_id)?).into_owned(),
                parts: result,
                is_error: found.is_error.unwrap_or(false),
            }
        }
        "thinking" => PartKind::Thinking {
            text: found.thinking.unwrap_or_default(),
            signature: found.signature.filter(|signature| !signature.is_empty()),
        },
        "redacted_thinking" => PartKind::RedactedThinking(needed(at, "data", found.data)?),
        _ => PartKind::Opaque(own(raw)),
    };
    out.push(Part { kind, cache_control });
    Ok(())
}

/// A document: text becomes a text part, since other formats take files of few kinds only.
fn document(
    at: &str,
    source: Option<Source<'_>>,
    title: Option<String>,
    out: &mut Vec<Part>,
) -> Result<(), Refusal> {
    match source {
        Some(Source::Media(MediaIn { kind, data, .. })) if kind == "text" => {
            let text = needed(at, "source.data", data)?;
            let title = title.map_or_else(String::new, |title| format!(" title=\"{title}\""));
            out.push(Part::text(format!("<document{title}>\n{text}\n</document>")));
            Ok(())
        }
        Some(Source::Media(MediaIn { kind, content, .. })) if kind == "content" => {
            let content = nested(at, content)?;
            content.map_or(Ok(()), |content| parts(&format!("{at}.source.content"), content, out))
        }
        source => {
            out.push(Part::new(PartKind::Document { source: media(at, source)?, title }));
            Ok(())
        }
    }
}

fn media(at: &str, source: Option<Source<'_>>) -> Result<MediaSource, Refusal> {
    let Some(Source::Media(media)) = source else { return Err(missing(at, "source")) };
    match media.kind.as_ref() {
        "base64" => Ok(MediaSource::Base64 {
            media_type: needed(at, "source.media_type", media.media_type)?,
            data: needed(at, "source.data", media.data)?,
        }),
        "url" => Ok(MediaSource::Url(needed(at, "source.url", media.url)?)),
        "file" => Ok(MediaSource::File(needed(at, "source.file_id", media.file_id)?)),
        _ => Err(missing(at, "source.type")),
    }
}

/// Puts the caching mark on the last part made from a block.
fn mark(out: &mut [Part], first: usize, cache_control: Option<gw_model::chat::Json>) {
    if let Some(last) = out.get_mut(first..).and_then(<[Part]>::last_mut) {
        last.cache_control = cache_control;
    }
}

fn nested<'a>(at: &str, raw: Option<&'a RawValue>) -> Result<Option<Content<'a>>, Refusal> {
    raw.map(|raw| serde_json::from_str(raw.get()).map_err(|error| wrong(format!("{at}.content"), &error)))
        .transpose()
}

/// The text of nested text blocks.
fn flat(at: &str, raw: Option<&RawValue>) -> Result<String, Refusal> {
    let mut read = Vec::new();
    if let Some(content) = nested(at, raw)? {
        parts(&format!("{at}.content"), content, &mut read)?;
    }
    let mut text = String::new();
    for part in &read {
        if let PartKind::Text(piece) = &part.kind {
            text.push_str(piece);
        }
    }
    Ok(text)
}

fn needed(at: &str, member: &str, value: Option<String>) -> Result<String, Refusal> {
    value.ok_or_else(|| missing(at, member))
}

fn missing(at: &str, member: &str) -> Refusal {
    let message = format!("`{at}.{member}` is missing or of a kind that the Messages API does not have.");
    Refusal::new(ErrorCode::InvalidRequest, message).param(at.to_owned())
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct ContentVisitor;
        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = Content<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of content blocks")
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut blocks = Vec::with_capacity(4);
                while let Some(raw) = seq.next_element::<&'de RawValue>()? {
                    blocks.push(raw);
                }
                Ok(Content::Blocks(blocks))
            }
        }
        from.deserialize_any(ContentVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Source<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct SourceVisitor;
        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = Source<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a `type`, or a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Source::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                MediaIn::deserialize(MapAccessDeserializer::new(map))
                    .map(Source::Media)
                    .map_err(A::Error::custom)
            }
        }
        from.deserialize_any(SourceVisitor)
    }
}

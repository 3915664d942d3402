//! Content blocks to parts. Serves the request reader. It must not drop a block: what the intermediate form
//! has no part for stays opaque.

use super::cache;
use super::documents;
use super::read::own;
use crate::anthropic::request::members::wrong;
use crate::bedrock_converse::{blob, ids};
use gw_model::chat::{MediaSource, Part, PartKind};
use gw_model::refusal::{ErrorCode, Refusal};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A block: one of these members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockIn<'a> {
    text: Option<String>,
    #[serde(default, borrow)]
    image: Option<MediaIn<'a>>,
    #[serde(default, borrow)]
    document: Option<MediaIn<'a>>,
    #[serde(default, borrow)]
    audio: Option<MediaIn<'a>>,
    #[serde(default, borrow)]
    tool_use: Option<ToolUseIn<'a>>,
    #[serde(default, borrow)]
    tool_result: Option<ToolResultIn<'a>>,
    #[serde(default, borrow)]
    guard_content: Option<&'a RawValue>,
    #[serde(default, borrow)]
    cache_point: Option<&'a RawValue>,
    reasoning_content: Option<ReasoningIn>,
    #[serde(default, borrow)]
    citations_content: Option<TextsIn<'a>>,
    #[serde(default, borrow)]
    search_result: Option<SearchIn<'a>>,
    /// In results of tools only.
    #[serde(default, borrow)]
    json: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct MediaIn<'a> {
    format: Option<String>,
    name: Option<String>,
    #[serde(default, borrow)]
    source: SourceIn<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceIn<'a> {
    bytes: Option<String>,
    s3_location: Option<S3In>,
    text: Option<String>,
    #[serde(default, borrow)]
    content: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3In {
    uri: String,
    bucket_owner: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolUseIn<'a> {
    tool_use_id: String,
    name: String,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
    #[serde(rename = "type", default, borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolResultIn<'a> {
    tool_use_id: String,
    #[serde(default, borrow)]
    content: Vec<&'a RawValue>,
    #[serde(default, borrow)]
    status: Cow<'a, str>,
    /// Names the provider's own tool whose result this is.
    #[serde(rename = "type", default, borrow)]
    kind: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReasoningIn {
    reasoning_text: Option<ReasoningTextIn>,
    redacted_content: Option<String>,
}

#[derive(Deserialize)]
struct ReasoningTextIn {
    #[serde(default)]
    text: String,
    signature: Option<String>,
}

/// Guarded content: a text, or an image.
#[derive(Deserialize)]
struct GuardIn<'a> {
    #[serde(default, borrow)]
    text: Option<GuardTextIn<'a>>,
    #[serde(default, borrow)]
    image: Option<MediaIn<'a>>,
}

#[derive(Deserialize)]
struct GuardTextIn<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct TextsIn<'a> {
    #[serde(default, borrow)]
    content: Vec<TextIn<'a>>,
}

#[derive(Deserialize)]
struct TextIn<'a> {
    #[serde(default, borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct SearchIn<'a> {
    #[serde(default, borrow)]
    source: Cow<'a, str>,
    #[serde(default, borrow)]
    title: Cow<'a, str>,
    #[serde(default, borrow)]
    content: Vec<TextIn<'a>>,
}

/// How deep blocks may lie within blocks: a document within a result, and its content.
const MAX_DEPTH: u32 = 3;

/// Appends the parts of `content`; `at` names the member in refusals.
pub(super) fn blocks(at: &str, content: &[&RawValue], out: &mut Vec<Part>) -> Result<(), Refusal> {
    nested_blocks(at, content, MAX_DEPTH, out)
}

fn nested_blocks(at: &str, content: &[&RawValue], depth: u32, out: &mut Vec<Part>) -> Result<(), Refusal> {
    let Some(depth) = depth.checked_sub(1) else {
        let message = "Content blocks lie deeper within each other than the Converse API allows.";
        return Err(Refusal::new(ErrorCode::InvalidRequest, message).param(at.to_owned()));
    };
    let first = out.len();
    for (index, raw) in content.iter().enumerate() {
        let at = format!("{at}[{index}]");
        let found: BlockIn<'_> =
            serde_json::from_str(raw.get()).map_err(|error| wrong(at.clone(), &error))?;
        if let Some(point) = found.cache_point {
            // A mark before everything marks nothing.
            if let Some(last) = out.get_mut(first..).and_then(<[Part]>::last_mut) {
                last.cache_control = cache::read(point);
            }
            continue;
        }
        block(&at, raw, found, depth, out)?;
    }
    Ok(())
}

fn block(
    at: &str,
    raw: &RawValue,
    found: BlockIn<'_>,
    depth: u32,
    out: &mut Vec<Part>,
) -> Result<(), Refusal> {
    let kind = if let Some(text) = found.text {
        PartKind::Text(text)
    } else if let Some(image) = found.image {
        image_part(at, raw, image)?
    } else if let Some(document) = found.document {
        return document_part(at, raw, document, depth, out);
    } else if let Some(audio) = found.audio {
        match (audio.source.bytes, audio.format) {
            (Some(data), Some(format)) => PartKind::Audio { data, format },
            _ => PartKind::Opaque(own(raw)),
        }
    } else if let Some(call) = found.tool_use {
        if call.kind == "server_tool_use" {
            PartKind::Opaque(own(raw))
        } else {
            PartKind::ToolCall {
                id: ids::decode(&call.tool_use_id).into_owned(),
                name: call.name,
                arguments: call.input.map_or("{}", RawValue::get).to_owned(),
            }
        }
    } else if let Some(result) = found.tool_result {
        tool_result(at, raw, result, depth)?
    } else if let Some(guarded) = found.guard_content {
        guard(at, raw, guarded)?
    } else if let Some(reasoning) = found.reasoning_content {
        match (reasoning.reasoning_text, reasoning.redacted_content) {
            (Some(ReasoningTextIn { text, signature }), _) => {
                PartKind::Thinking { text, signature: signature.filter(|signature| !signature.is_empty()) }
            }
            (None, Some(data)) => PartKind::RedactedThinking(blob::read(&data)),
            (None, None) => PartKind::Opaque(own(raw)),
        }
    } else if let Some(cited) = found.citations_content.filter(|cited| !cited.content.is_empty()) {
        PartKind::Text(joined(&cited.content))
    } else if let Some(SearchIn { source, title, content }) = found.search_result {
        let text = joined(&content);
        PartKind::Text(format!(
            "<search_result title=\"{title}\" source=\"{source}\">\n{text}\n</search_result>"
        ))
    } else if let Some(json) = found.json {
        PartKind::Text(json.get().to_owned())
    } else if raw.get().trim_start_matches(['{', ' ', '\n', '\r', '\t']) == "}" {
        return Err(missing(at, "text"));
    } else {
        PartKind::Opaque(own(raw))
    };
    out.push(Part::new(kind));
    Ok(())
}

fn joined(texts: &[TextIn<'_>]) -> String {
    texts.iter().map(|text| text.text.as_ref()).collect()
}

fn image_part(at: &str, raw: &RawValue, image: MediaIn<'_>) -> Result<PartKind, Refusal> {
    let media_type = |format: &str| format!("image/{format}");
    let source = source(image.source, || Some(media_type(image.format.as_deref()?)));
    match source {
        Source::Known(source) => Ok(PartKind::Image { source, detail: None }),
        Source::Own => Ok(PartKind::Opaque(own(raw))),
        Source::Missing => Err(missing(at, "image.source.bytes")),
    }
}

/// A document: text becomes a text part, since other formats take files of few kinds only.
fn document_part(
    at: &str,
    raw: &RawValue,
    mut document: MediaIn<'_>,
    depth: u32,
    out: &mut Vec<Part>,
) -> Result<(), Refusal> {
    let title = document.name;
    if let Some(text) = document.source.text.take() {
        let title = title.map_or_else(String::new, |title| format!(" title=\"{title}\""));
        out.push(Part::text(format!("<document{title}>\n{text}\n</document>")));
        return Ok(());
    }
    if let Some(content) = document.source.content.take() {
        return nested_blocks(&format!("{at}.document.source.content"), &content, depth, out);
    }
    let format = document.format.unwrap_or_else(|| "pdf".to_owned());
    let kind = match source(document.source, || Some(documents::media_type(&format).to_owned())) {
        Source::Known(source) => PartKind::Document { source, title },
        Source::Own => PartKind::Opaque(own(raw)),
        Source::Missing => return Err(missing(at, "document.source")),
    };
    out.push(Part::new(kind));
    Ok(())
}

enum Source {
    Known(MediaSource),
    /// One that only AWS can read.
    Own,
    Missing,
}

fn source(source: SourceIn<'_>, media_type: impl FnOnce() -> Option<String>) -> Source {
    match (source.bytes, source.s3_location) {
        (Some(data), _) => match media_type() {
            Some(media_type) => Source::Known(MediaSource::Base64 { media_type, data }),
            None => Source::Missing,
        },
        (None, Some(S3In { uri, bucket_owner: None })) => Source::Known(MediaSource::Url(uri)),
        (None, Some(_)) => Source::Own,
        (None, None) => Source::Missing,
    }
}

fn tool_result(at: &str, raw: &RawValue, result: ToolResultIn<'_>, depth: u32) -> Result<PartKind, Refusal> {
    if result.kind.is_some_and(|kind| kind != "tool_result") {
        return Ok(PartKind::Opaque(own(raw)));
    }
    let mut parts = Vec::with_capacity(result.content.len());
    nested_blocks(&format!("{at}.toolResult.content"), &result.content, depth, &mut parts)?;
    Ok(PartKind::ToolResult {
        id: ids::decode(&result.tool_use_id).into_owned(),
        parts,
        is_error: result.status == "error",
    })
}

/// What a guardrail is to look at is content like any other.
fn guard(at: &str, raw: &RawValue, guarded: &RawValue) -> Result<PartKind, Refusal> {
    let guarded: GuardIn<'_> =
        serde_json::from_str(guarded.get()).map_err(|error| wrong(format!("{at}.guardContent"), &error))?;
    match (guarded.text, guarded.image) {
        (Some(text), _) => Ok(PartKind::Text(text.text.into_owned())),
        (None, Some(image)) => image_part(at, raw, image),
        (None, None) => Err(missing(at, "guardContent.text")),
    }
}

fn missing(at: &str, member: &str) -> Refusal {
    let message = format!("`{at}.{member}` is missing.");
    Refusal::new(ErrorCode::InvalidRequest, message).param(at.to_owned())
}

//! The content of a message: text or blocks. Serves the request reader. It must not drop a block of a user:
//! what the intermediate form has no part for stays opaque.

use crate::json::{Kind, Object, Value};
use gw_model::chat::{Json, MediaSource, Part, PartKind};
use gw_model::{ErrorCode, Refusal};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// Appends the parts of `content` to `out`. `at` is its path, for refusals.
pub(super) fn read(content: &Value<'_>, at: &str, out: &mut Vec<Part>) -> Result<(), Refusal> {
    match content.kind {
        Kind::Null => Ok(()),
        Kind::String => {
            out.extend(content.as_str().map(Part::text));
            Ok(())
        }
        Kind::Array => {
            for (index, element) in content.elements().enumerate() {
                out.push(Part::new(part(&element, &format!("{at}[{index}]"))?));
            }
            Ok(())
        }
        kind => {
            Err(wrong(at, &format!("must be a string or an array of blocks, not {}", kind.with_article())))
        }
    }
}

fn part(value: &Value<'_>, at: &str) -> Result<PartKind, Refusal> {
    if let Some(text) = value.as_str() {
        return Ok(PartKind::Text(text.into_owned()));
    }
    let block = object(value, at)?;
    let kind = block.get("type").and_then(|v| v.as_str()).unwrap_or_default();
    match kind.as_ref() {
        "text" => Ok(PartKind::Text(string(&block, "text", at)?)),
        "thinking" => Ok(PartKind::Thinking { text: string(&block, "thinking", at)?, signature: None }),
        "image_url" => image(&block, at),
        "document" => document(&block, at),
        "" => Err(wrong(at, "has no `type`")),
        _ => Ok(PartKind::Opaque(json(value).ok_or_else(|| wrong(at, "is not JSON"))?)),
    }
}

fn image(block: &Object<'_>, at: &str) -> Result<PartKind, Refusal> {
    let value = block.get("image_url").ok_or_else(|| wrong(at, "lacks `image_url`"))?;
    if let Some(url) = value.as_str() {
        return Ok(PartKind::Image { source: source(url), detail: None });
    }
    let image = object(&value, &format!("{at}.image_url"))?;
    let url = image.get("url").and_then(|v| v.as_str());
    let url = url.ok_or_else(|| wrong(&format!("{at}.image_url"), "needs `url`, a string"))?;
    let detail = image.get("detail").and_then(|v| v.as_str()).map(Cow::into_owned);
    Ok(PartKind::Image { source: source(url), detail })
}

/// A document that a tool gave: its data, which the model reads as JSON anyway. Its id serves citations only.
fn document(block: &Object<'_>, at: &str) -> Result<PartKind, Refusal> {
    let document = block.get("document").ok_or_else(|| wrong(at, "lacks `document`"))?;
    let data = match document.kind {
        Kind::Object => object(&document, &format!("{at}.document"))?.get("data").unwrap_or(document),
        _ => document,
    };
    Ok(PartKind::Text(data.as_str().map_or_else(|| data.raw().to_owned(), Cow::into_owned)))
}

/// A URL, or the data in a `data:` URL.
fn source(url: Cow<'_, str>) -> MediaSource {
    match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((media_type, data)) => {
            // Parameters of the media type (`;charset=...`) mean nothing to other formats.
            let media_type = media_type.split(';').next().unwrap_or_default().to_owned();
            MediaSource::Base64 { media_type, data: data.to_owned() }
        }
        None => MediaSource::Url(url.into_owned()),
    }
}

/// A value kept as text. Text that our scanner took is JSON to `serde_json` too.
pub(super) fn json(value: &Value<'_>) -> Option<Json> {
    RawValue::from_string(value.raw().to_owned()).ok().map(Arc::from)
}

/// The value as an object.
pub(super) fn object<'a>(value: &Value<'a>, at: &str) -> Result<Object<'a>, Refusal> {
    if value.kind != Kind::Object {
        return Err(wrong(at, &format!("must be an object, not {}", value.kind.with_article())));
    }
    value.object().map_err(|e| crate::facts::json_refusal(&e).param(at.to_owned()))
}

/// A member that must be a string.
pub(super) fn string(holder: &Object<'_>, name: &str, at: &str) -> Result<String, Refusal> {
    let value = holder.get(name).and_then(|v| v.as_str());
    value.map(Cow::into_owned).ok_or_else(|| wrong(at, &format!("needs `{name}`, a string")))
}

/// An `invalid_request` for what stands at `at`.
pub(super) fn wrong(at: &str, what: &str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, format!("`{at}` {what}.")).param(at.to_owned())
}

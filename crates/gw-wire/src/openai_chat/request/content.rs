//! The content of a message: text or parts. Serves the request reader. It must not drop a part: what the
//! intermediate form has no part for stays opaque.

use super::params::json;
use crate::json::{Kind, Object, Value};
use gw_model::chat::{MediaSource, Part, PartKind};
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

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
                if let Some(text) = element.as_str() {
                    out.push(Part::text(text));
                    continue;
                }
                out.push(part(&element, &format!("{at}[{index}]"))?);
            }
            Ok(())
        }
        kind => {
            Err(wrong(at, &format!("must be a string or an array of parts, not {}", kind.with_article())))
        }
    }
}

fn part(value: &Value<'_>, at: &str) -> Result<Part, Refusal> {
    let object = object(value, at)?;
    let kind = object.get("type").and_then(|v| v.as_str()).unwrap_or_default();
    let part = match kind.as_ref() {
        "text" | "input_text" | "output_text" => PartKind::Text(string(&object, "text", at)?),
        "refusal" => PartKind::Refusal(string(&object, "refusal", at)?),
        "image_url" => image(&object, at)?,
        "input_audio" => {
            let audio = nested(&object, "input_audio", at)?;
            PartKind::Audio { data: string(&audio, "data", at)?, format: string(&audio, "format", at)? }
        }
        "file" => file(&nested(&object, "file", at)?, at)?,
        "" => return Err(wrong(at, "has no `type`")),
        _ => PartKind::Opaque(json(value).ok_or_else(|| wrong(at, "is not JSON"))?),
    };
    Ok(Part { kind: part, cache_control: cache_control(&object) })
}

/// The caching mark that some clients put on parts, messages and tools.
pub(super) fn cache_control(object: &Object<'_>) -> Option<gw_model::chat::Json> {
    object.get("cache_control").filter(|v| v.kind == Kind::Object).and_then(|v| json(&v))
}

fn image(object: &Object<'_>, at: &str) -> Result<PartKind, Refusal> {
    let value = object.get("image_url").ok_or_else(|| wrong(at, "lacks `image_url`"))?;
    let (url, detail) = match value.as_str() {
        Some(url) => (url.into_owned(), None),
        None => {
            let image = nested(object, "image_url", at)?;
            let detail = image.get("detail").and_then(|d| d.as_str()).map(Cow::into_owned);
            (string(&image, "url", at)?, detail)
        }
    };
    Ok(PartKind::Image { source: source(url), detail })
}

fn file(file: &Object<'_>, at: &str) -> Result<PartKind, Refusal> {
    let text = |name: &str| file.get(name).and_then(|v| v.as_str()).map(Cow::into_owned);
    let title = text("filename");
    let source = match (text("file_data"), text("file_id")) {
        (Some(data), _) => match source(data) {
            // Bare base64, without the head of a data URL.
            MediaSource::Url(data) if !data.contains("://") => {
                MediaSource::Base64 { media_type: "application/pdf".to_owned(), data }
            }
            source => source,
        },
        (None, Some(id)) => MediaSource::File(id),
        (None, None) => return Err(wrong(at, "lacks `file_data` and `file_id`")),
    };
    Ok(PartKind::Document { source, title })
}

/// A URL, or the data in a `data:` URL.
pub(crate) fn source(url: String) -> MediaSource {
    let split = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match split {
        Some((media_type, data)) => {
            // Parameters of the media type (`;charset=...`) mean nothing to other formats.
            let media_type = media_type.split(';').next().unwrap_or_default().to_owned();
            MediaSource::Base64 { media_type, data: data.to_owned() }
        }
        None => MediaSource::Url(url),
    }
}

/// The value as an object.
pub(crate) fn object<'a>(value: &Value<'a>, at: &str) -> Result<Object<'a>, Refusal> {
    if value.kind != Kind::Object {
        return Err(wrong(at, &format!("must be an object, not {}", value.kind.with_article())));
    }
    value.object().map_err(|e| crate::facts::json_refusal(&e).param(at.to_owned()))
}

/// A member that must be an object.
pub(crate) fn nested<'a>(holder: &Object<'a>, name: &str, at: &str) -> Result<Object<'a>, Refusal> {
    let value = holder.get(name).ok_or_else(|| wrong(at, &format!("lacks `{name}`")))?;
    object(&value, &format!("{at}.{name}"))
}

/// A member that must be a string.
pub(crate) fn string(holder: &Object<'_>, name: &str, at: &str) -> Result<String, Refusal> {
    let value = holder.get(name).and_then(|v| v.as_str());
    value.map(Cow::into_owned).ok_or_else(|| wrong(at, &format!("needs `{name}`, a string")))
}

/// An `invalid_request` for what stands at `at`.
pub(crate) fn wrong(at: &str, what: &str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, format!("`{at}` {what}.")).param(at.to_owned())
}

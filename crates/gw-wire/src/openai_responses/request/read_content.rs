//! The content of messages and of tools' results: text or parts. Serves the request reader. It must not drop a
//! part: what the intermediate form has no part for stays opaque.

use crate::json::{Kind, Object, Value};
use crate::openai_chat::request::{json, nested, object, source, string, wrong};
use gw_model::Refusal;
use gw_model::chat::{Json, MediaSource, Part, PartKind};
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
    let kind = object.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
    let part = match kind.as_ref() {
        "input_text" | "output_text" | "text" | "summary_text" => {
            PartKind::Text(string(&object, "text", at)?)
        }
        "refusal" => PartKind::Refusal(string(&object, "refusal", at)?),
        "input_image" => image(&object, at)?,
        "input_file" => file(&object, at)?,
        "input_audio" => {
            let audio = nested(&object, "input_audio", at)?;
            PartKind::Audio { data: string(&audio, "data", at)?, format: string(&audio, "format", at)? }
        }
        "" => return Err(wrong(at, "has no `type`")),
        _ => PartKind::Opaque(json(value).ok_or_else(|| wrong(at, "is not JSON"))?),
    };
    Ok(Part { kind: part, cache_control: mark(&object) })
}

/// The format's own caching mark says just that there is one.
fn mark(object: &Object<'_>) -> Option<Json> {
    object.get("prompt_cache_breakpoint").filter(|mark| mark.kind == Kind::Object)?;
    RawValue::from_string(r#"{"type":"ephemeral"}"#.to_owned()).ok().map(Arc::from)
}

fn text(object: &Object<'_>, name: &str) -> Option<String> {
    object.get(name).and_then(|value| value.as_str()).map(Cow::into_owned)
}

fn image(object: &Object<'_>, at: &str) -> Result<PartKind, Refusal> {
    let source = match (text(object, "image_url"), text(object, "file_id")) {
        (Some(url), _) => source(url),
        (None, Some(id)) => MediaSource::File(id),
        (None, None) => return Err(wrong(at, "lacks `image_url`, a string, and `file_id`")),
    };
    Ok(PartKind::Image { source, detail: text(object, "detail") })
}

fn file(object: &Object<'_>, at: &str) -> Result<PartKind, Refusal> {
    let source = match (text(object, "file_data"), text(object, "file_url"), text(object, "file_id")) {
        (Some(data), _, _) => match source(data) {
            // Bare base64, without the head of a data URL.
            MediaSource::Url(data) => MediaSource::Base64 { media_type: "application/pdf".to_owned(), data },
            source => source,
        },
        (None, Some(url), _) => source(url),
        (None, None, Some(id)) => MediaSource::File(id),
        (None, None, None) => return Err(wrong(at, "lacks `file_data`, `file_url` and `file_id`")),
    };
    Ok(PartKind::Document { source, title: text(object, "filename") })
}

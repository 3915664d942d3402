//! Parts of content, written. Serves the request writer. It must not send files that another provider stores.

use super::write::Out;
use crate::openai_responses::request::write_items::kind_of;
use gw_model::chat::{MediaSource, Part, PartKind};
use gw_model::{ErrorCode, Refusal};

/// Writes the parts of a user's message, or of a tool's result, as an array.
pub(super) fn write<'a>(parts: impl IntoIterator<Item = &'a Part>, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.w.begin_array();
    for part in parts {
        write_part(part, out)?;
    }
    out.w.end_array();
    Ok(())
}

fn write_part(part: &Part, out: &mut Out<'_>) -> Result<(), Refusal> {
    if let PartKind::Opaque(raw) = &part.kind {
        out.w.raw(raw.get());
        return Ok(());
    }
    out.w.begin_object();
    match &part.kind {
        PartKind::Text(text) | PartKind::Refusal(text) => {
            out.w.string_member("type", "input_text");
            out.w.string_member("text", text);
        }
        PartKind::Image { source, detail } => {
            out.w.string_member("type", "input_image");
            match source {
                MediaSource::Url(url) => out.w.string_member("image_url", url),
                MediaSource::Base64 { media_type, data } => {
                    out.w.string_member("image_url", &data_url(media_type, data));
                }
                MediaSource::File(id) => out.w.string_member("file_id", stored(id, &part.kind)?),
            }
            if let Some(detail) = detail {
                out.w.string_member("detail", detail);
            }
        }
        PartKind::Document { source, title } => {
            out.w.string_member("type", "input_file");
            match source {
                MediaSource::Url(url) => out.w.string_member("file_url", url),
                MediaSource::Base64 { media_type, data } => {
                    out.w.string_member("filename", title.as_deref().unwrap_or("document.pdf"));
                    out.w.string_member("file_data", &data_url(media_type, data));
                }
                MediaSource::File(id) => out.w.string_member("file_id", stored(id, &part.kind)?),
            }
        }
        PartKind::Audio { data, format } => {
            out.w.string_member("type", "input_audio");
            out.w.key("input_audio");
            out.w.begin_object();
            out.w.string_member("data", data);
            out.w.string_member("format", format);
            out.w.end_object();
        }
        other => return Err(unsupported(other)),
    }
    if part.cache_control.is_some() {
        mark(out);
    }
    out.w.end_object();
    Ok(())
}

/// Writes a caching mark, where it has a place.
fn mark(out: &mut Out<'_>) {
    if out.keeps_marks {
        out.w.raw_member("prompt_cache_breakpoint", r#"{"mode":"explicit"}"#);
    } else {
        out.drop("cache_control");
    }
}

fn data_url(media_type: &str, data: &str) -> String {
    let mut url = String::with_capacity(media_type.len() + data.len() + 13);
    url.push_str("data:");
    url.push_str(media_type);
    url.push_str(";base64,");
    url.push_str(data);
    url
}

/// Ids of another provider's files begin otherwise.
fn stored<'a>(id: &'a str, kind: &PartKind) -> Result<&'a str, Refusal> {
    if id.starts_with("file_") { Err(unsupported(kind)) } else { Ok(id) }
}

/// The refusal for a part that stands where it cannot.
pub(super) fn unsupported(kind: &PartKind) -> Refusal {
    let what = match kind {
        PartKind::Image { .. } => "An image that is stored at another provider, or outside of a user's turn,",
        PartKind::Document { .. } => "A document stored at another provider, or outside of a user's turn,",
        PartKind::Audio { .. } => "Audio in this place",
        PartKind::ToolCall { .. } => "A tool call outside of an assistant's turn",
        PartKind::ToolResult { .. } => "A tool's result outside of a user's turn",
        PartKind::Thinking { .. } | PartKind::RedactedThinking(_) => {
            "Reasoning outside of an assistant's turn"
        }
        PartKind::Text(_) | PartKind::Refusal(_) => "Text in this place",
        PartKind::Opaque(raw) => {
            let message = format!(
                "A content block of type `{}` cannot be sent to this model's target. Send text, images or files, or \
                 choose a model of the block's own provider.",
                kind_of(raw)
            );
            return Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages");
        }
    };
    let message =
        format!("{what} cannot be sent to this model's target. Send text, or choose another model.");
    Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages")
}

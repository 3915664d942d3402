//! Media, read and written: inline blobs and files by address. Serves the request reader and writer. It must
//! not fetch anything, and must not pass on the address of a file that another provider stores.

use super::fields::wrong;
use crate::gemini::names::text;
use crate::json::{Object, Writer};
use gw_model::chat::{MediaSource, PartKind};
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

/// Where the API's own stored files are.
const OWN_FILES: [&str; 3] = ["https://generativelanguage.googleapis.com/", "gs://", "files/"];

/// Inline media as a part. `None` for kinds that only this format has.
pub(super) fn inline(blob: &Object<'_>, at: &str) -> Result<Option<PartKind>, Refusal> {
    let Some(media_type) = text(blob, "mimeType") else {
        return Err(wrong(at.to_owned(), "needs `inlineData.mimeType`, a string"));
    };
    let Some(data) = text(blob, "data").map(standard_alphabet) else {
        return Err(wrong(at.to_owned(), "needs `inlineData.data`, a string"));
    };
    let (family, kind) = media_type.split_once('/').unwrap_or((media_type.as_str(), ""));
    Ok(match family {
        "image" => Some(PartKind::Image { source: MediaSource::Base64 { media_type, data }, detail: None }),
        "audio" => Some(PartKind::Audio { data, format: audio_format(kind).to_owned() }),
        "application" | "text" => Some(PartKind::Document {
            source: MediaSource::Base64 { media_type, data },
            title: text(blob, "displayName"),
        }),
        _ => None,
    })
}

/// Media by address as a part. `None` for kinds that only this format has.
pub(super) fn file(file: &Object<'_>, at: &str) -> Result<Option<PartKind>, Refusal> {
    let Some(uri) = text(file, "fileUri") else {
        return Err(wrong(at.to_owned(), "needs `fileData.fileUri`, a string"));
    };
    let media_type = text(file, "mimeType").unwrap_or_default();
    let is_stored = OWN_FILES.iter().any(|own| uri.starts_with(own));
    let source = if is_stored { MediaSource::File(uri) } else { MediaSource::Url(uri) };
    Ok(match media_type.split('/').next() {
        Some("image") => Some(PartKind::Image { source, detail: None }),
        Some("application" | "text") => Some(PartKind::Document { source, title: text(file, "displayName") }),
        _ => None,
    })
}

/// Clients send either alphabet of base64; other formats take the standard one.
fn standard_alphabet(data: String) -> String {
    if memchr::memchr2(b'-', b'_', data.as_bytes()).is_none() {
        return data;
    }
    data.replace('-', "+").replace('_', "/")
}

fn audio_format(kind: &str) -> &str {
    match kind.split(';').next().unwrap_or_default() {
        "mpeg" | "mp3" | "mpga" => "mp3",
        "wav" | "x-wav" | "wave" | "vnd.wave" => "wav",
        other => other,
    }
}

/// Writes media as the members of a part (`inlineData` or `fileData`), inside an open object.
pub(super) fn write(kind: &PartKind, w: &mut Writer) -> Result<(), Refusal> {
    match kind {
        PartKind::Audio { data, format } => {
            let media_type = format!("audio/{format}");
            write_inline(&media_type, data, w);
            Ok(())
        }
        PartKind::Image { source, .. } => write_source(source, "image/jpeg", w),
        PartKind::Document { source, .. } => write_source(source, "application/pdf", w),
        _ => Err(unsupported("A content part of this kind")),
    }
}

fn write_source(source: &MediaSource, default_type: &str, w: &mut Writer) -> Result<(), Refusal> {
    match source {
        MediaSource::Base64 { media_type, data } => {
            write_inline(media_type, data, w);
            Ok(())
        }
        MediaSource::Url(url) => match url.strip_prefix("data:") {
            Some(data_url) => {
                let (head, data) = data_url.split_once(',').unwrap_or_default();
                let media_type = head
                    .strip_suffix(";base64")
                    .ok_or_else(|| unsupported("A data URL other than `data:<media type>;base64,<data>`"))?;
                write_inline(media_type, data, w);
                Ok(())
            }
            None => {
                write_file(url, default_type, w);
                Ok(())
            }
        },
        MediaSource::File(uri) if OWN_FILES.iter().any(|own| uri.starts_with(own)) => {
            write_file(uri, default_type, w);
            Ok(())
        }
        MediaSource::File(_) => Err(unsupported("A file that is stored at another provider")),
    }
}

fn write_inline(media_type: &str, data: &str, w: &mut Writer) {
    // Parameters are refused, and a common misspelling is no registered type.
    let media_type = match media_type.split(';').next().unwrap_or_default() {
        "image/jpg" => "image/jpeg",
        media_type => media_type,
    };
    w.key("inlineData");
    w.begin_object();
    w.string_member("mimeType", media_type);
    w.string_member("data", data);
    w.end_object();
}

fn write_file(uri: &str, default_type: &str, w: &mut Writer) {
    w.key("fileData");
    w.begin_object();
    w.string_member("mimeType", by_extension(uri).unwrap_or(default_type));
    w.string_member("fileUri", uri);
    w.end_object();
}

/// The type that an address tells by its end; the API demands one.
fn by_extension(uri: &str) -> Option<&'static str> {
    let path = uri.split(['?', '#']).next()?;
    let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "md" => "text/markdown",
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        "json" => "application/json",
        _ => return None,
    })
}

/// A 400 for content that the format cannot express.
pub(super) fn unsupported(what: impl Into<Cow<'static, str>>) -> Refusal {
    let what = what.into();
    let message = format!(
        "{what} cannot be sent to the model chosen. Send text or inline data, or choose another model."
    );
    Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages")
}

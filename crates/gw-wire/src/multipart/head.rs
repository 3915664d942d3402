//! The head of a part: which field it is. Serves [`super::Form`]. It must refuse what two readers could read in
//! two ways.

use super::{FormError, MAX_HEAD_BYTES, Part, fault};
use gw_model::Span;
use memchr::memmem;

/// Reads the part that stands from `start` to `end`.
pub(super) fn part(body: &[u8], start: usize, end: usize) -> Result<Part<'_>, FormError> {
    let bytes = body.get(start..end).unwrap_or_default();
    let room = bytes.len().min(MAX_HEAD_BYTES + 4);
    let Some(length) = memmem::find(bytes.get(..room).unwrap_or_default(), b"\r\n\r\n") else {
        return Err(fault("a part has no head, or a very long one", start));
    };
    let head = bytes.get(..length).unwrap_or_default();
    let Ok(head) = std::str::from_utf8(head) else {
        return Err(fault("the head of a part is not UTF-8", start));
    };
    let (mut disposition, mut content_type) = (None, None);
    for line in head.split("\r\n") {
        // A blank in front would make it the rest of the line before.
        let named = line.split_once(':').filter(|(name, _)| !name.is_empty() && !name.contains([' ', '\t']));
        let Some((name, value)) = named.filter(|_| !line.contains(['\r', '\n', '\0'])) else {
            return Err(fault("a line in the head of a part is no header", start));
        };
        let value = value.trim();
        let slot = match name {
            name if name.eq_ignore_ascii_case("content-disposition") => &mut disposition,
            name if name.eq_ignore_ascii_case("content-type") => &mut content_type,
            name if name.eq_ignore_ascii_case("content-transfer-encoding") => {
                if !["binary", "8bit", "7bit"].iter().any(|plain| value.eq_ignore_ascii_case(plain)) {
                    return Err(fault("a part is encoded, which forms do not know", start));
                }
                continue;
            }
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return Err(fault("a header stands twice in the head of a part", start));
        }
    }
    let read = disposition.and_then(names);
    let Some((name, filename)) = read else {
        return Err(fault(
            "a part has no `Content-Disposition: form-data; name=\"...\"` that can be read",
            start,
        ));
    };
    let value = Span { start: start + length + 4, end };
    Ok(Part { name, filename, content_type, value })
}

/// `name` and `filename` of a disposition. `None` when it is none of a form's, or can be read in two ways.
fn names(disposition: &str) -> Option<(&str, Option<&str>)> {
    let (kind, mut rest) = disposition.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let (mut name, mut filename) = (None, None);
    loop {
        let (key, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        let key = key.trim();
        let slot = if key.eq_ignore_ascii_case("name") {
            Some(&mut name)
        } else if key.eq_ignore_ascii_case("filename") {
            Some(&mut filename)
        } else {
            // Another spelling of the name would be another field to some.
            if key.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("name*")) {
                return None;
            }
            None
        };
        if slot.is_some_and(|slot| slot.replace(value).is_some()) {
            return None;
        }
        let after = after.trim_start();
        if after.is_empty() {
            break;
        }
        rest = after.strip_prefix(';')?;
        if rest.trim().is_empty() {
            break;
        }
    }
    let name = name.filter(|name| !name.is_empty() && !name.contains(['\\', '%']))?;
    Some((name, filename))
}

/// A parameter's value, and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        let value = value.trim_end();
        return (!value.contains(['"', ' ', '\t', '='])).then_some((value, rest));
    };
    let (value, rest) = quoted.split_once('"')?;
    // Whether that quote was the end, readers do not agree.
    (!value.ends_with('\\')).then_some((value, rest))
}

//! Is a text JSON at all? Serves what goes on unread and must not be damaged. It must not judge more than syntax: names
//! that stand twice, unknown members and values of any kind are fine.

use super::cursor::{Cursor, DEPTH_CEILING};
use super::error::{JsonError, JsonErrorKind};

/// Whether `text` is one JSON value and nothing else. What is nested too deep to be gone through passes.
#[must_use]
pub fn is_json(text: &[u8]) -> bool {
    let is_deep = |error: JsonError| matches!(error.kind, JsonErrorKind::TooDeep(_));
    let mut cursor = Cursor::new(text, 0, DEPTH_CEILING);
    let read = cursor.skip_value().and_then(|_| cursor.end());
    std::str::from_utf8(text).is_ok() && read.map_or_else(is_deep, |()| true)
}

//! Tokens of what the model wrote in a frame. Serves the meter. It must not count ids, signatures and names that
//! the format brings along.

use super::CALL_TOKENS;
use crate::estimate::json_string_tokens;
use crate::json::Kind;
use crate::json::cursor::{Cursor, DEPTH_CEILING};

/// Objects within a delta that hold what the model wrote lie at most this deep.
const MAX_LEVELS: usize = 4;

/// Strings of a delta that the model did not write.
const NOT_WRITTEN: &[&[u8]] = &[
    b"role",
    b"type",
    b"id",
    b"signature",
    b"redactedContent",
    b"toolUseId",
    b"stop_reason",
    b"finish_reason",
    b"error",
];
/// Objects of a delta that hold what the model wrote (Converse, Cohere).
const WITHIN: &[&[u8]] =
    &[b"message", b"content", b"tool_calls", b"function", b"toolUse", b"reasoningContent"];

/// Tokens of the strings of a delta that the model wrote.
pub(super) fn count_delta(data: &[u8], cursor: &mut Cursor<'_>) -> Option<u64> {
    count_object(data, cursor, MAX_LEVELS)
}

fn count_object(data: &[u8], cursor: &mut Cursor<'_>, levels: usize) -> Option<u64> {
    let mut tokens = 0u64;
    cursor.enter().ok()?;
    let mut more = cursor.first_member().ok()?;
    while more {
        let (name, _) = cursor.key().ok()?;
        let name = data.get(name.start + 1..name.end - 1)?;
        match cursor.peek().ok()? {
            Kind::String if !NOT_WRITTEN.contains(&name) => {
                tokens = tokens.saturating_add(count_string(data, cursor)?);
            }
            Kind::Array if matches!(name, b"tool_calls" | b"content") => {
                let (_, span) = cursor.skip_value().ok()?;
                tokens = tokens.saturating_add(count_parts(data.get(span.start..span.end)?));
            }
            Kind::Object if levels > 0 && WITHIN.contains(&name) => {
                tokens = tokens.saturating_add(count_object(data, cursor, levels - 1)?);
            }
            _ => {
                cursor.skip_value().ok()?;
            }
        }
        more = cursor.next_member().ok()?;
    }
    Some(tokens)
}

/// Tokens of what the model wrote in `tool_calls` or in parts of content.
fn count_parts(parts: &[u8]) -> u64 {
    let mut tokens = 0u64;
    for (name, overhead) in [(&b"\"arguments\""[..], 0), (b"\"name\"", CALL_TOKENS), (b"\"text\"", 0)] {
        for at in memchr::memmem::find_iter(parts, name) {
            let mut cursor = Cursor::new(parts, at, DEPTH_CEILING);
            if cursor.key().is_ok() && cursor.peek() == Ok(Kind::String) {
                let text = count_string(parts, &mut cursor).unwrap_or(0);
                tokens = tokens.saturating_add(text).saturating_add(overhead);
            }
        }
    }
    tokens
}

pub(super) fn count_string(data: &[u8], cursor: &mut Cursor<'_>) -> Option<u64> {
    let (span, _) = cursor.string().ok()?;
    Some(json_string_tokens(data.get(span.start + 1..span.end - 1)?))
}

//! Where a token ends that starts at a place of a JSON text. Serves the cursor. What is well formed and common is told
//! inline, everything else out of line: these are the innermost calls of every scan. It must not know what stands
//! around a token.

use super::cursor::Kind;
use super::error::{JsonError, JsonErrorKind};
use super::plain::plain_length;

/// The place behind the string, number or literal that starts at `at`, as its first byte says which.
#[inline(always)]
pub(super) fn scalar(bytes: &[u8], at: usize, kind: Kind) -> Result<usize, JsonError> {
    match kind {
        Kind::String => string(bytes, at).map(|(end, _)| end),
        Kind::Number => number(bytes, at),
        Kind::Bool if bytes.get(at) == Some(&b't') => literal(bytes, at, b"true"),
        Kind::Bool => literal(bytes, at, b"false"),
        _ => literal(bytes, at, b"null"),
    }
}

/// The place behind the string whose opening quote stands at `start`, and whether it has escapes.
#[inline(always)]
pub(super) fn string(bytes: &[u8], start: usize) -> Result<(usize, bool), JsonError> {
    let at = start + 1;
    let at = at + plain_length(bytes.get(at..).unwrap_or_default());
    if bytes.get(at) == Some(&b'"') { Ok((at + 1, false)) } else { string_from(bytes, at) }
}

/// As [`string`], from a place within it on where its plain part ends.
#[inline(never)]
fn string_from(bytes: &[u8], mut at: usize) -> Result<(usize, bool), JsonError> {
    let mut escaped = false;
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok((at + 1, escaped)),
            Some(b'\\') => {
                escaped = true;
                at = escape(bytes, at)?;
            }
            Some(byte) => return Err(error(at, JsonErrorKind::ControlCharacter(*byte))),
            None => return Err(error(at, JsonErrorKind::UnexpectedEnd)),
        }
        at += plain_length(bytes.get(at..).unwrap_or_default());
    }
}

/// The place behind the escape whose backslash stands at `at`.
fn escape(bytes: &[u8], at: usize) -> Result<usize, JsonError> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match bytes.get(at + 2..at + 6) {
            Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => Ok(at + 6),
            Some(_) => Err(error(at, JsonErrorKind::BadEscape)),
            None => Err(error(at, JsonErrorKind::UnexpectedEnd)),
        },
        Some(_) => Err(error(at, JsonErrorKind::BadEscape)),
        None => Err(error(at, JsonErrorKind::UnexpectedEnd)),
    }
}

#[inline]
fn literal(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, JsonError> {
    if bytes.get(at..).unwrap_or_default().starts_with(word) {
        return Ok(at + word.len());
    }
    Err(broken_literal(bytes, at, word))
}

#[cold]
fn broken_literal(bytes: &[u8], at: usize, word: &[u8]) -> JsonError {
    let same = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| word.contains(byte)).count();
    unexpected(bytes, at + same)
}

#[inline]
fn number(bytes: &[u8], start: usize) -> Result<usize, JsonError> {
    let first = start + usize::from(bytes.get(start) == Some(&b'-'));
    let at = behind_digits(bytes, first);
    let leading_zero = bytes.get(first) == Some(&b'0');
    if at == first || (leading_zero && at - first > 1) {
        return Err(error(start, JsonErrorKind::BadNumber));
    }
    match bytes.get(at) {
        Some(b'.' | b'e' | b'E') => fraction(bytes, at).ok_or_else(|| error(start, JsonErrorKind::BadNumber)),
        _ => Ok(at),
    }
}

/// The place behind fraction and exponent.
fn fraction(bytes: &[u8], mut at: usize) -> Option<usize> {
    if bytes.get(at) == Some(&b'.') {
        let digits = at + 1;
        at = behind_digits(bytes, digits);
        if at == digits {
            return None;
        }
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let digits = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = behind_digits(bytes, digits);
        if at == digits {
            return None;
        }
    }
    Some(at)
}

#[inline]
fn behind_digits(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The place behind white space.
#[inline(never)]
pub(super) fn behind_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The error for a byte that cannot stand at `at`, or for the end of the text.
#[cold]
pub(super) fn unexpected(bytes: &[u8], at: usize) -> JsonError {
    error(at, bytes.get(at).map_or(JsonErrorKind::UnexpectedEnd, |byte| JsonErrorKind::UnexpectedByte(*byte)))
}

#[cold]
const fn error(offset: usize, kind: JsonErrorKind) -> JsonError {
    JsonError { offset, kind }
}

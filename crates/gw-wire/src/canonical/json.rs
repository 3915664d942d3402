//! JSON in one spelling: what does not change the meaning (order of members, white space, escapes, how a number is
//! written) does not change the bytes. Serves the keys of the cache. Different values never have the same bytes: every
//! text and number states its length, every container its end.

use crate::json::cursor::{Cursor, DEPTH_CEILING, Kind};
use crate::json::{JsonError, Value, unescape};
use std::borrow::Cow;
use std::ops::Range;

/// Appends a value.
///
/// # Errors
/// It is not JSON.
pub(super) fn value(value: &Value<'_>, out: &mut Vec<u8>) -> Result<(), JsonError> {
    text_value(value.raw(), out)
}

/// Appends the value that is all of `text`.
pub(super) fn text_value(text: &str, out: &mut Vec<u8>) -> Result<(), JsonError> {
    one(text, &mut Cursor::new(text.as_bytes(), 0, DEPTH_CEILING), out)
}

/// Appends a text.
pub(super) fn string(text: &str, out: &mut Vec<u8>) {
    counted(b'"', text.as_bytes(), out);
}

/// Appends bytes behind a tag that tells what they are, and their length.
pub(super) fn counted(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn one(text: &str, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), JsonError> {
    match cursor.peek()? {
        Kind::Object => object(text, cursor, out),
        Kind::Array => {
            cursor.enter()?;
            out.push(b'[');
            let mut more = cursor.first_element()?;
            while more {
                one(text, cursor, out)?;
                more = cursor.next_element()?;
            }
            out.push(b']');
            Ok(())
        }
        kind => {
            let (_, span) = cursor.skip_value()?;
            scalar(kind, text.get(span.start..span.end).unwrap_or_default(), out);
            Ok(())
        }
    }
}

fn scalar(kind: Kind, raw: &str, out: &mut Vec<u8>) {
    match kind {
        Kind::String => written(raw.get(1..raw.len() - 1).unwrap_or_default(), out),
        Kind::Number => number(raw, out),
        _ => out.push(raw.bytes().next().unwrap_or(b'n')),
    }
}

/// A string as it is written between its quotes.
fn written(raw: &str, out: &mut Vec<u8>) {
    match unescape(raw) {
        Cow::Borrowed(plain) => string(plain, out),
        // A surrogate without its other half has no text of its own: it stays as it is written.
        Cow::Owned(text) if text.contains(char::REPLACEMENT_CHARACTER) => {
            counted(b'\\', raw.as_bytes(), out);
        }
        Cow::Owned(text) => string(&text, out),
    }
}

/// Members go in the order of their names.
fn object(text: &str, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), JsonError> {
    cursor.enter()?;
    out.push(b'{');
    let start = out.len();
    let mut members = Vec::new();
    let mut more = cursor.first_member()?;
    while more {
        let at = out.len();
        let (key, _) = cursor.key()?;
        written(text.get(key.start + 1..key.end - 1).unwrap_or_default(), out);
        let name = at..out.len();
        one(text, cursor, out)?;
        members.push(Piece { name, end: out.len() });
        more = cursor.next_member()?;
    }
    sort(out, start, &mut members);
    out.push(b'}');
    Ok(())
}

/// Where a member stands in the output.
pub(super) struct Piece {
    pub(super) name: Range<usize>,
    pub(super) end: usize,
}

/// Puts the members that stand in `out` from `start` on into the order of their names. Those of the same name stay in the
/// order written: which of them counts is up to who reads them.
pub(super) fn sort(out: &mut Vec<u8>, start: usize, pieces: &mut [Piece]) {
    let name = |piece: &Piece| out.get(piece.name.clone()).unwrap_or_default();
    if pieces.is_sorted_by(|one, other| name(one) <= name(other)) {
        return;
    }
    pieces.sort_by(|one, other| name(one).cmp(name(other)));
    let mut sorted = Vec::with_capacity(out.len() - start);
    for piece in pieces {
        sorted.extend_from_slice(out.get(piece.name.start..piece.end).unwrap_or_default());
    }
    out.truncate(start);
    out.extend_from_slice(&sorted);
}

/// Appends a number: sign, digits without zeros at either end, and the exponent of ten.
pub(super) fn number(raw: &str, out: &mut Vec<u8>) {
    let (mantissa, exponent) = raw.split_once(['e', 'E']).unwrap_or((raw, "0"));
    let Ok(exponent) = exponent.parse::<i32>() else {
        // Nobody means such a number.
        return counted(b'?', raw.as_bytes(), out);
    };
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let mut exponent = i64::from(exponent) - i64::try_from(fraction.len()).unwrap_or(i64::MAX / 2);
    while digits.last() == Some(&b'0') {
        digits.pop();
        exponent += 1;
    }
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    if digits.is_empty() {
        return counted(b'#', b"", out);
    }
    counted(if negative { b'-' } else { b'#' }, digits, out);
    out.extend_from_slice(&exponent.to_le_bytes());
}

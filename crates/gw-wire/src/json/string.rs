//! Strings between their text and their written form. Serves everything that reads or writes JSON by hand.

use std::borrow::Cow;

/// The text of a string as it is written between its quotes. Borrowed when it has no escapes. A lone
/// surrogate, which no text can hold, becomes U+FFFD.
#[must_use]
pub fn unescape(raw: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', raw.as_bytes()) else {
        return Cow::Borrowed(raw);
    };
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    let mut next = Some(first);
    while let Some(at) = next {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let (character, length) = read_escape(escape);
        out.push(character);
        rest = escape.get(length..).unwrap_or_default();
        next = memchr::memchr(b'\\', rest.as_bytes());
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character that an escape stands for, and the escape's length in bytes. `escape` starts with the
/// backslash.
fn read_escape(escape: &str) -> (char, usize) {
    let character = match escape.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return read_unicode_escape(escape),
        Some(&other) if other.is_ascii() => char::from(other),
        _ => return (char::REPLACEMENT_CHARACTER, 1),
    };
    (character, 2)
}

fn read_unicode_escape(escape: &str) -> (char, usize) {
    let Some(unit) = hex_unit(escape, 2) else {
        return (char::REPLACEMENT_CHARACTER, escape.len().min(2));
    };
    if let Some(character) = char::from_u32(unit) {
        return (character, 6);
    }
    let is_pair = (0xd800..0xdc00).contains(&unit) && escape.get(6..8) == Some("\\u");
    match hex_unit(escape, 8).filter(|low| is_pair && (0xdc00..0xe000).contains(low)) {
        Some(low) => {
            let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        None => (char::REPLACEMENT_CHARACTER, 6),
    }
}

fn hex_unit(text: &str, at: usize) -> Option<u32> {
    text.get(at..at + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok())
}

/// Appends `text` as it is written between quotes. Only what must be escaped is.
pub fn escape_into(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
}

const HEX: [u8; 16] = *b"0123456789abcdef";

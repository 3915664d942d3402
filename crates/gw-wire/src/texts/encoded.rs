//! What strings are by their form: words of a protocol, base64, `data:` links. Serves the walk, which skips such ones where
//! its names say that nothing else belongs there. It must not take what somebody could say for any of them.

/// Longest word of a protocol: ids of some providers have hundreds of characters.
const MAX_WORD_BYTES: usize = 512;

/// Longest head of a `data:` link.
const MAX_HEAD_BYTES: usize = 128;

/// From so many digits on, a name may say something about somebody.
const MIN_DIGITS: usize = 7;

/// Names with capitals and digits are names of members up to this length; keys of vendors are longer.
const MAX_MIXED_BYTES: usize = 16;

/// An id, a kind, a code. `raw` is a string without its quotes, escapes not undone.
pub(super) fn is_word(raw: &[u8]) -> bool {
    raw.len() <= MAX_WORD_BYTES
        && raw.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/' | b'+' | b'=')
        })
}

/// A name of a member as formats have them; quotes may stand around it.
pub(super) fn is_plain_name(raw: &str) -> bool {
    let (mut digits, mut capitals) = (0, 0);
    for byte in raw.bytes() {
        match byte {
            b'a'..=b'z' | b'_' | b'-' | b'.' | b'$' | b'"' => {}
            b'A'..=b'Z' => capitals += 1,
            b'0'..=b'9' => digits += 1,
            _ => return false,
        }
    }
    digits < MIN_DIGITS && (digits == 0 || capitals == 0 || raw.len() <= MAX_MIXED_BYTES)
}

/// Nothing but base64, of either alphabet; slashes may be escaped.
pub(super) fn is_base64(raw: &[u8]) -> bool {
    // Without branches, since images are long.
    let is_other = |byte: u8| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        let sign = (byte == b'+') | (byte == b'/') | (byte == b'-') | (byte == b'_') | (byte == b'=');
        !(letter | digit | sign | (byte == b'\\'))
    };
    let is_clean =
        raw.chunks(4096).all(|chunk| !chunk.iter().fold(false, |seen, byte| seen | is_other(*byte)));
    is_clean && memchr::memchr_iter(b'\\', raw).all(|at| raw.get(at + 1) == Some(&b'/'))
}

/// `data:image/png;base64,...`, through to the end.
pub(super) fn is_data_url(raw: &[u8]) -> bool {
    let Some(rest) = raw.strip_prefix(b"data:") else { return false };
    let Some(comma) = memchr::memchr(b',', rest.get(..MAX_HEAD_BYTES).unwrap_or(rest)) else { return false };
    let (head, data) = rest.split_at(comma);
    let is_head = |byte: &u8| byte.is_ascii_alphanumeric() || b"/\\+-.;=".contains(byte);
    head.ends_with(b";base64") && head.iter().all(is_head) && is_base64(data.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests;

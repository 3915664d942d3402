//! Ids of tool calls. Anthropic takes `[a-zA-Z0-9_-]+` only, other formats take any text, so foreign ids are
//! written in a reversible spelling. Serves the readers and writers of this format. It must not keep state:
//! the same id has the same spelling in every call of a conversation.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Starts every id that was respelled.
const PREFIX: &str = "gw_";

/// The spelling of `id` for Anthropic: the id itself where that is allowed, else [`PREFIX`] and the id with
/// every byte outside `[A-Za-z0-9-]` as `_` and two hex digits.
#[must_use]
pub fn encode(id: &str) -> Cow<'_, str> {
    if !id.is_empty() && !id.starts_with(PREFIX) && id.bytes().all(is_allowed) {
        return Cow::Borrowed(id);
    }
    let mut out = String::with_capacity(PREFIX.len() + id.len() + 8);
    out.push_str(PREFIX);
    for byte in id.bytes() {
        if byte != b'_' && is_allowed(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "_{byte:02x}");
        }
    }
    Cow::Owned(out)
}

/// Undoes [`encode`]. An id that `encode` cannot have made is returned as it is.
#[must_use]
pub fn decode(id: &str) -> Cow<'_, str> {
    let Some(spelled) = id.strip_prefix(PREFIX) else { return Cow::Borrowed(id) };
    let original = respell(spelled).filter(|original| encode(original) == id);
    original.map_or(Cow::Borrowed(id), Cow::Owned)
}

/// An id for a call that the upstream gave none, unique within a conversation as long as answers' ids are.
#[must_use]
pub fn invent(answer_id: &str, block: u32) -> String {
    let mut out = String::from("toolu_");
    out.extend(answer_id.chars().filter(|c| u8::try_from(*c).is_ok_and(is_allowed)));
    let _ = write!(out, "_{block}");
    out
}

const fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn respell(spelled: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(spelled.len());
    let mut rest = spelled.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'_' {
            let digit = |b: Option<u8>| char::from(b?).to_digit(16);
            let value = digit(rest.next())? * 16 + digit(rest.next())?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

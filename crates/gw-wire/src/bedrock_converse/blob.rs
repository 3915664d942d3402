//! Bytes in JSON, as base64. Serves the readers and writers of hidden reasoning and of documents in text. It
//! must not be used for media: those stay encoded.
//!
//! Bedrock wraps the hidden reasoning of Claude, a text, once more in base64. The intermediate form holds that
//! text, so that a conversation can go on at another service of the same model. Other families' bytes, which
//! are no text, are kept encoded behind [`MARK`].

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use std::borrow::Cow;

/// Starts data that is base64 and nothing else.
const MARK: &str = "base64:";

/// The data of a `redactedContent`.
pub(super) fn read(encoded: &str) -> String {
    let text = text(encoded).filter(|text| !text.starts_with(MARK) && STANDARD.encode(text) == encoded);
    text.unwrap_or_else(|| format!("{MARK}{encoded}"))
}

/// The `redactedContent` for data of the intermediate form.
pub(super) fn write(data: &str) -> Cow<'_, str> {
    match data.strip_prefix(MARK) {
        Some(encoded) => Cow::Borrowed(encoded),
        None => Cow::Owned(STANDARD.encode(data)),
    }
}

/// The text that `encoded` holds, when it is one.
pub(super) fn text(encoded: &str) -> Option<String> {
    let bytes = STANDARD_NO_PAD.decode(encoded.trim_end_matches('=')).ok()?;
    String::from_utf8(bytes).ok()
}

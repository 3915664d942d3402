//! Ids of output items, and how opaque reasoning is told apart. Serves readers and writers. It must not keep
//! state: the same answer has the same ids whenever it is written.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How much of an answer's id goes into its items' ids; the format's providers take 64 characters at most.
const MAX_STEM_CHARS: usize = 40;

/// Starts `encrypted_content` that is a signature of reasoning without text. Without it the signature could
/// not be told from reasoning that is hidden as a whole.
const SIGNATURE_ALONE: &str = "gw-signature.";

/// The part of item ids that comes from the answer's id.
pub(super) fn stem(answer_id: &str) -> String {
    let id = answer_id.strip_prefix("resp_").unwrap_or(answer_id);
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-';
    let count = id.chars().filter(is_allowed).count();
    id.chars().filter(is_allowed).skip(count.saturating_sub(MAX_STEM_CHARS)).collect()
}

/// The id of the item at `index`.
pub(super) fn item(prefix: &str, stem: &str, index: usize) -> String {
    let mut out = String::with_capacity(prefix.len() + stem.len() + 4);
    // Writing to a String cannot fail.
    let _ = write!(out, "{prefix}_{stem}_{index}");
    out
}

/// `encrypted_content` for a signature of reasoning whose text is `text`.
pub(super) fn sealed<'a>(text: &str, signature: &'a str) -> Cow<'a, str> {
    if text.is_empty() {
        Cow::Owned(format!("{SIGNATURE_ALONE}{signature}"))
    } else {
        Cow::Borrowed(signature)
    }
}

/// What `encrypted_content` is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sealed<'a> {
    /// A signature of the text beside it, or of none.
    Signature(&'a str),
    /// Hidden reasoning.
    Hidden(&'a str),
}

/// Undoes [`sealed`].
pub(super) fn unsealed(has_text: bool, content: &str) -> Sealed<'_> {
    match content.strip_prefix(SIGNATURE_ALONE) {
        Some(signature) => Sealed::Signature(signature),
        None if has_text => Sealed::Signature(content),
        None => Sealed::Hidden(content),
    }
}

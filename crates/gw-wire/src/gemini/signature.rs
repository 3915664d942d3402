//! Signatures that let a provider check its own reasoning when it comes back. Serves the readers and writers
//! of this format. It must not let a signature reach a provider that did not make it: it would be refused.
//!
//! Gemini signs parts: the text or the call that follows reasoning. The intermediate form signs reasoning. So
//! the signature of a part is read as that of the reasoning before it (of an empty one when there is none),
//! with a mark in front that says whose it is and whether it stood on a call: callers of other formats
//! send it back without knowing, and the request writer puts it on the part again.
//!
//! The other way round, callers of this format send back what stands on parts and must find base64 there
//! (their SDKs decode it): signatures of other providers, and their hidden reasoning, are wrapped.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Marks a signature of this format that stood on text.
const ON_TEXT: &str = "gemini:";
/// Marks a signature of this format that stood on a call.
const ON_CALL: &str = "gemini-call:";
/// Begins the wrapped bytes of a foreign signature.
const FOREIGN: &str = "gw-signature:";
/// Begins the wrapped bytes of foreign hidden reasoning.
const HIDDEN: &str = "gw-hidden:";
/// What the API takes in place of the signature of a call that its model did not make.
pub(crate) const UNCHECKED: &str = "skip_thought_signature_validator";

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What stood on a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A signature, as the intermediate form has it.
    Signature(String),
    /// Hidden reasoning of another provider.
    Hidden(String),
}

/// Whether a signature of the intermediate form is one of Gemini's, which other providers refuse.
#[must_use]
pub fn is_own(signature: &str) -> bool {
    signature.starts_with(ON_TEXT) || signature.starts_with(ON_CALL)
}

/// Reads what stands on a part.
pub(crate) fn read(written: &str, on_call: bool) -> Found {
    if let Some(bytes) = decode(written)
        && let Ok(text) = std::str::from_utf8(&bytes)
    {
        if let Some(signature) = text.strip_prefix(FOREIGN) {
            return Found::Signature(signature.to_owned());
        }
        if let Some(data) = text.strip_prefix(HIDDEN) {
            return Found::Hidden(data.to_owned());
        }
    }
    let mark = if on_call { ON_CALL } else { ON_TEXT };
    let mut out = String::with_capacity(mark.len() + written.len());
    out.push_str(mark);
    out.push_str(written);
    Found::Signature(out)
}

/// A signature of the intermediate form, by whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose<'a> {
    /// Gemini's, as it was written, and whether it stood on a call.
    Own { written: &'a str, on_call: bool },
    /// Another provider's.
    Foreign,
}

/// Tells whose it is.
pub(crate) fn whose(signature: &str) -> Whose<'_> {
    match (signature.strip_prefix(ON_TEXT), signature.strip_prefix(ON_CALL)) {
        (Some(written), _) => Whose::Own { written, on_call: false },
        (None, Some(written)) => Whose::Own { written, on_call: true },
        (None, None) => Whose::Foreign,
    }
}

/// A foreign signature for a caller of this format.
pub(crate) fn wrap(signature: &str) -> String {
    STANDARD.encode([FOREIGN, signature].concat())
}

/// Foreign hidden reasoning for a caller of this format.
pub(crate) fn wrap_hidden(data: &str) -> String {
    STANDARD.encode([HIDDEN, data].concat())
}

/// Decodes base64 of either alphabet, padded or not. Only what may be wrapped is decoded: the first bytes tell.
fn decode(written: &str) -> Option<Vec<u8>> {
    // `gw-` in base64, whatever follows.
    if !written.starts_with("Z3ct") {
        return None;
    }
    STANDARD.decode(written).or_else(|_| URL_SAFE.decode(written)).ok()
}

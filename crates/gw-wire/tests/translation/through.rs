//! Sends answers through the translators.

use crate::formats::frames;
use gw_model::WireFormat;
use gw_wire::translate::{StreamTranslator, whole};
use gw_wire::{WireError, WriteContext};

pub(crate) fn context() -> WriteContext {
    WriteContext {
        fallback_id: "fallback-id".to_owned(),
        fallback_model: "fallback-model".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        ..WriteContext::default()
    }
}

/// A whole answer in the other format.
pub(crate) fn translate_whole(from: WireFormat, to: WireFormat, body: &[u8]) -> Result<Vec<u8>, WireError> {
    whole(from, to, body, &context()).map(|whole| whole.body)
}

/// A stream in the other format, which arrives in pieces of `piece` bytes.
pub(crate) fn translate_stream(
    from: WireFormat,
    to: WireFormat,
    body: &[u8],
    piece: usize,
) -> Result<Vec<u8>, WireError> {
    let mut translator = StreamTranslator::new(from, to, context())?;
    let mut out = Vec::new();
    for frame in frames(from, body, piece)? {
        translator.frame_into(&frame, &mut out)?;
    }
    out.extend_from_slice(&translator.finish()?);
    Ok(out)
}

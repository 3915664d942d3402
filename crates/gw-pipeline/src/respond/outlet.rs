//! How an upstream's frames become the caller's bytes: as they are, as elements of an array, or translated.
//! Serves the stream step. It must not meter or settle anything.

use gw_wire::codec::WireError;
use gw_wire::frames::Frame;
use gw_wire::gemini::stream::Framing;
use gw_wire::sse::SseEvent;
use gw_wire::translate::StreamTranslator;

/// See the module.
pub(super) enum Outlet {
    /// The same format in the same shape: bytes go on as they come.
    Same,
    /// Google's events for a caller that wants an array.
    Array {
        /// The array has its bracket and an element.
        begun: bool,
    },
    /// Another format.
    Translated(Box<StreamTranslator>),
}

impl Outlet {
    /// Appends what a frame is to the caller. Not for [`Self::Same`], whose frames stay where they are.
    pub(super) fn frame_into(&mut self, frame: &Frame, out: &mut Vec<u8>) -> Result<(), WireError> {
        match self {
            Self::Same => out.extend_from_slice(frame.raw()),
            Self::Array { begun } => {
                let element = frame.data();
                if !element.is_empty() {
                    out.extend_from_slice(Framing::JsonArray.before(!*begun));
                    out.extend_from_slice(element);
                    *begun = true;
                }
            }
            Self::Translated(translator) => translator.frame_into(frame, out)?,
        }
        Ok(())
    }

    /// Appends what completes the caller's stream.
    pub(super) fn finish_into(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Same => {}
            Self::Array { begun } => {
                if !*begun {
                    out.extend_from_slice(Framing::JsonArray.before(true));
                }
                out.extend_from_slice(Framing::JsonArray.after(true));
            }
            // The upstream's stream is complete, so that there is nothing that could be missing.
            Self::Translated(translator) => out.extend_from_slice(&translator.finish().unwrap_or_default()),
        }
    }

    /// The whole answer that the caller's stream ended with, when the gateway is to store it.
    pub(super) fn take_stored(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Translated(translator) => translator.take_stored(),
            Self::Same | Self::Array { .. } => None,
        }
    }

    /// Ends the caller's stream with words of a guardrail, as if the answer were complete. False, and nothing, where that can
    /// not be.
    pub(super) fn end_with(&mut self, words: &str, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Translated(translator) => {
                let before = out.len();
                let is_said = translator.end_with(words, out).unwrap_or(false);
                if !is_said {
                    out.truncate(before);
                }
                is_said
            }
            Self::Same | Self::Array { .. } => false,
        }
    }

    /// The caller's stream has its end already.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self, Self::Translated(translator) if translator.finished() || translator.error().is_some())
    }
}

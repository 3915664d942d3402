//! What is to be played: bytes, frame marks, pace and ending. Applies the faults that change them.
//! It must not wait or send; the body does.

use bytes::Bytes;

use super::frames::{Frames, Mark};
use crate::fault::Faults;

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As it should.
    Clean,
    /// Never: the connection stays open and silent.
    Stall,
    /// By breaking the connection.
    Cut {
        /// With a TCP reset in place of a close.
        reset: bool,
    },
}

/// Pauses and pieces.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    /// Milliseconds between frames.
    pub(crate) frame_delay_ms: u64,
    /// Largest piece in bytes; `None` writes frame by frame.
    pub(crate) piece_bytes: Option<usize>,
    /// Milliseconds between pieces.
    pub(crate) piece_delay_ms: u64,
}

/// A body to play.
#[derive(Debug)]
pub(crate) struct Script {
    /// Everything that could be sent.
    pub(crate) bytes: Bytes,
    /// Frame ends with their tokens.
    pub(crate) marks: Vec<Mark>,
    /// Where to end, in bytes.
    pub(crate) stop: usize,
    /// How to end there.
    pub(crate) ending: Ending,
    /// How fast.
    pub(crate) pace: Pace,
    /// Whether it is a stream of frames.
    pub(crate) streamed: bool,
    /// The content type to announce.
    pub(crate) content_type: &'static str,
}

impl Script {
    /// A whole answer.
    pub(crate) fn whole(bytes: Bytes, faults: &Faults) -> Self {
        let length = bytes.len();
        let mut script =
            Self { marks: vec![Mark { end: length, tokens: 0 }], ..Self::bare(bytes, faults, false) };
        let half = length / 2;
        if let Some(ending) = script.early_ending(faults) {
            (script.ending, script.stop) = (ending, half);
        }
        script.cut_bytes(faults);
        script
    }

    /// A stream of events.
    pub(crate) fn stream(frames: Frames, faults: &Faults) -> Self {
        let content_type = frames.framing().content_type();
        let (bytes, marks) = frames.finish();
        let mut script = Self { marks, content_type, ..Self::bare(bytes, faults, true) };
        if let Some(ending) = script.early_ending(faults) {
            let after = faults.stall_after_frames.or(faults.cut_after_frames).unwrap_or(0);
            // At least the last frame is held back: a cut that sends everything would be none.
            let last = script.marks.len().saturating_sub(1);
            let count = usize::try_from(after).unwrap_or(last).min(last);
            script.stop = if count == 0 { 0 } else { script.marks[count - 1].end };
            script.ending = ending;
        }
        script.cut_bytes(faults);
        script
    }

    /// Whether everything is sent and the length may be announced.
    pub(crate) fn is_complete(&self) -> bool {
        self.ending == Ending::Clean && self.stop == self.bytes.len()
    }

    fn bare(bytes: Bytes, faults: &Faults, streamed: bool) -> Self {
        let drip = faults.slow_drip_ms;
        let piece = faults.chunk_bytes.or(drip.map(|_| 1));
        let pace = Pace {
            frame_delay_ms: faults.frame_delay_ms.unwrap_or(0),
            piece_bytes: piece.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
            piece_delay_ms: drip.unwrap_or(0),
        };
        let content_type = "application/json";
        let marks = Vec::new();
        Self { stop: bytes.len(), bytes, marks, ending: Ending::Clean, pace, streamed, content_type }
    }

    fn early_ending(&self, faults: &Faults) -> Option<Ending> {
        if faults.stall_after_frames.is_some() {
            return Some(Ending::Stall);
        }
        // A bare `reset` is a cut at the default place, before anything of the body.
        let cut = faults.cut_after_frames.is_some() || faults.reset && faults.cut_after_bytes.is_none();
        cut.then_some(Ending::Cut { reset: faults.reset })
    }

    fn cut_bytes(&mut self, faults: &Faults) {
        if let Some(after) = faults.cut_after_bytes {
            self.stop = usize::try_from(after).unwrap_or(usize::MAX).min(self.bytes.len());
            self.ending = Ending::Cut { reset: faults.reset };
        }
    }
}

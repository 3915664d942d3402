//! The two wire formats and four answer modes that mock and load generator agree on.
//! Shared vocabulary only: no bytes are made or checked here.

/// Frames of a streamed answer, without a usage frame and without the end mark.
pub(crate) const FRAMES: usize = 50;
/// Pause between two frames of a paced stream, in milliseconds.
pub(crate) const PACE_MS: u64 = 5;

/// The wire format of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// OpenAI chat completions.
    Chat,
    /// Anthropic messages.
    Messages,
}

impl Wire {
    /// The path that takes this format.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/v1/messages",
        }
    }

    /// Text pieces (`tok-00`, `tok-01`, ...) in a streamed answer of this format; the remaining
    /// frames open and close the answer.
    pub(crate) fn stream_pieces(self) -> usize {
        match self {
            Self::Chat => FRAMES - 2,
            Self::Messages => FRAMES - 5,
        }
    }

    /// What stands in the last event of a complete stream.
    pub(crate) fn end_mark(self) -> &'static [u8] {
        match self {
            Self::Chat => b"[DONE]",
            Self::Messages => b"message_stop",
        }
    }
}

/// How the mock answers; chosen by the model's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `bench-whole`: one JSON body.
    Whole,
    /// `bench-burst`: all frames in one write, each its own HTTP chunk.
    Burst,
    /// `bench-paced`: one frame every [`PACE_MS`].
    Paced,
    /// `bench-stall`: the first frames, then silence until the caller leaves.
    Stall,
}

impl Mode {
    /// The model name that selects this mode.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::Whole => "bench-whole",
            Self::Burst => "bench-burst",
            Self::Paced => "bench-paced",
            Self::Stall => "bench-stall",
        }
    }

    /// Whether the answer is a stream.
    pub(crate) fn streams(self) -> bool {
        self != Self::Whole
    }

    /// All modes.
    pub(crate) const ALL: [Self; 4] = [Self::Whole, Self::Burst, Self::Paced, Self::Stall];
}

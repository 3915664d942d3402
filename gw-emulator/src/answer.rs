//! What an endpoint answers before it is played: content and billing, or a rejection in the terms that
//! all families share. It must not know how any family writes them.

use crate::fault::Faults;
use crate::play::{Frames, Line};

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) content: Content,
    /// Input tokens to bill when the answer starts.
    pub(crate) input_tokens: u64,
    /// Output tokens to bill when the answer starts (whole answers; streams bill frame by frame).
    pub(crate) output_tokens: u64,
}

/// Body of an answer.
#[derive(Debug)]
pub(crate) enum Content {
    /// One JSON text.
    Whole(String),
    /// Bytes of this content type.
    Bytes(Vec<u8>, &'static str),
    /// Frames one after another.
    Stream(Frames),
}

impl Answer {
    /// A whole answer.
    pub(crate) fn whole(body: &serde_json::Value, input_tokens: u64, output_tokens: u64) -> Self {
        Self { content: Content::Whole(body.to_string()), input_tokens, output_tokens }
    }

    /// An answer that costs nothing.
    pub(crate) fn free(body: &serde_json::Value) -> Self {
        Self::whole(body, 0, 0)
    }
}

/// A refusal; each family writes it in its own shape.
#[derive(Debug, Default)]
pub(crate) struct Rejection {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// The parameter at fault.
    pub(crate) param: Option<String>,
    /// Machine code (OpenAI shapes).
    pub(crate) code: Option<&'static str>,
}

impl Rejection {
    /// A refusal of this status.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), ..Self::default() }
    }

    /// A 400 for one parameter.
    pub(crate) fn param(param: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into(), param: Some(param.into()), code: Some(code) }
    }

    /// A 400 for a parameter that must be there.
    pub(crate) fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        let message = format!("Missing required parameter: '{param}'.");
        Self::param(param, "missing_required_parameter", message)
    }
}

/// What an endpoint gets to know beside the body.
pub(crate) struct Context<'a> {
    pub(crate) faults: &'a Faults,
    /// Number of the request since the emulator started; ids derive from it.
    pub(crate) serial: u64,
    /// Azure path: deployment in the place of the model.
    pub(crate) deployment: Option<&'a str>,
    /// The model as the path or the body names it; empty when neither does.
    pub(crate) model: &'a str,
    /// Query of the request, empty when there is none.
    pub(crate) query: &'a str,
    /// Headers of the request.
    pub(crate) headers: &'a http::HeaderMap,
}

impl Context<'_> {
    /// An empty list of frames with the line style asked for.
    pub(crate) fn frames(&self) -> Frames {
        Frames::new(Line { crlf: self.faults.crlf, comments: self.faults.comments })
    }

    /// An id of this request.
    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}emu{:012x}", self.serial)
    }

    /// Id of a part of this request, such as a tool call.
    pub(crate) fn part_id(&self, prefix: &str, choice: usize, part: usize) -> String {
        format!("{prefix}emu{:012x}{choice:02x}{part:02x}", self.serial)
    }

    /// Seconds since the epoch: a fixed start plus the serial, so that answers do not need a clock.
    pub(crate) fn created(&self) -> u64 {
        1_700_000_000 + self.serial
    }

    /// How many frames a text of a stream takes: as asked for, one for a huge one.
    pub(crate) fn frame_count(&self) -> Option<u64> {
        if self.faults.huge_bytes.is_some() { Some(1) } else { self.faults.frames }
    }
}

//! The faults of one request as one value, and how lists and model names add to it. It must not act
//! on any of them.

use super::parse::{self, FaultError};

/// What to do wrong (or otherwise than usual) with one request. The default does nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Faults {
    /// Wait before the response head, in milliseconds.
    pub latency_ms: Option<u64>,
    /// Answer with this status in the provider's error shape.
    pub status: Option<u16>,
    /// Answer as to an account without credit.
    pub quota: bool,
    /// `retry-after` value that goes with `status`.
    pub retry_after: Option<String>,
    /// Never answer.
    pub hang: bool,
    /// Close the connection without an answer.
    pub disconnect: bool,
    /// Fail the first N requests of the same caller and model, then succeed.
    pub flaky: Option<u64>,
    /// Stop sending after N frames and keep the connection open.
    pub stall_after_frames: Option<u64>,
    /// Break the connection after N frames (in the middle of a whole answer).
    pub cut_after_frames: Option<u64>,
    /// Break the connection after N bytes of body.
    pub cut_after_bytes: Option<u64>,
    /// Break with a TCP reset in place of a plain close.
    pub reset: bool,
    /// Send an error event after N frames and end.
    pub error_after_frames: Option<u64>,
    /// End the stream cleanly, but without its closing events, after N frames.
    pub end_after_frames: Option<u64>,
    /// Spoil the JSON of the answer (in a stream: of its first content frame).
    pub malformed_json: bool,
    /// Spoil the framing of a stream.
    pub malformed_sse: bool,
    /// Write the body byte by byte with this pause, in milliseconds.
    pub slow_drip_ms: Option<u64>,
    /// Write the body in pieces of N bytes.
    pub chunk_bytes: Option<u64>,
    /// Size of the answer's text in bytes; one single frame in a stream.
    pub huge_bytes: Option<u64>,
    /// Report usage that cannot be right.
    pub wrong_usage: Option<WrongUsage>,
    /// Report no usage at all.
    pub no_usage: bool,
    /// Pause between frames, in milliseconds.
    pub frame_delay_ms: Option<u64>,
    /// Number of content frames in a stream.
    pub frames: Option<u64>,
    /// Number of tokens in the answer's text.
    pub output_tokens: Option<u64>,
    /// Do not keep to the request's bound on output tokens.
    pub ignore_max_tokens: bool,
    /// Reasoning tokens to report and bill (all formats but Anthropic).
    pub reasoning_tokens: Option<u64>,
    /// Cached input tokens to report (all formats but Anthropic).
    pub cached_tokens: Option<u64>,
    /// The answer's text.
    pub text: Option<String>,
    /// Finish reason to report, as it stands on the wire.
    pub finish: Option<String>,
    /// Say a sentence before the tool calls.
    pub preface: bool,
    /// Answer with text, whatever tools there are.
    pub no_calls: bool,
    /// End the lines of a stream with CR LF.
    pub crlf: bool,
    /// Put an SSE comment before every frame.
    pub comments: bool,
    /// Name of the recorded exchange to play.
    pub exchange: Option<String>,
}

/// The ways in which reported usage can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongUsage {
    /// Ten times what was used.
    Tenfold,
    /// Zero everywhere.
    Zero,
    /// Negative numbers.
    Negative,
    /// Text in place of numbers.
    Text,
}

impl Faults {
    /// Reads the faults in a model name: `fault-NAME`, `fault-NAME-VALUE`, several joined by `+`; what
    /// follows an `@` is a tag without meaning. Names without that prefix carry no faults.
    pub fn from_model(model: &str) -> Result<Self, FaultError> {
        let mut faults = Self::default();
        faults.add_model(model)?;
        Ok(faults)
    }

    /// Adds the faults in a model name to what is set already.
    pub(crate) fn add_model(&mut self, model: &str) -> Result<(), FaultError> {
        let last = model.rsplit('/').next().unwrap_or(model);
        match last.strip_prefix("fault-") {
            Some(spec) => self.add(spec.split('@').next().unwrap_or(spec)),
            None => Ok(()),
        }
    }

    /// Reads a fault list as in the `x-emulate` header: `name=value;name;...` (`,` and `+` separate
    /// too, `-` may stand in place of `=`). Adds to what is set already, the newer value wins.
    pub fn add(&mut self, list: &str) -> Result<(), FaultError> {
        for item in list.split([';', ',', '+']).map(str::trim).filter(|item| !item.is_empty()) {
            parse::apply(self, item)?;
        }
        Ok(())
    }
}

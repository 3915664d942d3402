//! The shape of a stream to a caller: server-sent events, a JSON array, or binary messages. Serves the stream
//! step. It must not know what frames mean.

use bytes::Bytes;
use gw_model::{Refusal, WireFormat};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Server-sent events.
    Events,
    /// One JSON array, element by element.
    JsonArray,
    /// Binary event-stream messages.
    Messages,
}

impl Shape {
    /// The shape that a caller of this format gets.
    pub(super) const fn of(format: WireFormat, json_array: bool) -> Self {
        match format {
            WireFormat::BedrockConverse => Self::Messages,
            WireFormat::GeminiGenerate if json_array => Self::JsonArray,
            _ => Self::Events,
        }
    }

    /// Its content type.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Events => "text/event-stream; charset=utf-8",
            Self::JsonArray => "application/json",
            Self::Messages => "application/vnd.amazon.eventstream",
        }
    }

    /// May a comment keep the stream alive? Only events have comments, and Google's own SDKs take one for the
    /// beginning of an error's body and fail on it.
    pub(super) const fn takes_comments(self, format: WireFormat) -> bool {
        matches!(self, Self::Events) && !matches!(format, WireFormat::GeminiGenerate)
    }

    /// What must stand between `said` and an error behind it: an unfinished line would swallow the error.
    pub(super) fn separator(self, said: &[u8]) -> &'static [u8] {
        let is_between = [&b"\n\n"[..], b"\r\n\r\n", b"\r\r"].iter().any(|end| said.ends_with(end));
        match self {
            Self::Events if !said.is_empty() && !is_between => b"\n\n",
            _ => b"",
        }
    }

    /// The error that ends a stream. `is_first`: the caller has nothing of it yet.
    pub(super) fn error(self, format: WireFormat, refusal: &Refusal, id: &str, is_first: bool) -> Bytes {
        match self {
            Self::JsonArray => gw_wire::errors::array_event(refusal, is_first),
            Self::Events | Self::Messages => gw_wire::errors::event(format, refusal, id),
        }
    }
}

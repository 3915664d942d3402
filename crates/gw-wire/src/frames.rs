//! The frames of a stream in any format: server-sent events or binary event-stream messages. Serves the
//! response stages, which treat them alike. It must not interpret what they carry.

use crate::codec::WireError;
mod wrapped;

use crate::eventstream::{Decoder, Message};
use crate::sse::{self, FrameVerdict, SseEvent};
use bytes::Bytes;
use gw_model::WireFormat;

/// One frame, with the exact bytes that it came in.
#[derive(Clone, Debug)]
pub enum Frame {
    /// A server-sent event.
    Sse(sse::Frame),
    /// A binary message.
    Message(Message),
}

impl Frame {
    /// The exact bytes.
    #[must_use]
    pub const fn raw(&self) -> &Bytes {
        match self {
            Self::Sse(frame) => &frame.raw,
            Self::Message(message) => &message.raw,
        }
    }

    /// The frame with nothing but what readers of its data see, and its name; `None` where nothing is left.
    #[must_use]
    pub fn without_others(self) -> Option<Self> {
        match self {
            Self::Sse(frame) => frame.without_others().map(Self::Sse),
            Self::Message(message) => Some(Self::Message(message)),
        }
    }

    /// The same frame with other data, which has no line ends. A message that can not be written anew stays as it is.
    #[must_use]
    pub fn with_data(&self, data: &[u8]) -> Self {
        match self {
            Self::Sse(frame) => Self::Sse(frame.with_data(data)),
            Self::Message(message) => {
                Self::Message(message.with_payload(data).unwrap_or_else(|_| message.clone()))
            }
        }
    }
}

impl SseEvent for Frame {
    fn event(&self) -> Option<&str> {
        match self {
            Self::Sse(frame) => frame.event(),
            Self::Message(message) => message.event(),
        }
    }

    fn data(&self) -> &[u8] {
        match self {
            Self::Sse(frame) => frame.data(),
            Self::Message(message) => message.data(),
        }
    }
}

impl SseEvent for Message {
    /// The event's type, or the exception's.
    fn event(&self) -> Option<&str> {
        [":event-type", ":exception-type", ":error-code"].iter().find_map(|name| self.headers.text(name))
    }

    fn data(&self) -> &[u8] {
        &self.payload
    }
}

/// Splits a stream into frames, incrementally and within a bound.
#[derive(Debug)]
pub enum Framer {
    /// Server-sent events.
    Sse(sse::Framer),
    /// Binary messages.
    Binary(Decoder),
    /// Binary messages that carry the events of another format, see [`Self::wrapped`].
    Wrapped(Decoder),
}

impl Framer {
    /// A framer for streams of `format`. A frame may have up to `max_event_bytes`.
    #[must_use]
    pub fn new(format: WireFormat, max_event_bytes: usize) -> Self {
        match format {
            WireFormat::BedrockConverse => Self::Binary(Decoder::new(max_event_bytes)),
            _ => Self::Sse(sse::Framer::new(max_event_bytes)),
        }
    }

    /// A framer for streams in which each binary message holds one event of the model's own format, as Bedrock's
    /// `InvokeModelWithResponseStream` sends them. Its frames are server-sent events.
    #[must_use]
    pub fn wrapped(max_event_bytes: usize) -> Self {
        Self::Wrapped(Decoder::new(max_event_bytes))
    }

    /// Takes a piece of the stream; [`Self::next`] gives the frames that it completes.
    pub fn push(&mut self, piece: Bytes) {
        match self {
            Self::Sse(framer) => framer.push(piece),
            Self::Binary(decoder) | Self::Wrapped(decoder) => decoder.push(piece),
        }
    }

    /// The next complete frame.
    ///
    /// # Errors
    /// A frame is too large or damaged. Nothing comes after that.
    #[expect(clippy::should_implement_trait, reason = "it lends nothing and may go on after `None`")]
    pub fn next(&mut self) -> Option<Result<Frame, WireError>> {
        match self {
            Self::Sse(framer) => framer.next().map(|frame| frame.map(Frame::Sse).map_err(WireError::from)),
            Self::Binary(decoder) => {
                decoder.next_message().map(|found| found.map(Frame::Message).map_err(WireError::from))
            }
            Self::Wrapped(decoder) => {
                let message = decoder.next_message()?;
                Some(
                    message
                        .map_err(WireError::from)
                        .and_then(|message| wrapped::unwrap(&message))
                        .map(Frame::Sse),
                )
            }
        }
    }

    /// Takes a piece and gives what of it is to be forwarded, in pieces that follow each other; `judge` sees
    /// every complete frame.
    ///
    /// # Errors
    /// As [`Self::next`]; what came before is in `out`.
    pub fn drain(
        &mut self,
        piece: Bytes,
        mut judge: impl FnMut(&dyn SseEvent) -> FrameVerdict,
        out: &mut Vec<Bytes>,
    ) -> Result<(), WireError> {
        match self {
            Self::Sse(framer) => framer.drain(piece, |frame| judge(frame), out).map_err(WireError::from),
            Self::Binary(decoder) => {
                decoder.push(piece);
                while let Some(found) = decoder.next_message() {
                    let message = found?;
                    if goes_on(judge(&message))? {
                        out.push(message.raw);
                    }
                }
                Ok(())
            }
            Self::Wrapped(_) => {
                self.push(piece);
                while let Some(found) = self.next() {
                    let frame = found?;
                    if goes_on(judge(&frame))? {
                        out.push(frame.raw().clone());
                    }
                }
                Ok(())
            }
        }
    }

    /// Bytes held back: the start of a frame whose end has not come.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        match self {
            Self::Sse(framer) => framer.held_bytes(),
            Self::Binary(decoder) | Self::Wrapped(decoder) => decoder.held_bytes(),
        }
    }

    /// The stream has ended: what is left may be an event that lacks its blank line.
    ///
    /// # Errors
    /// What is left is the beginning of a binary message.
    pub fn finish(&mut self) -> Result<Option<Frame>, WireError> {
        match self {
            Self::Sse(framer) => Ok(framer.finish().map(Frame::Sse)),
            Self::Binary(decoder) | Self::Wrapped(decoder) => Ok(decoder.finish().map(|()| None)?),
        }
    }
}

/// Whether a frame is to be forwarded.
///
/// # Errors
/// It is malformed.
pub fn goes_on(verdict: FrameVerdict) -> Result<bool, WireError> {
    match verdict {
        FrameVerdict::Forward => Ok(true),
        FrameVerdict::Hide => Ok(false),
        FrameVerdict::Malformed => Err(sse::SseError::Malformed.into()),
    }
}

impl From<sse::SseError> for WireError {
    fn from(error: sse::SseError) -> Self {
        match error {
            sse::SseError::EventTooLarge { limit } => Self::TooLarge { what: "an event's bytes", limit },
            sse::SseError::Malformed => Self::Shape { what: "an event whose data is not JSON" },
        }
    }
}

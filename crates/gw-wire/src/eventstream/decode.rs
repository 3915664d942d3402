//! The incremental decoder: bytes in as they arrive, messages out as soon as they are complete. Serves the
//! response stages. It must not hold more than one incomplete message, bounded, besides what is pushed, nor go
//! on after a fault: behind one, no length can be believed.

use super::encode::{EncodeError, encode};
use super::header::{HeaderFault, HeaderValue, Headers};
use super::{MAX_HEADERS_BYTES, OVERHEAD_BYTES, PRELUDE_BYTES};
use crate::codec::WireError;
use bytes::{Buf, Bytes, BytesMut};
use std::fmt;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its headers.
    pub headers: Headers,
    /// Its payload; a slice of what was pushed when it lay within one piece.
    pub payload: Bytes,
    /// The whole message as it came, checksums included.
    pub raw: Bytes,
}

impl Message {
    /// The same message with another payload.
    ///
    /// # Errors
    /// The payload is too long for the format.
    pub fn with_payload(&self, payload: &[u8]) -> Result<Self, EncodeError> {
        let headers: Vec<(&str, HeaderValue<'_>)> = self.headers.iter().collect();
        let mut raw = Vec::with_capacity(self.raw.len() + payload.len());
        encode(&headers, payload, &mut raw)?;
        Ok(Self { headers: self.headers.clone(), payload: Bytes::copy_from_slice(payload), raw: raw.into() })
    }
}

/// Why a stream cannot be decoded further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// A message is larger than allowed.
    TooLarge {
        /// Its size in bytes, as it states.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The stated lengths contradict each other or the format.
    Lengths {
        /// Bytes of the message.
        total: u32,
        /// Bytes of its headers.
        headers: u32,
    },
    /// The checksum of the lengths is wrong.
    PreludeChecksum,
    /// The checksum of the message is wrong.
    MessageChecksum,
    /// The headers are malformed.
    Headers(HeaderFault),
    /// The bytes ended within a message.
    Truncated {
        /// How many bytes of it had come.
        bytes: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, limit } => write!(f, "a message has {bytes} bytes, more than {limit}"),
            Self::Lengths { total, headers } => {
                write!(f, "a message of {total} bytes cannot have {headers} bytes of headers")
            }
            Self::PreludeChecksum => f.write_str("the checksum of a message's lengths is wrong"),
            Self::MessageChecksum => f.write_str("the checksum of a message is wrong"),
            Self::Headers(fault) => write!(f, "{fault}"),
            Self::Truncated { bytes } => write!(f, "the stream ended {bytes} bytes into a message"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl From<DecodeError> for WireError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::TooLarge { limit, .. } => {
                Self::TooLarge { what: "bytes of an event-stream message", limit }
            }
            DecodeError::Truncated { .. } => Self::Cut,
            DecodeError::Lengths { .. } => Self::Shape { what: "an event-stream message's lengths" },
            DecodeError::PreludeChecksum | DecodeError::MessageChecksum => {
                Self::Shape { what: "an event-stream message's checksum" }
            }
            DecodeError::Headers(_) => Self::Shape { what: "an event-stream message's headers" },
        }
    }
}

/// Splits a byte stream into messages.
#[derive(Debug)]
pub struct Decoder {
    max_message_bytes: usize,
    /// The start of a message whose end lies in a later piece.
    partial: BytesMut,
    /// What was pushed and not yet read.
    unread: Bytes,
    failed: Option<DecodeError>,
}

impl Decoder {
    /// A decoder that refuses messages of more than `max_message_bytes`.
    #[must_use]
    pub fn new(max_message_bytes: usize) -> Self {
        Self { max_message_bytes, partial: BytesMut::new(), unread: Bytes::new(), failed: None }
    }

    /// Takes the next piece of the stream. Call [`Decoder::next_message`] until it has none before the next
    /// push: pieces that pile up are copied together.
    pub fn push(&mut self, piece: Bytes) {
        if self.failed.is_some() {
            return;
        }
        if self.unread.is_empty() {
            self.unread = piece;
        } else if !piece.is_empty() {
            let mut joined = BytesMut::with_capacity(self.unread.len().saturating_add(piece.len()));
            joined.extend_from_slice(&self.unread);
            joined.extend_from_slice(&piece);
            self.unread = joined.freeze();
        }
    }

    /// Bytes held back: the start of a message whose end has not come.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.partial.len()
    }

    /// The next complete message. After an error there are no more.
    pub fn next_message(&mut self) -> Option<Result<Message, DecodeError>> {
        if self.failed.is_some() {
            return None;
        }
        let next = self.take().transpose();
        if let Some(Err(error)) = next {
            self.failed = Some(error);
            self.partial = BytesMut::new();
            self.unread = Bytes::new();
        }
        next
    }

    /// The stream has ended.
    ///
    /// # Errors
    /// It ended within a message, or an error came before.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match (self.failed, self.partial.len().saturating_add(self.unread.len())) {
            (Some(error), _) => Err(error),
            (None, 0) => Ok(()),
            (None, bytes) => Err(DecodeError::Truncated { bytes }),
        }
    }

    fn take(&mut self) -> Result<Option<Message>, DecodeError> {
        if self.partial.is_empty()
            && let Some(prelude) = self.unread.first_chunk::<PRELUDE_BYTES>()
        {
            let lengths = Lengths::read(prelude, self.max_message_bytes)?;
            if self.unread.len() >= lengths.total {
                return message(self.unread.split_to(lengths.total), lengths).map(Some);
            }
            // Reserved as bytes come, not as a length promises.
            self.partial.reserve(self.unread.len());
        }
        self.gather(PRELUDE_BYTES);
        let Some(prelude) = self.partial.first_chunk::<PRELUDE_BYTES>() else { return Ok(None) };
        let lengths = Lengths::read(prelude, self.max_message_bytes)?;
        self.gather(lengths.total);
        if self.partial.len() < lengths.total {
            return Ok(None);
        }
        message(self.partial.split().freeze(), lengths).map(Some)
    }

    /// Moves bytes over until the partial message has `wanted`.
    fn gather(&mut self, wanted: usize) {
        let count = wanted.saturating_sub(self.partial.len()).min(self.unread.len());
        if let Some(bytes) = self.unread.get(..count) {
            self.partial.extend_from_slice(bytes);
            self.unread.advance(count);
        }
    }
}

#[derive(Clone, Copy)]
struct Lengths {
    total: usize,
    headers: usize,
}

impl Lengths {
    fn read(prelude: &[u8; PRELUDE_BYTES], limit: usize) -> Result<Self, DecodeError> {
        let [t0, t1, t2, t3, h0, h1, h2, h3, crc @ ..] = *prelude;
        if crc32fast::hash(&[t0, t1, t2, t3, h0, h1, h2, h3]) != u32::from_be_bytes(crc) {
            return Err(DecodeError::PreludeChecksum);
        }
        let (total, headers) = (u32::from_be_bytes([t0, t1, t2, t3]), u32::from_be_bytes([h0, h1, h2, h3]));
        let wrong = DecodeError::Lengths { total, headers };
        let bytes = usize::try_from(total).map_err(|_| wrong)?;
        let header_bytes = usize::try_from(headers).map_err(|_| wrong)?;
        if bytes > limit {
            return Err(DecodeError::TooLarge { bytes, limit });
        }
        if header_bytes > MAX_HEADERS_BYTES || header_bytes.saturating_add(OVERHEAD_BYTES) > bytes {
            return Err(wrong);
        }
        Ok(Self { total: bytes, headers: header_bytes })
    }
}

/// Reads a whole message; `raw` has the length that `lengths` states.
fn message(raw: Bytes, lengths: Lengths) -> Result<Message, DecodeError> {
    let Some((body, crc)) = raw.split_last_chunk::<4>() else { return Err(DecodeError::MessageChecksum) };
    if crc32fast::hash(body) != u32::from_be_bytes(*crc) {
        return Err(DecodeError::MessageChecksum);
    }
    let payload_at = PRELUDE_BYTES + lengths.headers;
    let headers = Headers::checked(raw.slice(PRELUDE_BYTES..payload_at)).map_err(DecodeError::Headers)?;
    let payload = raw.slice(payload_at..lengths.total - 4);
    Ok(Message { headers, payload, raw })
}

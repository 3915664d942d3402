//! Body decoding over any framing: takes what one read brought and gives the data in it as one piece.

use super::chunked::Chunked;
use super::head::Framing;
use crate::error::ProtocolError;
use bytes::{Bytes, BytesMut};

/// From this size on, data without framing in it is split off the read buffer instead of copied. Not less: the
/// piece keeps the whole buffer alive.
const SPLIT_BYTES: usize = 32 * 1024;

/// A body being read.
#[derive(Debug)]
pub(crate) enum Payload {
    /// So many bytes are still to come.
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

/// What one read meant.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// All data in it; may be empty.
    pub(crate) data: Bytes,
    /// The body is complete.
    pub(crate) end: bool,
    /// Bytes stood behind the body: the connection is out of step and must not be used again.
    pub(crate) surplus: bool,
}

impl Payload {
    /// `None` when the framing means no body.
    pub(crate) const fn new(framing: Framing) -> Option<Self> {
        match framing {
            Framing::Empty => None,
            Framing::Length(n) => Some(Self::Length(n)),
            Framing::Chunked => Some(Self::Chunked(Chunked::new())),
            Framing::UntilClose => Some(Self::UntilClose),
        }
    }

    /// Decodes `buffer[from..]`. The buffer may be split; what is left in it has no meaning afterwards.
    pub(crate) fn decode(&mut self, buffer: &mut BytesMut, from: usize) -> Result<Decoded, ProtocolError> {
        let available = buffer.len() - from;
        match self {
            Self::Length(remaining) => {
                let n = usize::try_from(*remaining).map_or(available, |r| r.min(available));
                *remaining -= n as u64;
                let end = *remaining == 0;
                Ok(Decoded { data: cut(buffer, from, n), end, surplus: n < available })
            }
            Self::UntilClose => {
                Ok(Decoded { data: cut(buffer, from, available), end: false, surplus: false })
            }
            Self::Chunked(decoder) => {
                let mut out = Vec::with_capacity(available);
                let used = decoder.decode(&buffer[from..], &mut out)?;
                let surplus = used < available;
                Ok(Decoded { data: Bytes::from(out), end: decoder.is_done(), surplus })
            }
        }
    }

    /// The connection ended: true when that is how this body ends.
    pub(crate) const fn ends_with_connection(&self) -> bool {
        matches!(self, Self::UntilClose)
    }
}

fn cut(buffer: &mut BytesMut, from: usize, len: usize) -> Bytes {
    if len < SPLIT_BYTES {
        return Bytes::copy_from_slice(&buffer[from..from + len]);
    }
    let mut front = buffer.split_to(from + len);
    front.split_off(from).freeze()
}

//! WebSocket frames (RFC 6455) as a codec: heads, the splitting of a byte stream into frames, and the frames that
//! the gateway writes itself. Serves sessions, which pass frames on byte for byte and look at what they say beside.
//! It must not open a socket; extensions are not negotiated, so that reserved bits are a fault.

mod close;
mod frame;
mod handshake;
mod splitter;

pub use close::{CloseCode, close, read_close};
pub use frame::{Head, MAX_CONTROL_BYTES, MAX_HEAD_BYTES, Opcode, Sender, parse, write};
pub use handshake::{accept, is_key, key};
pub use splitter::{Piece, Splitter};

use std::fmt;

/// How a peer breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A reserved bit is set.
    ReservedBit,
    /// An opcode that does not exist.
    Opcode,
    /// A client's frame without a mask, or a server's with one.
    Mask,
    /// A length that is not written in its shortest form, or is beyond 63 bits.
    Length,
    /// A control frame that is fragmented or too long.
    Control,
    /// A continuation of nothing, or a new message within another.
    Order,
    /// A message larger than allowed.
    TooLarge,
    /// A close frame with half a code, or one that may not be sent.
    Close,
    /// A text, or the reason of a close frame, that is not UTF-8.
    Text,
}

impl Fault {
    /// What the peer is told when the connection is closed for it.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::TooLarge => CloseCode::TooLarge,
            Self::Text => CloseCode::Invalid,
            _ => CloseCode::Protocol,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReservedBit => "a reserved bit is set, and no extension was agreed on",
            Self::Opcode => "the opcode is unknown",
            Self::Mask => "the mask is missing, or out of place",
            Self::Length => "the length is malformed",
            Self::Control => "a control frame is fragmented or too long",
            Self::Order => "a fragment is out of order",
            Self::TooLarge => "the message is too large",
            Self::Close => "the code of the close frame is none that may be sent",
            Self::Text => "the text is not UTF-8",
        })
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests;

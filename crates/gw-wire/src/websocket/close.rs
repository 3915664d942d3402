//! Close frames: codes, and the frame that says why. Serves the endings of sessions.

use super::Fault;
use super::frame::{MAX_CONTROL_BYTES, Opcode, write};

/// Why a connection is closed (RFC 6455, section 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// All is said.
    Normal,
    /// The gateway stops.
    GoingAway,
    /// The peer broke the protocol.
    Protocol,
    /// A text that is none.
    Invalid,
    /// The key may not go on.
    Policy,
    /// A message is too large.
    TooLarge,
    /// The provider failed.
    Internal,
}

impl CloseCode {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::Invalid => 1007,
            Self::Policy => 1008,
            Self::TooLarge => 1009,
            Self::Internal => 1011,
        }
    }
}

/// A close frame. The reason is cut to what a control frame can hold.
#[must_use]
pub fn close(code: CloseCode, reason: &str, mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut end = reason.len().min(MAX_CONTROL_BYTES - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut payload = Vec::with_capacity(2 + end);
    payload.extend_from_slice(&code.number().to_be_bytes());
    payload.extend_from_slice(reason.get(..end).unwrap_or_default().as_bytes());
    write(Opcode::Close, &payload, mask)
}

/// The code of a close frame's payload; `None` when it states none.
///
/// # Errors
/// Half a code, one that may not stand on the wire, or a reason that is not UTF-8.
pub fn read_close(payload: &[u8]) -> Result<Option<u16>, Fault> {
    if payload.is_empty() {
        return Ok(None);
    }
    let (code, reason) = payload.split_first_chunk::<2>().ok_or(Fault::Close)?;
    let code = u16::from_be_bytes(*code);
    // The others are reserved: some for what happens without a close frame, some for later.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Fault::Close);
    }
    std::str::from_utf8(reason).map_or(Err(Fault::Text), |_| Ok(Some(code)))
}

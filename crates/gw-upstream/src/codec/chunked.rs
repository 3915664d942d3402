//! Decoder of the chunked transfer coding: incremental, strict (CRLF only, no blanks around sizes, bounded
//! extensions and trailers). Trailers are checked and dropped. It must not hold on to input.

#[cfg(test)]
mod tests;

use crate::error::ProtocolError;

/// Longest chunk extension, per chunk, in bytes.
const MAX_EXTENSION_BYTES: u32 = 4 * 1024;
/// Longest trailer section in bytes.
const MAX_TRAILER_BYTES: u32 = 16 * 1024;
/// Chunk sizes have at most so many hexadecimal digits; 15 cannot overflow.
const MAX_SIZE_DIGITS: u8 = 15;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Digits of a chunk's size.
    Size,
    /// Behind the `;` of an extension.
    Extension,
    /// The LF of the size line.
    SizeLf,
    Data,
    /// The CR, then the LF behind a chunk's data.
    DataCr,
    DataLf,
    /// First byte of a trailer line, or the CR of the empty line that ends the body.
    TrailerStart,
    /// Name of a trailer field; at least one byte was seen.
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
    Done,
}

/// Decoder state between two pieces of input.
#[derive(Clone, Debug)]
pub(crate) struct Chunked {
    state: State,
    /// Size being read, or data still to come.
    remaining: u64,
    digits: u8,
    /// Bytes of the current extension, or of the trailer section.
    overhead: u32,
}

impl Chunked {
    pub(crate) const fn new() -> Self {
        Self { state: State::Size, remaining: 0, digits: 0, overhead: 0 }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Appends all data of `input` to `out` and tells how many bytes of `input` belong to this body.
    pub(crate) fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, ProtocolError> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            match self.state {
                State::Data => {
                    let rest = &input[at..];
                    let n = usize::try_from(self.remaining).map_or(rest.len(), |r| r.min(rest.len()));
                    out.extend_from_slice(&rest[..n]);
                    at += n;
                    self.remaining -= n as u64;
                    if self.remaining == 0 {
                        self.state = State::DataCr;
                    }
                }
                State::Done => break,
                _ => {
                    self.state = self.framing(byte).ok_or(ProtocolError::Chunk)?;
                    at += 1;
                }
            }
        }
        Ok(at)
    }

    /// The state after a byte that is not data; `None` when the byte is out of place.
    fn framing(&mut self, byte: u8) -> Option<State> {
        match (self.state, byte) {
            (State::Size, b'\r') if self.digits > 0 => Some(State::SizeLf),
            (State::Size, b';') if self.digits > 0 => {
                self.overhead = 0;
                Some(State::Extension)
            }
            (State::Size, _) => self.size_digit(byte),
            (State::Extension, b'\r') => Some(State::SizeLf),
            (State::Extension, _) => self.overhead(byte, MAX_EXTENSION_BYTES, State::Extension),
            (State::SizeLf, b'\n') => {
                self.digits = 0;
                self.overhead = 0;
                Some(if self.remaining == 0 { State::TrailerStart } else { State::Data })
            }
            (State::DataCr, b'\r') => Some(State::DataLf),
            (State::DataLf, b'\n') => Some(State::Size),
            (State::TrailerStart, b'\r') => Some(State::EndLf),
            (State::TrailerName, b':') => self.overhead(byte, MAX_TRAILER_BYTES, State::TrailerValue),
            (State::TrailerStart | State::TrailerName, _) if is_token(byte) => {
                self.overhead(byte, MAX_TRAILER_BYTES, State::TrailerName)
            }
            (State::TrailerValue, b'\r') => Some(State::TrailerLf),
            (State::TrailerValue, _) => self.overhead(byte, MAX_TRAILER_BYTES, State::TrailerValue),
            (State::TrailerLf, b'\n') => Some(State::TrailerStart),
            (State::EndLf, b'\n') => Some(State::Done),
            _ => None,
        }
    }

    fn size_digit(&mut self, byte: u8) -> Option<State> {
        let digit = char::from(byte).to_digit(16)?;
        if self.digits == MAX_SIZE_DIGITS {
            return None;
        }
        self.digits += 1;
        self.remaining = (self.remaining << 4) | u64::from(digit);
        Some(State::Size)
    }

    /// Counts a byte of an extension or trailer; control characters other than tab are out of place.
    fn overhead(&mut self, byte: u8, limit: u32, next: State) -> Option<State> {
        self.overhead += 1;
        let fits = self.overhead <= limit && (byte == b'\t' || !byte.is_ascii_control());
        fits.then_some(next)
    }
}

/// Characters of a field name (RFC 9110, section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

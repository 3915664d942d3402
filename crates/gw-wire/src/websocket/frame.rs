//! The head of one frame, read and written. Serves the splitter and whoever writes frames of its own.

use super::Fault;

/// Longest head: two bytes, a length of eight and a mask.
pub const MAX_HEAD_BYTES: usize = 14;

/// Longest payload of a control frame.
pub const MAX_CONTROL_BYTES: usize = 125;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// A message goes on.
    Continuation,
    /// A message of text begins.
    Text,
    /// A binary message begins.
    Binary,
    /// The end.
    Close,
    /// Are you there?
    Ping,
    /// I am.
    Pong,
}

impl Opcode {
    const fn of(nibble: u8) -> Option<Self> {
        Some(match nibble {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    const fn nibble(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    /// Close, ping and pong: whole by themselves, also in the midst of a message.
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.nibble() >= 8
    }
}

/// Who wrote a frame: clients mask, servers do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The side that connected.
    Client,
    /// The side that accepted.
    Server,
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last frame of its message.
    pub fin: bool,
    /// What it is.
    pub opcode: Opcode,
    /// Every payload byte is combined with one of these.
    pub mask: Option<[u8; 4]>,
    /// Bytes behind the head.
    pub payload_bytes: u64,
    /// Bytes of the head itself.
    pub head_bytes: usize,
}

/// Reads the head at the beginning of `bytes`; `Ok(None)` when it is not complete.
///
/// # Errors
/// The rule that it breaks.
pub fn parse(bytes: &[u8], sender: Sender) -> Result<Option<Head>, Fault> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    if first & 0x70 != 0 {
        return Err(Fault::ReservedBit);
    }
    let fin = first & 0x80 != 0;
    let opcode = Opcode::of(first & 0x0f).ok_or(Fault::Opcode)?;
    let masked = second & 0x80 != 0;
    if masked != (sender == Sender::Client) {
        return Err(Fault::Mask);
    }
    let short = second & 0x7f;
    if opcode.is_control() && (!fin || usize::from(short) > MAX_CONTROL_BYTES) {
        return Err(Fault::Control);
    }
    let (payload_bytes, rest) = match short {
        126 => {
            let Some((length, rest)) = rest.split_first_chunk::<2>() else { return Ok(None) };
            (u64::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let Some((length, rest)) = rest.split_first_chunk::<8>() else { return Ok(None) };
            (u64::from_be_bytes(*length), rest)
        }
        short => (u64::from(short), rest),
    };
    let least = match short {
        126 => 126,
        127 => 1 << 16,
        _ => 0,
    };
    if payload_bytes < least || payload_bytes > i64::MAX as u64 {
        return Err(Fault::Length);
    }
    let mask = match (masked, rest.first_chunk::<4>()) {
        (false, _) => None,
        (true, Some(mask)) => Some(*mask),
        (true, None) => return Ok(None),
    };
    let head_bytes = bytes.len() - rest.len() + if masked { 4 } else { 0 };
    Ok(Some(Head { fin, opcode, mask, payload_bytes, head_bytes }))
}

/// Combines `payload` with the mask; `phase` is the offset of its first byte within the frame.
pub(super) fn unmask(payload: &mut [u8], mask: [u8; 4], phase: usize) {
    let mut turned = mask;
    turned.rotate_left(phase % 4);
    let (words, rest) = payload.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(turned)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(turned) {
        *byte ^= mask;
    }
}

/// A whole message as one frame. `mask` is what a client must give, and a server must not.
#[must_use]
pub fn write(opcode: Opcode, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(MAX_HEAD_BYTES + payload.len());
    out.push(0x80 | opcode.nibble());
    let masked = if mask.is_some() { 0x80 } else { 0 };
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < 126 => out.push(masked | short),
        (_, Ok(medium)) => {
            out.push(masked | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    if let Some(mask) = mask {
        out.extend_from_slice(&mask);
        let start = out.len();
        out.extend_from_slice(payload);
        unmask(out.get_mut(start..).unwrap_or_default(), mask, 0);
    } else {
        out.extend_from_slice(payload);
    }
    out
}

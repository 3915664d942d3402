//! WebSocket frames, the server's side: reads masked ones and puts fragments together, writes whole ones. It must not
//! know what they say.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Largest message that is taken.
const MAX_MESSAGE_BYTES: usize = 64 << 20;

/// A message or control frame of the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Vec<u8>),
}

/// Reads messages; a read can be given up at any time.
#[derive(Debug)]
pub(super) struct Reader<R> {
    from: R,
    buffer: Vec<u8>,
    /// Opcode and payload of a message that goes on.
    begun: Option<(u8, Vec<u8>)>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, buffer: Vec::new(), begun: None }
    }

    /// The next message; `None` at the end of the connection, or when a frame is not valid.
    pub(super) async fn next(&mut self) -> Option<Message> {
        loop {
            match self.take() {
                Ok(Some(message)) => return Some(message),
                Ok(None) => {}
                Err(()) => return None,
            }
            if self.from.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
    }

    fn take(&mut self) -> Result<Option<Message>, ()> {
        while let Some((fin, opcode, payload)) = self.frame()? {
            let message = match (opcode, self.begun.take()) {
                (8, _) => return Ok(Some(Message::Close(payload))),
                (9, begun) => {
                    self.begun = begun;
                    return Ok(Some(Message::Ping(payload)));
                }
                (10, begun) => {
                    self.begun = begun;
                    return Ok(Some(Message::Pong));
                }
                (0, Some((opcode, mut whole))) => {
                    whole.extend_from_slice(&payload);
                    (opcode, whole)
                }
                (1 | 2, None) => (opcode, payload),
                _ => return Err(()),
            };
            if message.1.len() > MAX_MESSAGE_BYTES {
                return Err(());
            }
            match (fin, message) {
                (false, message) => self.begun = Some(message),
                (true, (1, text)) => {
                    return String::from_utf8(text).map(|t| Some(Message::Text(t))).map_err(|_| ());
                }
                (true, (_, bytes)) => return Ok(Some(Message::Binary(bytes))),
            }
        }
        Ok(None)
    }

    /// One frame: last of its message, opcode, payload.
    fn frame(&mut self) -> Result<Option<(bool, u8, Vec<u8>)>, ()> {
        let [first, second, rest @ ..] = self.buffer.as_slice() else { return Ok(None) };
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
        // Nothing was agreed on that the reserved bits could mean, and clients mask.
        if first & 0x70 != 0 || second & 0x80 == 0 {
            return Err(());
        }
        let (length, at) = match second & 0x7f {
            126 => match rest.first_chunk::<2>() {
                Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2),
                None => return Ok(None),
            },
            127 => match rest.first_chunk::<8>() {
                Some(bytes) => (u64::from_be_bytes(*bytes), 8),
                None => return Ok(None),
            },
            short => (u64::from(short), 0),
        };
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_MESSAGE_BYTES).ok_or(())?;
        let end = 2 + at + 4 + length;
        let Some(whole) = self.buffer.get(2 + at..end) else { return Ok(None) };
        let (mask, payload) = whole.split_at(4);
        let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        self.buffer.drain(..end);
        Ok(Some((fin, opcode, payload)))
    }
}

/// Writes one whole frame.
pub(super) async fn write<W: AsyncWrite + Unpin>(to: &mut W, opcode: u8, payload: &[u8]) -> io::Result<()> {
    let mut frame = vec![0x80 | opcode];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < 126 => frame.push(short),
        (_, Ok(medium)) => {
            frame.push(126);
            frame.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    to.write_all(&frame).await?;
    to.flush().await
}

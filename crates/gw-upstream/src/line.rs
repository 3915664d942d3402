//! A connection for a protocol that is not HTTP: in the clear, or encrypted. Whoever has it says what is said, and sets the
//! time limits.

use crate::destination::Destination;
use crate::dial::encrypt;
use crate::error::{SendError, SendErrorKind};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Bytes that are read at once.
const READ_BYTES: usize = 4_096;

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// See the module.
#[derive(Debug)]
pub struct Line {
    stream: Stream,
    heard: Vec<u8>,
}

impl Line {
    pub(crate) const fn new(stream: TcpStream) -> Self {
        Self { stream: Stream::Plain(stream), heard: Vec::new() }
    }

    /// Makes it an encrypted one.
    ///
    /// # Errors
    /// The other side is not who it should be, or has said something already that would then seem to have been encrypted.
    pub async fn encrypt(self, dest: &Destination) -> Result<Self, SendError> {
        match self.stream {
            Stream::Plain(stream) if self.heard.is_empty() => {
                let stream = Stream::Tls(Box::new(encrypt(dest.inner(), stream).await?));
                Ok(Self { stream, heard: Vec::new() })
            }
            _ => Err(SendError::new(SendErrorKind::InvalidRequest)),
        }
    }

    /// Says something.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes).await,
            Stream::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Waits for a line of text, which is given without its end. What is not UTF-8 stands in it as U+FFFD.
    ///
    /// # Errors
    /// The connection is gone, or the line is longer than so many bytes.
    pub async fn hear(&mut self, max_bytes: usize) -> io::Result<String> {
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.heard.len() > max_bytes {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the line has no end"));
            }
            let mut piece = [0_u8; READ_BYTES];
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut piece).await?,
                Stream::Tls(stream) => stream.read(&mut piece).await?,
            };
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.heard.extend_from_slice(piece.get(..read).unwrap_or_default());
        }
    }
}

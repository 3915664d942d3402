//! Incremental reader of one HTTP/1.1 answer: status, and the body freed from its framing.
//! Serves the load generator and the probes; whether the answer is the right one, `check` decides.

/// Bodies above this are an error: no answer of the mock comes near it.
const MAX_BODY: usize = 4 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Head,
    Length(usize),
    ChunkLine,
    ChunkData(usize),
    ChunkEnd,
    Trailer,
    UntilClose,
    Done,
}

/// What came of the bytes given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fed {
    /// The answer is not complete.
    More,
    /// The answer is complete.
    Done,
}

/// An answer that is being read. One is used again and again for all answers of a connection.
#[derive(Debug)]
pub(crate) struct Answer {
    framing: Framing,
    /// Bytes of a head, chunk line or trailer that came in pieces.
    partial: Vec<u8>,
    /// The status; 0 until the head is complete.
    pub(crate) status: u16,
    /// The server will close the connection after this answer.
    pub(crate) close: bool,
    /// The body so far.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new() -> Self {
        Self { framing: Framing::Head, partial: Vec::new(), status: 0, close: false, body: Vec::new() }
    }

    /// Prepares for the next answer; keeps the memory.
    pub(crate) fn reset(&mut self) {
        self.framing = Framing::Head;
        self.partial.clear();
        self.status = 0;
        self.close = false;
        self.body.clear();
    }

    /// The peer closed the connection. True when that completes the answer.
    pub(crate) fn closed(&mut self) -> bool {
        let complete = self.framing == Framing::UntilClose;
        if complete {
            self.framing = Framing::Done;
        }
        complete
    }

    /// Takes what was read from the socket. Bytes after the end of the answer are an error, since
    /// the load generator never asks twice at a time.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Fed, String> {
        let mut rest = bytes;
        if !self.partial.is_empty() {
            let mut joined = std::mem::take(&mut self.partial);
            joined.extend_from_slice(bytes);
            let fed = self.consume(&joined);
            // Keeps the allocation for the next piece when nothing was left over.
            if self.partial.is_empty() {
                joined.clear();
                self.partial = joined;
            }
            return fed;
        }
        self.consume(std::mem::take(&mut rest))
    }

    fn consume(&mut self, mut rest: &[u8]) -> Result<Fed, String> {
        loop {
            if self.framing == Framing::Done {
                return if rest.is_empty() {
                    Ok(Fed::Done)
                } else {
                    Err("bytes after the answer".to_owned())
                };
            }
            if rest.is_empty() {
                return Ok(Fed::More);
            }
            let used = match self.framing {
                Framing::Head => self.head(rest)?,
                Framing::Length(left) => {
                    let take = left.min(rest.len());
                    self.take_body(&rest[..take])?;
                    self.framing = if take == left { Framing::Done } else { Framing::Length(left - take) };
                    Some(take)
                }
                Framing::ChunkLine => self.chunk_line(rest)?,
                Framing::ChunkData(left) => {
                    let take = left.min(rest.len());
                    self.take_body(&rest[..take])?;
                    self.framing =
                        if take == left { Framing::ChunkEnd } else { Framing::ChunkData(left - take) };
                    Some(take)
                }
                Framing::ChunkEnd => {
                    if rest.len() < 2 {
                        None
                    } else if rest.starts_with(b"\r\n") {
                        self.framing = Framing::ChunkLine;
                        Some(2)
                    } else {
                        return Err("a chunk does not end with CR LF".to_owned());
                    }
                }
                Framing::Trailer => match memchr::memchr(b'\n', rest) {
                    Some(at) => {
                        if rest[..at].trim_ascii().is_empty() {
                            self.framing = Framing::Done;
                        }
                        Some(at + 1)
                    }
                    None => None,
                },
                Framing::UntilClose => {
                    self.take_body(rest)?;
                    Some(rest.len())
                }
                Framing::Done => Some(0),
            };
            match used {
                Some(used) => rest = &rest[used..],
                None => {
                    self.partial.extend_from_slice(rest);
                    return Ok(Fed::More);
                }
            }
        }
    }

    fn take_body(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.body.len() + bytes.len() > MAX_BODY {
            return Err("the answer is too big".to_owned());
        }
        self.body.extend_from_slice(bytes);
        Ok(())
    }

    fn chunk_line(&mut self, rest: &[u8]) -> Result<Option<usize>, String> {
        match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((line, 0))) => {
                self.framing = Framing::Trailer;
                Ok(Some(line))
            }
            Ok(httparse::Status::Complete((line, size))) => {
                let size = usize::try_from(size).map_err(|_| "a chunk is too big".to_owned())?;
                self.framing = Framing::ChunkData(size);
                Ok(Some(line))
            }
            Ok(httparse::Status::Partial) => Ok(None),
            Err(_) => Err("a chunk size is not a number".to_owned()),
        }
    }

    fn head(&mut self, rest: &[u8]) -> Result<Option<usize>, String> {
        let mut headers = [httparse::EMPTY_HEADER; 96];
        let mut response = httparse::Response::new(&mut headers);
        let len = match response.parse(rest) {
            Ok(httparse::Status::Complete(len)) => len,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(format!("the head of the answer: {error}")),
        };
        self.status = response.code.unwrap_or(0);
        self.framing = Framing::UntilClose;
        for header in response.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                let length = std::str::from_utf8(header.value).ok().and_then(|v| v.trim().parse().ok());
                let length = length.ok_or_else(|| "content-length is not a number".to_owned())?;
                self.framing = if length == 0 { Framing::Done } else { Framing::Length(length) };
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                self.framing = Framing::ChunkLine;
            } else if header.name.eq_ignore_ascii_case("connection") {
                self.close = header.value.eq_ignore_ascii_case(b"close");
            }
        }
        self.close |= self.framing == Framing::UntilClose;
        Ok(Some(len))
    }
}

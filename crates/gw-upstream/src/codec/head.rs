//! Head of an answer: status, end-to-end headers, and how the body is delimited (RFC 9112, section 6.3).
//! Anything that two readers could understand differently is refused.

#[cfg(test)]
mod tests;

use crate::config::{MAX_HEAD_BYTES, MAX_HEADERS};
use crate::error::ProtocolError;
use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::mem::MaybeUninit;
use std::time::Duration;

/// Headers that a gateway adds before it passes a head on: the map need not grow, and hash all names anew, for them.
const ROOM_FOR_MORE: usize = 16;

/// How the body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    Empty,
    /// So many bytes.
    Length(u64),
    /// Chunked transfer coding.
    Chunked,
    /// Up to the end of the connection.
    UntilClose,
}

/// A parsed head.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) framing: Framing,
    /// The connection stays usable behind the body.
    pub(crate) keep_alive: bool,
    /// How long the peer says it keeps an idle connection.
    pub(crate) keep_for: Option<Duration>,
    /// Bytes of the head.
    pub(crate) len: usize,
}

/// What the connection-level headers say.
#[derive(Default)]
struct Connection {
    length: Option<u64>,
    transfer_encoding: bool,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    keep_for: Option<Duration>,
    /// Other names that `connection` lists: headers that are not to be passed on.
    listed: Vec<HeaderName>,
}

/// Parses the head at the beginning of `bytes`; `Ok(None)` when it is not complete. `no_body` is set when the
/// request was HEAD. An interim answer (1xx) is returned like any other, with an empty body.
pub(crate) fn parse(bytes: &[u8], no_body: bool) -> Result<Option<Head>, ProtocolError> {
    let mut slots = [const { MaybeUninit::<httparse::Header<'_>>::uninit() }; MAX_HEADERS];
    let mut raw = httparse::Response::new(&mut []);
    let window = bytes.get(..MAX_HEAD_BYTES).unwrap_or(bytes);
    let parsed =
        httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut raw, window, &mut slots);
    let len = match parsed {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) if bytes.len() >= MAX_HEAD_BYTES => {
            return Err(ProtocolError::HeadTooLarge);
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(ProtocolError::HeadTooLarge),
        Err(_) => return Err(ProtocolError::Head),
    };
    let status = raw.code.and_then(|c| StatusCode::from_u16(c).ok()).ok_or(ProtocolError::Head)?;
    let http10 = raw.version == Some(0);
    // One copy of the head; all values are slices of it.
    let owned = Bytes::copy_from_slice(&bytes[..len]);
    let mut connection = Connection::default();
    let mut headers = HeaderMap::with_capacity(raw.headers.len() + ROOM_FOR_MORE);
    for line in raw.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| ProtocolError::Head)?;
        if connection.take(&name, line.value)? {
            continue;
        }
        let start = line.value.as_ptr() as usize - bytes.as_ptr() as usize;
        let value = HeaderValue::from_maybe_shared(owned.slice(start..start + line.value.len()))
            .map_err(|_| ProtocolError::Head)?;
        headers.append(name, value);
    }
    for name in &connection.listed {
        headers.remove(name);
    }
    let framing = connection.framing(status, http10, no_body)?;
    let keep_alive =
        framing != Framing::UntilClose && !connection.close && (!http10 || connection.keep_alive);
    Ok(Some(Head { status, headers, framing, keep_alive, keep_for: connection.keep_for, len }))
}

impl Connection {
    /// Notes a connection-level header. True when it is not to be passed on.
    fn take(&mut self, name: &HeaderName, value: &[u8]) -> Result<bool, ProtocolError> {
        if *name == header::CONTENT_LENGTH {
            let length = parse_length(value).ok_or(ProtocolError::ContentLength)?;
            if self.length.is_some_and(|earlier| earlier != length) {
                return Err(ProtocolError::ContentLength);
            }
            // A repeated header is passed on once.
            return Ok(self.length.replace(length).is_some());
        }
        if *name == header::TRANSFER_ENCODING {
            // Only `chunked`, alone and once, can be understood in one way only.
            self.chunked = !self.transfer_encoding && value.eq_ignore_ascii_case(b"chunked");
            self.transfer_encoding = true;
        } else if *name == header::CONNECTION {
            self.connection_tokens(value);
        } else if name.as_str() == "keep-alive" {
            self.keep_for = keep_alive_timeout(value);
        } else {
            return Ok(is_hop_by_hop(name));
        }
        Ok(true)
    }

    fn connection_tokens(&mut self, value: &[u8]) {
        for token in value.split(|&b| b == b',').map(<[u8]>::trim_ascii) {
            if token.eq_ignore_ascii_case(b"close") {
                self.close = true;
            } else if token.eq_ignore_ascii_case(b"keep-alive") {
                self.keep_alive = true;
            } else if let Ok(name) = HeaderName::from_bytes(token) {
                self.listed.push(name);
            }
        }
    }

    fn framing(&self, status: StatusCode, http10: bool, no_body: bool) -> Result<Framing, ProtocolError> {
        if self.transfer_encoding {
            if self.length.is_some() {
                return Err(ProtocolError::ConflictingLengths);
            }
            if !self.chunked || http10 {
                return Err(ProtocolError::TransferEncoding);
            }
        }
        let bodiless = status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        Ok(if no_body || bodiless || self.length == Some(0) {
            Framing::Empty
        } else if self.transfer_encoding {
            Framing::Chunked
        } else {
            self.length.map_or(Framing::UntilClose, Framing::Length)
        })
    }
}

/// Headers that concern one connection only (RFC 9110, section 7.6.1), save for those handled above.
pub(crate) fn is_hop_by_hop(name: &HeaderName) -> bool {
    *name == header::TE
        || *name == header::TRAILER
        || *name == header::UPGRADE
        || *name == header::PROXY_AUTHENTICATE
        || *name == header::PROXY_AUTHORIZATION
        || name.as_str() == "proxy-connection"
}

/// Digits only: no sign, no blanks, no list.
fn parse_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(value.iter().fold(0, |sum, b| sum * 10 + u64::from(b - b'0')))
}

/// The `timeout` of a `keep-alive` header.
fn keep_alive_timeout(value: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?;
    let seconds = text.split(',').find_map(|part| part.trim().strip_prefix("timeout="))?;
    seconds.parse::<u32>().ok().map(|s| Duration::from_secs(s.into()))
}

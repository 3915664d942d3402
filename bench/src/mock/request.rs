//! Reads one HTTP/1.1 request for the mock: where it ends, and what it asks for. It looks for
//! the few words it needs and does not parse JSON, so that the mock stays far faster than what is measured.

use crate::wire::{Mode, Wire};
use memchr::memmem;

/// What a complete request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) wire: Wire,
    pub(super) mode: Mode,
    pub(super) include_usage: bool,
}

/// How much of a request has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More bytes are needed; the request ends no earlier than after `at_least` bytes.
    Partial { at_least: usize },
    /// The request takes the first `len` bytes.
    Complete { len: usize, ask: Ask },
    /// Not a request the mock can read.
    Bad,
}

/// Reads the request at the start of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Progress {
    let mut headers = [httparse::EMPTY_HEADER; 96];
    let mut request = httparse::Request::new(&mut headers);
    let head_len = match request.parse(bytes) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Progress::Partial { at_least: bytes.len() + 1 },
        Err(_) => return Progress::Bad,
    };
    let wire = match request.path {
        Some(path) if path.ends_with("/messages") => Wire::Messages,
        Some(_) => Wire::Chat,
        None => return Progress::Bad,
    };
    let mut content_length = 0_usize;
    let mut chunked = false;
    for header in request.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            match std::str::from_utf8(header.value).ok().and_then(|v| v.trim().parse().ok()) {
                Some(length) => content_length = length,
                None => return Progress::Bad,
            }
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = true;
        }
    }
    if chunked {
        return match chunked_len(&bytes[head_len..]) {
            Ok(Some(len)) => complete(wire, &bytes[head_len..head_len + len], head_len + len),
            Ok(None) => Progress::Partial { at_least: bytes.len() + 1 },
            Err(()) => Progress::Bad,
        };
    }
    let total = head_len + content_length;
    if bytes.len() < total {
        return Progress::Partial { at_least: total };
    }
    complete(wire, &bytes[head_len..total], total)
}

/// The length of a whole chunked body, or `None` while it is incomplete.
fn chunked_len(body: &[u8]) -> Result<Option<usize>, ()> {
    let mut at = 0;
    loop {
        match httparse::parse_chunk_size(&body[at..]) {
            Ok(httparse::Status::Complete((line, size))) => {
                let size = usize::try_from(size).map_err(|_| ())?;
                at = at
                    .checked_add(line)
                    .and_then(|v| v.checked_add(size))
                    .and_then(|v| v.checked_add(2))
                    .ok_or(())?;
                if at > body.len() {
                    return Ok(None);
                }
                if size == 0 {
                    return Ok(Some(at));
                }
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(()),
        }
    }
}

fn complete(wire: Wire, body: &[u8], len: usize) -> Progress {
    let mode = match memmem::find(body, b"bench-").map(|at| &body[at + 6..]) {
        Some(rest) if rest.starts_with(b"burst") => Mode::Burst,
        Some(rest) if rest.starts_with(b"paced") => Mode::Paced,
        Some(rest) if rest.starts_with(b"stall") => Mode::Stall,
        _ => Mode::Whole,
    };
    let mode = if mode.streams() && !is_true(body, b"\"stream\"") { Mode::Whole } else { mode };
    let include_usage = mode.streams() && is_true(body, b"\"include_usage\"");
    Progress::Complete { len, ask: Ask { wire, mode, include_usage } }
}

/// Whether `name` (with its quotes) is followed by `: true`.
fn is_true(body: &[u8], name: &[u8]) -> bool {
    memmem::find(body, name).is_some_and(|at| {
        let rest = body[at + name.len()..].trim_ascii_start();
        rest.strip_prefix(b":").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"true"))
    })
}

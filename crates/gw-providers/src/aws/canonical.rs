//! The canonical form of a request, which both sides sign. Serves signing and verification. It must not
//! decide which headers are signed.

use http::{HeaderMap, HeaderName};
use std::fmt::Write as _;

/// A request, as it stands on the wire.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'a> {
    /// `POST`.
    pub method: &'a str,
    /// The path as sent, percent-encoded: `/model/some.model-v1%3A0/converse`.
    pub path: &'a str,
    /// The query as sent, without its question mark; empty when there is none.
    pub query: &'a str,
    /// The host, when `headers` does not have it (the transport adds it).
    pub host: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
}

/// What HTTP/2 has in place of a host. AWS's SDK for JavaScript signs it by that name.
pub const AUTHORITY: &str = ":authority";

/// How a service wants the path to be canonical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathStyle {
    /// Empty and dot segments resolved: every service but S3.
    #[default]
    Normalized,
    /// As it is.
    AsIs,
}

/// The canonical request over the headers `signed` (lower case, sorted); `payload_hash` is hex.
#[must_use]
pub fn request(parts: &RequestParts<'_>, signed: &[&str], payload_hash: &str, style: PathStyle) -> String {
    let mut out = String::with_capacity(512);
    out.push_str(parts.method);
    out.push('\n');
    path(parts.path, style, &mut out);
    out.push('\n');
    query(parts.query, &mut out);
    out.push('\n');
    for name in signed {
        out.push_str(name);
        out.push(':');
        header(parts, name, &mut out);
        out.push('\n');
    }
    out.push('\n');
    names(signed, &mut out);
    out.push('\n');
    out.push_str(payload_hash);
    out
}

/// Appends names of headers, as they stand in the canonical request and in `authorization`.
pub fn names(signed: &[&str], out: &mut String) {
    for (index, name) in signed.iter().enumerate() {
        if index > 0 {
            out.push(';');
        }
        out.push_str(name);
    }
}

/// Appends the path. It is encoded once more than on the wire, so that `%3A` becomes `%253A`: services but S3
/// want it so.
fn path(path: &str, style: PathStyle, out: &mut String) {
    if style == PathStyle::AsIs {
        encode(if path.is_empty() { "/" } else { path }, true, out);
        return;
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    for segment in &segments {
        out.push('/');
        encode(segment, false, out);
    }
    if segments.is_empty() || path.ends_with('/') {
        out.push('/');
    }
}

/// Appends the query: names and values encoded alike, sorted by their encoded form.
fn query(query: &str, out: &mut String) {
    if query.is_empty() {
        return;
    }
    let normal = |text: &str| {
        let mut normal = String::with_capacity(text.len());
        encode_bytes(decode(text), false, &mut normal);
        normal
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (normal(name), normal(value)))
        .collect();
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        let separator = if index > 0 { "&" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(out, "{separator}{name}={value}");
    }
}

/// Appends a header's values, each trimmed and with runs of spaces as one, joined by commas.
fn header(parts: &RequestParts<'_>, name: &str, out: &mut String) {
    let start = out.len();
    for (index, value) in parts.headers.get_all(name).iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        // Signed text must be comparable; what is not UTF-8 cannot be.
        let text = std::str::from_utf8(value.as_bytes()).unwrap_or_default();
        for (index, word) in text.split_ascii_whitespace().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    let is_host = name == HeaderName::as_str(&http::header::HOST) || name == AUTHORITY;
    if out.len() == start && is_host {
        out.push_str(parts.host);
    }
}

fn encode(text: &str, keeps_slashes: bool, out: &mut String) {
    encode_bytes(text.bytes(), keeps_slashes, out);
}

fn encode_bytes(bytes: impl Iterator<Item = u8>, keeps_slashes: bool, out: &mut String) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b'/' if keeps_slashes => out.push('/'),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

/// Percent-decoded bytes; a percent sign that encodes nothing stays.
fn decode(text: &str) -> impl Iterator<Item = u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        rest = after;
        if *first == b'%'
            && let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            rest = after;
            return Some(high << 4 | low);
        }
        Some(*first)
    })
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The bytes of 64 hex digits, of either case.
#[must_use]
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != out.len() * 2 {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = *pair else { return None };
        let value = char::from(high).to_digit(16)? * 16 + char::from(low).to_digit(16)?;
        *byte = u8::try_from(value).ok()?;
    }
    Some(out)
}

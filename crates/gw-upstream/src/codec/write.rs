//! Writes the head of a request. The caller's connection-level headers never reach the wire.

use super::head::is_hop_by_hop;
use crate::message::UpstreamRequest;
use http::Method;
use http::header::{self, HeaderName};

/// What the head says of the destination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    /// `http://host:port` in front of the path, when a proxy forwards plain requests.
    pub(crate) absolute: Option<&'a str>,
    /// Value of the `host` header.
    pub(crate) host: &'a str,
    /// Value of `proxy-authorization`, when a proxy forwards plain requests.
    pub(crate) proxy_authorization: Option<&'a str>,
    /// The connection is asked to become a WebSocket.
    pub(crate) upgrade: bool,
}

/// True when the path can stand in a request line.
pub(crate) fn is_valid_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|b| (0x21..=0x7e).contains(&b))
}

/// A header that a request must not bring along, since the client writes it itself or it concerns one
/// connection only.
pub(crate) fn is_own_header(name: &HeaderName) -> bool {
    *name == header::HOST
        || *name == header::CONTENT_LENGTH
        || *name == header::TRANSFER_ENCODING
        || *name == header::CONNECTION
        || *name == header::EXPECT
        || is_hop_by_hop(name)
        || name.as_str() == "keep-alive"
}

/// True when the request states its length: it has a body, or its method is one that usually has.
pub(crate) fn states_length(method: &Method, body_len: usize) -> bool {
    body_len > 0 || *method == Method::POST || *method == Method::PUT || *method == Method::PATCH
}

/// Appends the head. False, with nothing appended, when the path is not valid.
pub(crate) fn write_head(out: &mut Vec<u8>, to: Target<'_>, req: &UpstreamRequest, body_len: usize) -> bool {
    if !is_valid_path(&req.path_and_query) {
        return false;
    }
    out.extend_from_slice(req.method.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(to.absolute.unwrap_or_default().as_bytes());
    out.extend_from_slice(req.path_and_query.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\nhost: ");
    out.extend_from_slice(to.host.as_bytes());
    out.extend_from_slice(b"\r\n");
    if let Some(value) = to.proxy_authorization {
        line(out, b"proxy-authorization", value.as_bytes());
    }
    for (name, value) in &req.headers {
        if !is_own_header(name) {
            line(out, name.as_str().as_bytes(), value.as_bytes());
        }
    }
    if to.upgrade {
        line(out, b"connection", b"Upgrade");
        line(out, b"upgrade", b"websocket");
    }
    if states_length(&req.method, body_len) {
        line(out, b"content-length", itoa::Buffer::new().format(body_len).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    true
}

/// True when `bytes` hold the empty line that ends a head, seen from `from` on: spares parsing a head again
/// and again while it trickles in.
pub(crate) fn head_is_complete(bytes: &[u8], from: usize) -> bool {
    let tail = &bytes[from.saturating_sub(3).min(bytes.len())..];
    memchr::memmem::find(tail, b"\n\r\n").is_some() || memchr::memmem::find(tail, b"\n\n").is_some()
}

fn line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

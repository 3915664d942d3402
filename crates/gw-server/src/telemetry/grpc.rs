//! A unary call of gRPC over HTTP/2: the frame around its message, and what the trailers say. Pure.

use super::send::Fault;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::{BufMut, Bytes, BytesMut};
use gw_telemetry::proto::collector::RpcStatus;
use http::HeaderMap;
use http::header::HeaderValue;
use prost::Message;

/// Codes that say that the same call may go well later.
const RETRYABLE: [u32; 6] = [1, 4, 10, 11, 14, 15];
/// The collector is busy: only where it says when to come again.
const EXHAUSTED: u32 = 8;
/// Bytes in front of a message.
const PREFIX: usize = 5;

/// A message with what goes in front of it.
pub(super) fn framed(message: &[u8], is_compressed: bool) -> Bytes {
    let mut out = BytesMut::with_capacity(PREFIX + message.len());
    out.put_u8(is_compressed.into());
    out.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    out.put_slice(message);
    out.freeze()
}

/// The headers of a call.
pub(super) fn put_headers(headers: &mut HeaderMap, is_compressed: bool, timeout_ms: u64) {
    headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    headers.insert("te", HeaderValue::from_static("trailers"));
    if is_compressed {
        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
    }
    if let Ok(timeout) = HeaderValue::from_str(&format!("{timeout_ms}m")) {
        headers.insert("grpc-timeout", timeout);
    }
}

/// The message of an answer; an empty one where it can not be read.
pub(super) fn unframed(body: &[u8]) -> &[u8] {
    match body.split_at_checked(PREFIX) {
        // What would be compressed was not asked for.
        Some(([0, ..], message)) => message,
        _ => &[],
    }
}

/// What came of a call, which stands in the trailers, or in the headers where there is nothing else.
pub(super) fn outcome(headers: &HeaderMap, trailers: Option<&HeaderMap>) -> Result<(), Fault> {
    let find = |name: &str| trailers.and_then(|map| map.get(name)).or_else(|| headers.get(name));
    let code = find("grpc-status").and_then(|value| value.to_str().ok()).and_then(|code| code.parse().ok());
    let Some(code) = code else {
        return Err(Fault::again("its answer says nothing of what came of the call", None));
    };
    let message = find("grpc-message").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let details = find("grpc-status-details-bin").and_then(|value| details(value.as_bytes()));
    let after_ms = details.and_then(|details| details.retry_after_ms());
    let said = format!("gRPC status {code} {message}");
    match code {
        0 => Ok(()),
        code if RETRYABLE.contains(&code) => Err(Fault::again(said, after_ms)),
        EXHAUSTED if after_ms.is_some() => Err(Fault::again(said, after_ms)),
        _ => Err(Fault::last(said)),
    }
}

fn details(value: &[u8]) -> Option<RpcStatus> {
    let bytes = STANDARD_NO_PAD.decode(value).or_else(|_| STANDARD.decode(value)).ok()?;
    RpcStatus::decode(bytes.as_slice()).ok()
}

#[cfg(test)]
mod tests;

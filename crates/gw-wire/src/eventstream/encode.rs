//! Messages written. Serves the writers of formats that stream in this framing. It must not leave half a
//! message behind when it fails.

use super::header::HeaderValue;
use super::{MAX_HEADERS_BYTES, MAX_PAYLOAD_BYTES, OVERHEAD_BYTES};
use crate::codec::WireError;
use std::fmt;

/// Why a message cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// A header's name is empty or has more than 255 bytes.
    HeaderName,
    /// A header's value has more than 32,767 bytes.
    HeaderValue,
    /// The headers have more than 128 KiB.
    Headers,
    /// The payload has more than 24 MiB.
    Payload,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeaderName => "a header's name is empty or too long",
            Self::HeaderValue => "a header's value is too long",
            Self::Headers => "the headers are too long",
            Self::Payload => "the payload is too long",
        })
    }
}

impl std::error::Error for EncodeError {}

impl From<EncodeError> for WireError {
    fn from(_: EncodeError) -> Self {
        Self::TooLarge { what: "bytes of an event-stream message", limit: super::MAX_MESSAGE_BYTES }
    }
}

/// Appends a message.
///
/// # Errors
/// Something is too long for the format; `out` is as before then.
pub fn encode(
    headers: &[(&str, HeaderValue<'_>)],
    payload: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    encode_with(headers, |out| out.extend_from_slice(payload), out)
}

/// Appends a message whose payload `payload` appends.
///
/// # Errors
/// Something is too long for the format; `out` is as before then.
pub fn encode_with(
    headers: &[(&str, HeaderValue<'_>)],
    payload: impl FnOnce(&mut Vec<u8>),
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    let written = append(headers, payload, start, out);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

fn append(
    headers: &[(&str, HeaderValue<'_>)],
    payload: impl FnOnce(&mut Vec<u8>),
    start: usize,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    out.extend_from_slice(&[0; 12]);
    let headers_at = out.len();
    for (name, value) in headers {
        header(name, *value, out)?;
    }
    let header_bytes = out.len() - headers_at;
    if header_bytes > MAX_HEADERS_BYTES {
        return Err(EncodeError::Headers);
    }
    let payload_at = out.len();
    payload(out);
    let payload_bytes = out.len().saturating_sub(payload_at);
    if payload_bytes > MAX_PAYLOAD_BYTES {
        return Err(EncodeError::Payload);
    }
    let total = u32::try_from(OVERHEAD_BYTES + header_bytes + payload_bytes);
    let (total, header_bytes) =
        (total.map_err(|_| EncodeError::Payload)?, u32::try_from(header_bytes).unwrap_or(0));
    if let Some(prelude) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut::<12>) {
        let (lengths, crc) = prelude.split_at_mut(8);
        let (first, second) = lengths.split_at_mut(4);
        first.copy_from_slice(&total.to_be_bytes());
        second.copy_from_slice(&header_bytes.to_be_bytes());
        crc.copy_from_slice(&crc32fast::hash(lengths).to_be_bytes());
    }
    let crc = crc32fast::hash(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&crc.to_be_bytes());
    Ok(())
}

fn header(name: &str, value: HeaderValue<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let length = u8::try_from(name.len()).ok().filter(|length| *length > 0);
    out.push(length.ok_or(EncodeError::HeaderName)?);
    out.extend_from_slice(name.as_bytes());
    match value {
        HeaderValue::Bool(true) => out.push(0),
        HeaderValue::Bool(false) => out.push(1),
        HeaderValue::Byte(byte) => typed(2, &byte.to_be_bytes(), out),
        HeaderValue::Short(short) => typed(3, &short.to_be_bytes(), out),
        HeaderValue::Int(int) => typed(4, &int.to_be_bytes(), out),
        HeaderValue::Long(long) => typed(5, &long.to_be_bytes(), out),
        HeaderValue::Bytes(bytes) => sized(6, bytes, out)?,
        HeaderValue::Text(text) => sized(7, text.as_bytes(), out)?,
        HeaderValue::TimestampMs(ms) => typed(8, &ms.to_be_bytes(), out),
        HeaderValue::Uuid(bytes) => typed(9, &bytes, out),
    }
    Ok(())
}

fn typed(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(bytes);
}

fn sized(kind: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let length = i16::try_from(bytes.len()).map_err(|_| EncodeError::HeaderValue)?;
    out.push(kind);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

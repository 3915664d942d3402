//! AWS's binary event stream, written by hand: total length and header length (big-endian), a CRC-32 of
//! these, headers, payload, a CRC-32 of everything before. It must not know what a message says.

/// Bytes before the headers: two lengths and their checksum.
const PRELUDE_BYTES: usize = 12;

/// Bytes of a checksum.
const CRC_BYTES: usize = 4;

/// Type of a header value that is text.
const TEXT: u8 = 7;

/// Appends a message whose header values are texts.
pub(super) fn write(headers: &[(&str, &str)], payload: &[u8], out: &mut Vec<u8>) {
    let mut encoded = Vec::new();
    for (name, value) in headers {
        encoded.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        encoded.extend_from_slice(name.as_bytes());
        encoded.push(TEXT);
        encoded.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        encoded.extend_from_slice(value.as_bytes());
    }
    assemble(&encoded, payload, out);
}

/// The message with the second half of its payload gone, its lengths and checksums right.
pub(super) fn halved(message: &[u8]) -> Option<Vec<u8>> {
    let header_bytes = usize::try_from(u32::from_be_bytes(message.get(4..8)?.try_into().ok()?)).ok()?;
    let payload_start = PRELUDE_BYTES + header_bytes;
    let headers = message.get(PRELUDE_BYTES..payload_start)?;
    let payload = message.get(payload_start..message.len().checked_sub(CRC_BYTES)?)?;
    let mut out = Vec::new();
    assemble(headers, &payload[..payload.len() / 2], &mut out);
    Some(out)
}

fn assemble(headers: &[u8], payload: &[u8], out: &mut Vec<u8>) {
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    let start = out.len();
    out.extend_from_slice(&length(PRELUDE_BYTES + headers.len() + payload.len() + CRC_BYTES));
    out.extend_from_slice(&length(headers.len()));
    let prelude = crc32fast::hash(&out[start..]);
    out.extend_from_slice(&prelude.to_be_bytes());
    out.extend_from_slice(headers);
    out.extend_from_slice(payload);
    let message = crc32fast::hash(&out[start..]);
    out.extend_from_slice(&message.to_be_bytes());
}

//! AWS's binary event stream (`application/vnd.amazon.eventstream`), framing only. Serves the response stages
//! of formats that stream in it. It must not know what a message means.
//!
//! A message is: total length and length of the headers (4 bytes each, big-endian), a CRC-32 of those 8 bytes,
//! headers, payload, and a CRC-32 of everything before it. A header is a name (1 byte of length), a type and a
//! value. Source: AWS documentation, "Event stream encoding".

mod decode;
mod encode;
mod header;

pub use decode::{DecodeError, Decoder, Message};
pub use encode::{EncodeError, encode, encode_with};
pub use header::{HeaderFault, HeaderIter, HeaderValue, Headers};

/// The content type of a body in this framing.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";
/// The largest message that AWS's services send: 24 MiB of payload and 128 KiB of headers.
pub const MAX_MESSAGE_BYTES: usize = MAX_PAYLOAD_BYTES + MAX_HEADERS_BYTES + OVERHEAD_BYTES;

const MAX_PAYLOAD_BYTES: usize = 24 << 20;
/// The limit of the format on a message's headers.
const MAX_HEADERS_BYTES: usize = 128 << 10;
/// The two lengths and their checksum.
const PRELUDE_BYTES: usize = 12;
/// Prelude and the message's checksum.
const OVERHEAD_BYTES: usize = PRELUDE_BYTES + 4;

#[cfg(test)]
mod tests;

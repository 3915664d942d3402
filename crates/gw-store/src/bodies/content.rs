//! The bodies of one call, and their stored form: `version u8 = 2 | length u32, little-endian | LZ4 of postcard`. The form
//! never changes; a later version is another number. The one before, `1 | deflate of postcard`, is read for ever: it is
//! smaller, and takes longer to make.

use crate::error::StoreError;
use flate2::read::DeflateDecoder;
use lz4_flex::block::{compress_into, decompress, get_maximum_output_size};
use serde::{Deserialize, Serialize};
use std::io::Read;

const DEFLATED: u8 = 1;
const VERSION: u8 = 2;
const HEAD_BYTES: usize = 1 + 4;
/// What stands around two bodies, about.
const FRAME_BYTES: usize = 128;
/// Most bytes that one call's bodies may grow to when they are opened.
const MAX_OPENED: u64 = 256 << 20;

/// One direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodySide {
    /// The bytes, as the caller sent or got them.
    #[serde(with = "bytes_form")]
    pub bytes: Vec<u8>,
    /// Its `content-type`; empty when it is not known.
    pub content_type: String,
    /// There was more than is kept.
    pub is_cut: bool,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyContent {
    /// The caller's wire format.
    pub format: String,
    /// What was asked.
    pub request: BodySide,
    /// What was answered.
    pub response: BodySide,
    /// Personal data and credentials were masked.
    pub is_masked: bool,
}

impl BodyContent {
    /// How many bytes of bodies there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.request.bytes.len() + self.response.bytes.len()
    }

    /// True when there is nothing to keep.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when one of them holds a text, which is in lower case; as it stands there, and as JSON would write it.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        let written = serde_json::to_string(text).unwrap_or_default();
        let written = written.trim_matches('"');
        [&self.request, &self.response].into_iter().any(|side| {
            let body = String::from_utf8_lossy(&side.bytes).to_lowercase();
            body.contains(text) || body.contains(written)
        })
    }

    /// As it is sealed. Errors: there is no memory for it.
    pub(super) fn pack(&self) -> Result<Vec<u8>, StoreError> {
        let damaged = || StoreError::Damaged { what: "bodies of a call" };
        let room = Vec::with_capacity(self.len() + FRAME_BYTES);
        let plain = postcard::to_extend(self, room).map_err(|_| damaged())?;
        let length = u32::try_from(plain.len()).map_err(|_| damaged())?;
        let mut out = vec![0; HEAD_BYTES + get_maximum_output_size(plain.len())];
        let (head, room) = out.split_at_mut(HEAD_BYTES);
        head.copy_from_slice(&[[VERSION].as_slice(), &length.to_le_bytes()].concat());
        let used = compress_into(&plain, room).map_err(|_| damaged())?;
        out.truncate(HEAD_BYTES + used);
        Ok(out)
    }

    /// What [`Self::pack`] made. Errors: it is not that.
    #[expect(clippy::disallowed_methods, reason = "read to its end within a limit")]
    pub(super) fn unpack(packed: &[u8]) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged { what: "bodies of a call" };
        let (version, rest) = packed.split_first().ok_or_else(damaged)?;
        let mut plain = Vec::new();
        match *version {
            DEFLATED => {
                let read = DeflateDecoder::new(rest).take(MAX_OPENED).read_to_end(&mut plain);
                read.map_err(|_| damaged())?;
            }
            VERSION => {
                let (length, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
                let length = u64::from(u32::from_le_bytes(*length));
                // No text becomes less than a 255th of it.
                if length > MAX_OPENED || length / 256 > rest.len() as u64 {
                    return Err(damaged());
                }
                plain = decompress(rest, usize::try_from(length).map_err(|_| damaged())?)
                    .map_err(|_| damaged())?;
            }
            _ => return Err(damaged()),
        }
        postcard::from_bytes(&plain).map_err(|_| damaged())
    }
}

/// Bytes in one piece, not one by one.
mod bytes_form {
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        from.deserialize_bytes(Bytes)
    }

    struct Bytes;

    impl Visitor<'_> for Bytes {
        type Value = Vec<u8>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bytes")
        }
        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            Ok(bytes.to_vec())
        }
    }
}

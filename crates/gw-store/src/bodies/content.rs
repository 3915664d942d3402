//! The bodies of one call, and their stored form: `version u8 = 2 | length u32, little-endian | LZ4 of postcard`. The form
//! never changes; a later version is another number. The one before, `1 | deflate of postcard`, is read for ever: it is
//! smaller, and takes longer to make.

use crate::error::StoreError;
use flate2::read::DeflateDecoder;
use lz4::block::{CompressionMode, compress_bound, compress_to_buffer, decompress};
use serde::{Deserialize, Serialize};
use std::io::Read;

const DEFLATED: u8 = 1;
const VERSION: u8 = 2;
const HEAD_BYTES: usize = 1 + 4;
/// What stands around two bodies, about.
const FRAME_BYTES: usize = 128;
/// How much LZ4 hurries where it finds nothing that was there before. English of 4 KiB, in chat completions, keeps nine tenths of its
/// size in a third of the time that it takes to keep seven, and what repeats itself as little as before, or nearly. Where many bytes
/// are, in long texts, it saves little time.
const ACCELERATION: i32 = 8;
/// Bytes up to which it hurries.
const HURRIED_BYTES: usize = 8 << 10;
/// Memory that stays in use for packing.
const ROOM_BYTES: usize = 1 << 20;
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

/// Memory that bodies are packed in, one call's after another's: it stays in the processor's cache.
#[derive(Debug, Default)]
pub(super) struct PackRoom {
    plain: Vec<u8>,
    packed: Vec<u8>,
}

impl PackRoom {
    /// Keeps a usual room only.
    pub(super) fn shrink(&mut self) {
        for room in [&mut self.plain, &mut self.packed] {
            room.truncate(ROOM_BYTES);
            room.shrink_to(ROOM_BYTES);
        }
    }
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

    /// As it is sealed, in a room that is used again. Errors: there is no memory for it.
    pub(super) fn pack<'r>(&self, room: &'r mut PackRoom) -> Result<&'r [u8], StoreError> {
        let damaged = || StoreError::Damaged { what: "bodies of a call" };
        let PackRoom { plain, packed } = room;
        plain.clear();
        plain.reserve(self.len() + FRAME_BYTES);
        *plain = postcard::to_extend(self, std::mem::take(plain)).map_err(|_| damaged())?;
        let length = u32::try_from(plain.len()).map_err(|_| damaged())?;
        let most = HEAD_BYTES + compress_bound(plain.len()).map_err(|_| damaged())?;
        if packed.len() < most {
            packed.resize(most, 0);
        }
        let (head, rest) = packed.split_at_mut(HEAD_BYTES);
        head.copy_from_slice(&[[VERSION].as_slice(), &length.to_le_bytes()].concat());
        let acceleration = if plain.len() <= HURRIED_BYTES { ACCELERATION } else { 1 };
        let mode = Some(CompressionMode::FAST(acceleration));
        let used = compress_to_buffer(plain, mode, false, rest).map_err(|_| damaged())?;
        packed.get(..HEAD_BYTES + used).ok_or_else(damaged)
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
                plain = decompress(rest, Some(i32::try_from(length).map_err(|_| damaged())?))
                    .map_err(|_| damaged())?;
                if plain.len() as u64 != length {
                    return Err(damaged());
                }
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

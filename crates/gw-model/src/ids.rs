//! Newtype identifiers. All are 128 bits; request ids are UUID version 7 (time-ordered), so that a
//! store that clusters rows by id appends.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Identifies one request; the primary key of its [`crate::Record`]. UUID v7.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId(pub u128);

impl RequestId {
    /// Builds a UUID v7 from a wall clock in microseconds and 80 random bits (the low bits of `random`).
    /// The sub-millisecond part of the time goes into `rand_a`, so ids of one node sort by time.
    #[must_use]
    pub const fn new(unix_micros: i64, random: u128) -> Self {
        let millis = (unix_micros / 1000) as u128 & 0xFFFF_FFFF_FFFF;
        let sub = ((unix_micros % 1000) as u128 * 4) & 0xFFF;
        let rest = random & 0x3FFF_FFFF_FFFF_FFFF;
        Self(millis << 80 | 0x7 << 76 | sub << 64 | 0b10 << 62 | rest)
    }

    /// The smallest id that a request started at `unix_micros` can have; for range scans by time.
    #[must_use]
    pub const fn lower_bound(unix_micros: i64) -> Self {
        let millis = (unix_micros / 1000) as u128 & 0xFFFF_FFFF_FFFF;
        Self(millis << 80)
    }

    /// Milliseconds since the epoch at which the id was made.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        (self.0 >> 80) as i64
    }

    /// Its text, as [`fmt::Display`] writes it. Every answer states it, so it is made without the formatter.
    #[must_use]
    pub fn encode(self) -> [u8; 36] {
        let mut text = [b'-'; 36];
        let bytes = self.0.to_be_bytes();
        for (byte, at) in bytes.into_iter().zip(PLACES) {
            if let Some(place) = text.get_mut(at..at + 2) {
                place.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            }
        }
        text
    }
}

/// Where the digits of each byte stand: the hyphens are between the groups of 8, 4, 4, 4 and 12 digits.
const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// Without a table, so that the compiler can make all of them at once.
const fn digit(nibble: u8) -> u8 {
    nibble + if nibble < 10 { b'0' } else { b'a' - 10 }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.encode()).unwrap_or_default())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text was not an id of the expected shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a valid id")
    }
}

impl std::error::Error for InvalidId {}

impl FromStr for RequestId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut value = 0u128;
        let mut digits = 0;
        for c in text.chars().filter(|c| *c != '-') {
            value = value << 4 | u128::from(c.to_digit(16).ok_or(InvalidId)?);
            digits += 1;
            if digits > 32 {
                return Err(InvalidId);
            }
        }
        if digits == 32 { Ok(Self(value)) } else { Err(InvalidId) }
    }
}

/// One attempt of a request: the request's id and the attempt's number from 0. The id of a ledger entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct AttemptId {
    /// The request.
    pub request: RequestId,
    /// Number of the attempt, from 0.
    pub attempt: u8,
}

/// Identifies a virtual key (or the master key). Shown as `key_` and 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyId(pub u128);

impl KeyId {
    /// The master key's id, shown as `key_master`.
    pub const MASTER: Self = Self(0);
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::MASTER { f.write_str("key_master") } else { write!(f, "key_{:032x}", self.0) }
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let hex = text.strip_prefix("key_").ok_or(InvalidId)?;
        if hex == "master" {
            return Ok(Self::MASTER);
        }
        if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(InvalidId);
        }
        u128::from_str_radix(hex, 16).map(Self).map_err(|_| InvalidId)
    }
}

#[cfg(test)]
mod tests;

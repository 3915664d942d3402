//! One vector, in the spelling that the upstream sent, and its conversion into the other. Serves the readers
//! and writers of answers. It must not change a number: what is written is the shortest text of the same
//! 32-bit float.

use super::base64;
use super::form::Dtype;
use crate::codec::WireError;
use crate::json::{Kind, Value};
use std::borrow::Cow;
use std::io::Write as _;

/// A vector.
#[derive(Clone, Debug, PartialEq)]
pub enum Vector<'a> {
    /// A JSON array of numbers, as text.
    Numbers(Cow<'a, str>),
    /// Base64.
    Base64(Cow<'a, str>),
}

impl<'a> Vector<'a> {
    /// Reads a vector: an array of numbers, or base64.
    ///
    /// # Errors
    /// [`WireError::Shape`] when it is neither.
    pub fn read(value: &Value<'a>) -> Result<Self, WireError> {
        match value.kind {
            Kind::String => Ok(Self::Base64(value.as_str().unwrap_or_default())),
            Kind::Array if is_flat(value.raw()) => Ok(Self::Numbers(Cow::Borrowed(value.raw()))),
            _ => Err(WireError::Shape { what: "an embedding is neither a list of numbers nor base64" }),
        }
    }

    /// How many bytes stand in base64; `None` for a list.
    pub(super) fn base64_bytes(&self) -> Option<u64> {
        let Self::Base64(text) = self else { return None };
        let digits = text.trim_end_matches('=').len();
        Some((digits as u64).saturating_mul(3) / 4)
    }

    /// Appends the vector as a JSON value in the spelling wanted.
    ///
    /// # Errors
    /// [`WireError::Shape`] when base64 does not hold whole numbers of the type.
    pub fn write(&self, dtype: Dtype, as_base64: bool, out: &mut Vec<u8>) -> Result<(), WireError> {
        match (self, as_base64) {
            (Self::Numbers(text), false) => out.extend_from_slice(text.as_bytes()),
            (Self::Base64(text), true) => quoted(text, out),
            (Self::Numbers(text), true) => quoted(&base64::encode(&bytes_of(text, dtype)), out),
            (Self::Base64(text), false) => {
                let bytes = base64::decode(text)
                    .ok_or(WireError::Shape { what: "an embedding is text but not base64" })?;
                list(&bytes, dtype, out)?;
            }
        }
        Ok(())
    }
}

/// An array of scalars that are numbers. The text has been checked to be JSON, so that the letters of a number
/// can only be those of its exponent.
fn is_flat(array: &str) -> bool {
    let Some(inner) = array.get(1..array.len().saturating_sub(1)) else { return false };
    inner.bytes().all(|b| {
        matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E' | b',' | b' ' | b'\n' | b'\r' | b'\t')
    })
}

fn quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    crate::json::escape_into(out, text);
    out.push(b'"');
}

/// The bytes of the numbers in a JSON array. What is no number of the type is the nearest one.
fn bytes_of(array: &str, dtype: Dtype) -> Vec<u8> {
    let inner = array.get(1..array.len().saturating_sub(1)).unwrap_or_default();
    let numbers = inner.split(',').map(str::trim).filter(|number| !number.is_empty());
    let mut out = Vec::with_capacity(inner.len() / 2);
    for number in numbers {
        if dtype == Dtype::Float {
            out.extend_from_slice(&number.parse::<f32>().unwrap_or(0.0).to_le_bytes());
        } else {
            let number: i16 = number.parse().unwrap_or(0);
            out.push(number.clamp(-128, 255).to_le_bytes()[0]);
        }
    }
    out
}

/// Appends the numbers in `bytes` as a JSON array.
fn list(bytes: &[u8], dtype: Dtype, out: &mut Vec<u8>) -> Result<(), WireError> {
    out.reserve(bytes.len().saturating_mul(3).saturating_add(2));
    out.push(b'[');
    if dtype == Dtype::Float {
        let (floats, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(WireError::Shape { what: "an embedding in base64 does not hold whole floats" });
        }
        for (index, float) in floats.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let float = f32::from_le_bytes(*float);
            // JSON has no word for what is not finite.
            let float = if float.is_finite() { float } else { 0.0 };
            // Writing into memory cannot fail.
            let _ = write!(out, "{float}");
        }
    } else {
        let is_signed = matches!(dtype, Dtype::Int8 | Dtype::Binary);
        for (index, byte) in bytes.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let number = if is_signed { i16::from(byte.cast_signed()) } else { i16::from(*byte) };
            out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        }
    }
    out.push(b']');
    Ok(())
}

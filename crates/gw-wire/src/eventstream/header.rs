//! Headers of a message: checked once when the message is decoded, read where they lie. Serves the decoder
//! and its users. It must not copy values.

use bytes::Bytes;
use std::fmt;

/// A value with its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderValue<'a> {
    /// A boolean.
    Bool(bool),
    /// One byte, signed.
    Byte(i8),
    /// Two bytes, signed.
    Short(i16),
    /// Four bytes, signed.
    Int(i32),
    /// Eight bytes, signed.
    Long(i64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text.
    Text(&'a str),
    /// Milliseconds since the epoch.
    TimestampMs(i64),
    /// A UUID.
    Uuid([u8; 16]),
}

/// Why headers cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// A header reaches beyond the headers' end.
    Cut,
    /// A name of no bytes.
    EmptyName,
    /// A name or a text that is not UTF-8.
    NotUtf8,
    /// A type that the format does not have.
    UnknownType(u8),
}

impl fmt::Display for HeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("a header reaches beyond the end of the headers"),
            Self::EmptyName => f.write_str("a header has no name"),
            Self::NotUtf8 => f.write_str("a header's name or text is not UTF-8"),
            Self::UnknownType(kind) => write!(f, "a header has the unknown type {kind}"),
        }
    }
}

/// The headers of one message, known to be well-formed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Bytes);

impl Headers {
    /// Takes the text of headers after a look at each.
    pub(super) fn checked(block: Bytes) -> Result<Self, HeaderFault> {
        let mut rest: &[u8] = &block;
        while !rest.is_empty() {
            (_, _, rest) = read(rest)?;
        }
        Ok(Self(block))
    }

    /// The headers in order.
    #[must_use]
    pub fn iter(&self) -> HeaderIter<'_> {
        HeaderIter { rest: &self.0 }
    }

    /// The value of the first header of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<HeaderValue<'_>> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The text of the first header of that name, when it is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            HeaderValue::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = (&'a str, HeaderValue<'a>);
    type IntoIter = HeaderIter<'a>;

    fn into_iter(self) -> HeaderIter<'a> {
        self.iter()
    }
}

/// Iterates over names and values.
#[derive(Clone, Debug)]
pub struct HeaderIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for HeaderIter<'a> {
    type Item = (&'a str, HeaderValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        // Checked when the message was decoded.
        let (name, value, rest) = read(self.rest).ok()?;
        self.rest = rest;
        Some((name, value))
    }
}

/// Reads one header: name, value, what is left.
fn read(block: &[u8]) -> Result<(&str, HeaderValue<'_>, &[u8]), HeaderFault> {
    let ([length], rest) = fixed::<1>(block)?;
    if length == 0 {
        return Err(HeaderFault::EmptyName);
    }
    let (name, rest) = rest.split_at_checked(usize::from(length)).ok_or(HeaderFault::Cut)?;
    let name = std::str::from_utf8(name).map_err(|_| HeaderFault::NotUtf8)?;
    let ([kind], rest) = fixed::<1>(rest)?;
    let (value, rest) = match kind {
        0 => (HeaderValue::Bool(true), rest),
        1 => (HeaderValue::Bool(false), rest),
        2 => fixed(rest).map(|(bytes, rest)| (HeaderValue::Byte(i8::from_be_bytes(bytes)), rest))?,
        3 => fixed(rest).map(|(bytes, rest)| (HeaderValue::Short(i16::from_be_bytes(bytes)), rest))?,
        4 => fixed(rest).map(|(bytes, rest)| (HeaderValue::Int(i32::from_be_bytes(bytes)), rest))?,
        5 => fixed(rest).map(|(bytes, rest)| (HeaderValue::Long(i64::from_be_bytes(bytes)), rest))?,
        6 => sized(rest).map(|(bytes, rest)| (HeaderValue::Bytes(bytes), rest))?,
        7 => {
            let (bytes, rest) = sized(rest)?;
            let text = std::str::from_utf8(bytes).map_err(|_| HeaderFault::NotUtf8)?;
            (HeaderValue::Text(text), rest)
        }
        8 => fixed(rest).map(|(bytes, rest)| (HeaderValue::TimestampMs(i64::from_be_bytes(bytes)), rest))?,
        9 => fixed(rest).map(|(bytes, rest)| (HeaderValue::Uuid(bytes), rest))?,
        unknown => return Err(HeaderFault::UnknownType(unknown)),
    };
    Ok((name, value, rest))
}

fn fixed<const N: usize>(block: &[u8]) -> Result<([u8; N], &[u8]), HeaderFault> {
    block.split_first_chunk::<N>().map(|(bytes, rest)| (*bytes, rest)).ok_or(HeaderFault::Cut)
}

fn sized(block: &[u8]) -> Result<(&[u8], &[u8]), HeaderFault> {
    let (length, rest) = fixed::<2>(block)?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(length))).ok_or(HeaderFault::Cut)
}

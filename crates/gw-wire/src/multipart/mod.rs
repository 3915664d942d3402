//! `multipart/form-data` bodies (RFC 7578), read in place: names of parts and where their values stand. Serves
//! facts of forms and their edits. It must not copy values or decode files.
//!
//! Readers of forms differ in what they forgive. Whatever one of them could take for another part than this one
//! does is refused, since the stages decide by what they read here and the upstream reads the same bytes again.

mod boundary;
mod head;

pub use boundary::{Boundary, is_form};

use gw_model::Span;
use memchr::memmem;
use std::fmt;

/// Most parts of a form.
pub const MAX_PARTS: usize = 256;
/// Longest head of a part, in bytes.
pub const MAX_HEAD_BYTES: usize = 8 << 10;

/// Why a body is no form that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormError {
    /// What is wrong, in words for the caller.
    pub what: &'static str,
    /// Where it stands in the body, in bytes.
    pub offset: usize,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {})", self.what, self.offset)
    }
}

impl std::error::Error for FormError {}

/// One part of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The field's name.
    pub name: &'a str,
    /// The file's name as written; `None` for a plain field.
    pub filename: Option<&'a str>,
    /// The part's own content type.
    pub content_type: Option<&'a str>,
    /// Where the value stands in the body.
    pub value: Span,
}

/// A form, read.
#[derive(Clone, Debug)]
pub struct Form<'a> {
    body: &'a [u8],
    /// The parts in their order.
    pub parts: Vec<Part<'a>>,
}

impl<'a> Form<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// See [`FormError`]: the boundary is missing or stands where it must not, a part's head cannot be read in
    /// one way only, or there are too many parts.
    pub fn parse(body: &'a [u8], boundary: &Boundary) -> Result<Self, FormError> {
        let delimiter = boundary.delimiter();
        let finder = memmem::Finder::new(delimiter);
        let mut marks = finder.find_iter(body);
        match marks.next() {
            Some(0) => {}
            _ => return Err(fault("the body does not begin with the boundary of its content type", 0)),
        }
        let mut parts = Vec::new();
        let mut start = delimiter.len();
        loop {
            // Behind a delimiter: the end of its line, or two dashes at the end of the form.
            match body.get(start..start + 2) {
                Some(b"\r\n") => start += 2,
                Some(b"--") => return Self::end(body, start + 2, parts),
                _ => return Err(fault("a boundary is not followed by the end of its line", start)),
            }
            let Some(next) = marks.next() else {
                return Err(fault("the form is not closed by its boundary and two dashes", body.len()));
            };
            // A line break before the delimiter belongs to it.
            let end =
                next.checked_sub(2).filter(|end| *end >= start && body.get(*end..next) == Some(b"\r\n"));
            let Some(end) = end else {
                return Err(fault("the boundary stands within a part", next));
            };
            if parts.len() == MAX_PARTS {
                return Err(fault("the form has too many parts", start));
            }
            parts.push(head::part(body, start, end)?);
            start = next + delimiter.len();
        }
    }

    fn end(body: &'a [u8], at: usize, parts: Vec<Part<'a>>) -> Result<Self, FormError> {
        match body.get(at..) {
            Some(b"" | b"\r\n") => Ok(Self { body, parts }),
            _ => Err(fault("something stands behind the end of the form", at)),
        }
    }

    /// The value of a part.
    #[must_use]
    pub fn value(&self, part: &Part<'_>) -> &'a [u8] {
        self.body.get(part.value.start..part.value.end).unwrap_or_default()
    }

    /// The parts of that name, in their order.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Part<'a>> {
        self.parts.iter().filter(move |part| part.name == name)
    }
}

const fn fault(what: &'static str, offset: usize) -> FormError {
    FormError { what, offset }
}

#[cfg(test)]
mod tests;

//! A value that has been found but not read. Serves facts and the codecs, which read the few values that
//! they need. It must not hold anything but a place in the text.

use super::cursor::{Cursor, DEPTH_CEILING, Kind};
use super::error::JsonError;
use super::scan::Object;
use super::string::unescape;
use gw_model::Span;
use std::borrow::Cow;

/// A place in a JSON text that has been checked.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    text: &'a str,
    /// Where it stands in the whole text.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

impl<'a> Value<'a> {
    pub(crate) const fn new(text: &'a str, span: Span, kind: Kind) -> Self {
        Self { text, span, kind }
    }

    /// The value as it is written.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.text.get(self.span.start..self.span.end).unwrap_or_default()
    }

    /// True for `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// The string, unescaped; `None` for other kinds.
    #[must_use]
    pub fn as_str(&self) -> Option<Cow<'a, str>> {
        if self.kind != Kind::String {
            return None;
        }
        let raw = self.raw();
        raw.get(1..raw.len() - 1).map(unescape)
    }

    /// The boolean; `None` for other kinds.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        (self.kind == Kind::Bool).then(|| self.raw() == "true")
    }

    /// The number as a whole, non-negative one; `None` when it is not one that fits. `5.0` and `5e0`
    /// are whole numbers too.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        if self.kind != Kind::Number {
            return None;
        }
        let raw = self.raw();
        raw.parse().ok().or_else(|| whole_number(raw))
    }

    /// The number; `None` for what is none, and for numbers beyond the range.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        if self.kind != Kind::Number {
            return None;
        }
        self.raw().parse().ok().filter(|found: &f64| found.is_finite())
    }

    /// The number as a whole one with sign; `None` when it is not one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        if self.kind != Kind::Number {
            return None;
        }
        self.raw().parse().ok()
    }

    /// The members, when it is an object; no member name may stand twice.
    ///
    /// # Errors
    /// It is no object, or a name stands twice.
    pub fn object(&self) -> Result<Object<'a>, JsonError> {
        Object::at(self.text, self.span)
    }

    /// The members, when it is an object; none for other kinds. Names are as written, escapes unread, and may
    /// stand twice: for answers, whose members cannot be refused any more.
    #[must_use]
    pub fn members(&self) -> Members<'a> {
        let mut cursor = Cursor::new(self.text.as_bytes(), self.span.start, DEPTH_CEILING);
        let more = self.kind == Kind::Object && cursor.enter().is_ok() && cursor.first_member() == Ok(true);
        Members { text: self.text, cursor, more }
    }

    /// The elements, when it is an array; none for other kinds.
    #[must_use]
    pub fn elements(&self) -> Elements<'a> {
        let mut cursor = Cursor::new(self.text.as_bytes(), self.span.start, DEPTH_CEILING);
        let more = self.kind == Kind::Array && cursor.enter().is_ok() && cursor.first_element() == Ok(true);
        Elements { text: self.text, cursor, more }
    }
}

/// Walks over the members of an object.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    text: &'a str,
    cursor: Cursor<'a>,
    more: bool,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<(&'a str, Value<'a>)> {
        if !self.more {
            return None;
        }
        let (key, _) = self.cursor.key().ok()?;
        let (kind, span) = self.cursor.skip_value().ok()?;
        self.more = self.cursor.next_member() == Ok(true);
        let name = self.text.get(key.start + 1..key.end - 1).unwrap_or_default();
        Some((name, Value::new(self.text, span, kind)))
    }
}

/// Walks over the elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    text: &'a str,
    cursor: Cursor<'a>,
    more: bool,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if !self.more {
            return None;
        }
        let (kind, span) = self.cursor.skip_value().ok()?;
        self.more = self.cursor.next_element() == Ok(true);
        Some(Value::new(self.text, span, kind))
    }
}

/// Whole numbers that are spelled with a fraction or an exponent.
fn whole_number(raw: &str) -> Option<u64> {
    let number: f64 = raw.parse().ok()?;
    let is_exact = (0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole and in range"
    )]
    is_exact.then_some(number as u64)
}

//! The members of an object, found without building values. Serves facts and the codecs. It must not copy
//! values, and it refuses a name that stands twice: else one reader would act on the first and the
//! upstream on the last.

use super::cursor::{Cursor, Kind};
use super::error::{JsonError, JsonErrorKind};
use super::string::unescape;
use super::value::Value;
use gw_model::Span;
use std::borrow::Cow;
use std::collections::HashSet;

/// Largest number of members of an object that is read.
pub const MAX_MEMBERS: usize = 1024;

/// From this many members on, duplicates are looked for in a hash set.
const LINEAR_SEARCH: usize = 24;

/// One member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// The name, unescaped.
    pub key: Cow<'a, str>,
    /// Where the name stands, quotes included.
    pub key_span: Span,
    /// Where the value stands.
    pub value: Span,
    /// What the value is.
    pub kind: Kind,
}

/// The members of an object, in their order. All spans count from the start of the whole text.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    text: &'a str,
    /// From the opening to the closing brace.
    pub span: Span,
    /// The members.
    pub members: Vec<Member<'a>>,
}

impl<'a> Object<'a> {
    /// Checks the whole of `body` (syntax, UTF-8, depth, numbers, nothing behind the object) and returns
    /// the members of its top-level object.
    ///
    /// # Errors
    /// What is wrong first, with its offset.
    pub fn parse(body: &'a [u8], max_depth: usize) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(body)
            .map_err(|e| JsonError { offset: e.valid_up_to(), kind: JsonErrorKind::BadUtf8 })?;
        let mut cursor = Cursor::new(body, 0, max_depth);
        let object = Self::read(text, &mut cursor)?;
        cursor.end()?;
        Ok(object)
    }

    /// The members of the object that starts at `span.start` of `text`.
    ///
    /// # Errors
    /// As [`Object::parse`]; also when another kind of value stands there.
    pub fn at(text: &'a str, span: Span) -> Result<Self, JsonError> {
        Self::read(text, &mut Cursor::new(text.as_bytes(), span.start, super::cursor::DEPTH_CEILING))
    }

    fn read(text: &'a str, cursor: &mut Cursor<'a>) -> Result<Self, JsonError> {
        let kind = cursor.peek()?;
        if kind != Kind::Object {
            return Err(cursor.error(JsonErrorKind::NotAnObject(kind)));
        }
        let start = cursor.offset();
        cursor.enter()?;
        let mut members = Members { list: Vec::with_capacity(12), names: None };
        let mut more = cursor.first_member()?;
        while more {
            let (key_span, escaped) = cursor.key()?;
            let raw = text.get(key_span.start + 1..key_span.end - 1).unwrap_or_default();
            let key = if escaped { unescape(raw) } else { Cow::Borrowed(raw) };
            let (kind, value) = cursor.skip_value()?;
            members.add(Member { key, key_span, value, kind })?;
            more = cursor.next_member()?;
        }
        Ok(Self { text, span: Span { start, end: cursor.offset() }, members: members.list })
    }

    /// The value of the member of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        let member = self.members.iter().find(|m| m.key == name)?;
        Some(self.value(member))
    }

    /// The value of a member of this object.
    #[must_use]
    pub fn value(&self, member: &Member<'a>) -> Value<'a> {
        Value::new(self.text, member.value, member.kind)
    }

    /// The text that the spans point into.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }
}

struct Members<'a> {
    list: Vec<Member<'a>>,
    names: Option<HashSet<Cow<'a, str>>>,
}

impl<'a> Members<'a> {
    fn add(&mut self, member: Member<'a>) -> Result<(), JsonError> {
        if self.list.len() >= MAX_MEMBERS {
            return Err(JsonError {
                offset: member.key_span.start,
                kind: JsonErrorKind::TooManyMembers(MAX_MEMBERS),
            });
        }
        if self.names.is_none() && self.list.len() >= LINEAR_SEARCH {
            self.names = Some(self.list.iter().map(|m| m.key.clone()).collect());
        }
        let is_new = match &mut self.names {
            Some(names) => names.insert(member.key.clone()),
            None => self.list.iter().all(|m| m.key != member.key),
        };
        if !is_new {
            let kind = JsonErrorKind::Duplicate(shorten(&member.key));
            return Err(JsonError { offset: member.key_span.start, kind });
        }
        self.list.push(member);
        Ok(())
    }
}

/// A name as it goes into a message: bounded, so that an error is never as large as its cause.
fn shorten(name: &str) -> String {
    name.chars().take(64).collect()
}

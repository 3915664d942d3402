//! The pull parser beneath everything else: moves over JSON text token by token and checks its syntax.
//! Serves the scanner, the estimate and the member scanner. It must not allocate on valid input, nor
//! recurse.

use super::error::{JsonError, JsonErrorKind};
use super::token;
use gw_model::Span;

/// What a value is, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `"`
    String,
    /// A digit or `-`.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`
    Null,
}

impl Kind {
    /// What to call it in a message: `an object`, `a string`, ...
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Null => "null",
        }
    }
}

/// No bound on depth may exceed this: the parser keeps one bit for each level.
pub const DEPTH_CEILING: usize = 1024;

/// A position in a JSON text.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Levels that may still be entered.
    depth_left: usize,
    max_depth: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at `at`. `max_depth` is cut to [`DEPTH_CEILING`].
    #[must_use]
    pub fn new(bytes: &'a [u8], at: usize, max_depth: usize) -> Self {
        let max_depth = max_depth.min(DEPTH_CEILING);
        Self { bytes, at, depth_left: max_depth, max_depth }
    }

    /// Offset of the next byte.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// Goes to another place of the same text, at the same depth.
    pub const fn move_to(&mut self, offset: usize) {
        self.at = offset;
    }

    /// The error `kind` at the position.
    #[must_use]
    pub const fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { offset: self.at, kind }
    }

    /// Skips white space and tells what comes next.
    ///
    /// # Errors
    /// The text ends, or no value starts here.
    #[inline]
    pub fn peek(&mut self) -> Result<Kind, JsonError> {
        self.skip_space();
        match self.byte() {
            Some(b'"') => Ok(Kind::String),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(self.unexpected()),
        }
    }

    /// Moves over one value of any kind, white space before it included.
    ///
    /// # Errors
    /// The value is malformed or too deep.
    #[inline]
    pub fn skip_value(&mut self) -> Result<(Kind, Span), JsonError> {
        let kind = self.peek()?;
        let start = self.at;
        match kind {
            Kind::Object | Kind::Array => self.skip_container(kind)?,
            scalar => self.at = token::scalar(self.bytes, self.at, scalar)?,
        }
        Ok((kind, Span { start, end: self.at }))
    }

    /// Moves over an object or array with a loop: recursion would let the text decide over the stack.
    fn skip_container(&mut self, kind: Kind) -> Result<(), JsonError> {
        let mut stack = KindStack::default();
        let mut is_object = kind == Kind::Object;
        // A copy that nothing points to: the compiler keeps it in registers.
        let mut inner = Cursor { ..*self };
        loop {
            inner.enter()?;
            stack.push(is_object);
            let mut more = inner.first(closing(is_object));
            loop {
                if more {
                    if is_object {
                        inner.key()?;
                    }
                    let kind = inner.peek()?;
                    if matches!(kind, Kind::Object | Kind::Array) {
                        is_object = kind == Kind::Object;
                        break;
                    }
                    inner.at = token::scalar(inner.bytes, inner.at, kind)?;
                } else {
                    stack.pop();
                    if stack.is_empty() {
                        *self = inner;
                        return Ok(());
                    }
                    is_object = stack.top_is_object();
                }
                more = inner.following(closing(is_object))?;
            }
        }
    }

    /// Moves over the opening bracket of an object or array. Call after [`Cursor::peek`].
    ///
    /// # Errors
    /// Too deep.
    #[inline]
    pub fn enter(&mut self) -> Result<(), JsonError> {
        if self.depth_left == 0 {
            return Err(self.error(JsonErrorKind::TooDeep(self.max_depth)));
        }
        self.depth_left -= 1;
        self.at += 1;
        Ok(())
    }

    /// After entering an object: true when a member comes, false when the object is over.
    ///
    /// # Errors
    /// Neither a member nor the end comes.
    #[inline]
    pub fn first_member(&mut self) -> Result<bool, JsonError> {
        Ok(self.first(b'}'))
    }

    /// After a member's value: true when another member comes, false when the object is over.
    ///
    /// # Errors
    /// Neither a comma nor the end comes.
    #[inline]
    pub fn next_member(&mut self) -> Result<bool, JsonError> {
        self.following(b'}')
    }

    /// After entering an array: true when an element comes, false when the array is over.
    ///
    /// # Errors
    /// The text ends.
    #[inline]
    pub fn first_element(&mut self) -> Result<bool, JsonError> {
        Ok(self.first(b']'))
    }

    /// After an element: true when another comes, false when the array is over.
    ///
    /// # Errors
    /// Neither a comma nor the end comes.
    #[inline]
    pub fn next_element(&mut self) -> Result<bool, JsonError> {
        self.following(b']')
    }

    /// Moves over a member's name and its colon. The span includes the quotes; the flag tells whether
    /// the name has escapes.
    ///
    /// # Errors
    /// No name or no colon comes.
    #[inline]
    pub fn key(&mut self) -> Result<(Span, bool), JsonError> {
        self.skip_space();
        if self.byte() != Some(b'"') {
            return Err(self.unexpected());
        }
        let key = self.string()?;
        self.skip_space();
        if self.byte() != Some(b':') {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(key)
    }

    /// Moves over a string whose opening quote is the next byte. The span includes the quotes; the flag
    /// tells whether it has escapes.
    ///
    /// # Errors
    /// The string is malformed.
    #[inline]
    pub fn string(&mut self) -> Result<(Span, bool), JsonError> {
        let start = self.at;
        let (end, escaped) = token::string(self.bytes, start)?;
        self.at = end;
        Ok((Span { start, end }, escaped))
    }

    /// Nothing but white space may follow.
    ///
    /// # Errors
    /// Something does.
    pub fn end(&mut self) -> Result<(), JsonError> {
        self.skip_space();
        if self.at < self.bytes.len() { Err(self.error(JsonErrorKind::TrailingBytes)) } else { Ok(()) }
    }

    /// The error for a byte that cannot stand here, or for the end of the text.
    #[cold]
    #[must_use]
    pub fn unexpected(&self) -> JsonError {
        token::unexpected(self.bytes, self.at)
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        // Machines write none.
        if self.byte().is_none_or(|byte| byte <= b' ') {
            self.at = token::behind_space(self.bytes, self.at);
        }
    }

    #[inline]
    fn first(&mut self, close: u8) -> bool {
        self.skip_space();
        let is_over = self.byte() == Some(close);
        if is_over {
            self.leave();
        }
        !is_over
    }

    #[inline]
    fn following(&mut self, close: u8) -> Result<bool, JsonError> {
        self.skip_space();
        match self.byte() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.leave();
                Ok(false)
            }
            _ => Err(self.unexpected()),
        }
    }

    #[inline]
    const fn leave(&mut self) {
        self.at += 1;
        self.depth_left += 1;
    }
}

const fn closing(is_object: bool) -> u8 {
    if is_object { b'}' } else { b']' }
}

/// Which of the open brackets are braces: one bit for each level.
#[derive(Debug, Default)]
struct KindStack {
    bits: [u64; DEPTH_CEILING / 64],
    depth: usize,
}

impl KindStack {
    fn push(&mut self, is_object: bool) {
        if let Some(word) = self.bits.get_mut(self.depth / 64) {
            let bit = 1 << (self.depth % 64);
            *word = if is_object { *word | bit } else { *word & !bit };
        }
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    const fn is_empty(&self) -> bool {
        self.depth == 0
    }

    fn top_is_object(&self) -> bool {
        let top = self.depth.wrapping_sub(1);
        self.bits.get(top / 64).is_some_and(|word| word >> (top % 64) & 1 == 1)
    }
}

//! What is wrong with a JSON text, and where. Serves every reader. It must not hold more of the text than a
//! bounded name.

use super::cursor::Kind;
use std::fmt;

/// What is wrong with a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// The text ends in the midst of a value.
    UnexpectedEnd,
    /// A byte that cannot stand there.
    UnexpectedByte(u8),
    /// A control character inside a string; it must be escaped.
    ControlCharacter(u8),
    /// A backslash followed by something that is no escape.
    BadEscape,
    /// Not UTF-8.
    BadUtf8,
    /// A number in a form that JSON does not have.
    BadNumber,
    /// Nested deeper than this bound.
    TooDeep(usize),
    /// A member name that stands twice in one object.
    Duplicate(String),
    /// An object that is read has more members than this bound.
    TooManyMembers(usize),
    /// Something follows the value.
    TrailingBytes,
    /// The value is of another kind than the one that is needed.
    NotAnObject(Kind),
}

/// Where a JSON text is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Offset in bytes from the start of the text.
    pub offset: usize,
    /// What is wrong there.
    pub kind: JsonErrorKind,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.offset;
        match &self.kind {
            JsonErrorKind::UnexpectedEnd => write!(f, "it ends at byte {at} in the midst of a value"),
            JsonErrorKind::UnexpectedByte(byte) => {
                write!(f, "unexpected `{}` at byte {at}", char::from(*byte).escape_default())
            }
            JsonErrorKind::ControlCharacter(byte) => {
                write!(f, "unescaped control character 0x{byte:02x} in a string at byte {at}")
            }
            JsonErrorKind::BadEscape => write!(f, "unknown escape in a string at byte {at}"),
            JsonErrorKind::BadUtf8 => write!(f, "it is not UTF-8 at byte {at}"),
            JsonErrorKind::BadNumber => write!(f, "malformed number at byte {at}"),
            JsonErrorKind::TooDeep(bound) => write!(f, "nested deeper than {bound} levels at byte {at}"),
            JsonErrorKind::Duplicate(name) => write!(f, "the member `{name}` stands twice (byte {at})"),
            JsonErrorKind::TooManyMembers(bound) => {
                write!(f, "an object has more than {bound} members at byte {at}")
            }
            JsonErrorKind::TrailingBytes => write!(f, "something follows the value at byte {at}"),
            JsonErrorKind::NotAnObject(kind) => {
                write!(f, "expected an object at byte {at}, found {}", kind.with_article())
            }
        }
    }
}

impl std::error::Error for JsonError {}

//! JSON as text: a validating scanner that finds members without building values, and edits that are
//! spliced into the original bytes. Serves facts, edit, usage and the codecs. It must not know any
//! wire format.
//!
//! Grammar: RFC 8259, narrower in three points: UTF-8 only, bounded depth, and no member name twice in
//! an object that is read.

mod alike;
mod check;
pub mod cursor;
mod error;
mod growing;
pub mod member;
mod plain;
pub mod scan;
pub mod splice;
mod string;
mod token;
mod value;
mod write;

pub(crate) use alike::Alike;
pub use check::is_json;
pub use cursor::Kind;
pub use error::{JsonError, JsonErrorKind};
pub(crate) use growing::Growing;
pub use scan::{Member, Object};
pub use string::{escape_into, unescape};
pub use value::{Elements, Members, Value};
pub use write::Writer;

#[cfg(test)]
mod tests;

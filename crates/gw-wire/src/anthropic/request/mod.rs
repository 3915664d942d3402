//! Requests of Anthropic Messages. Serves the translate step before an attempt. It must not decide what a
//! pair of formats loses in general (that is `translate::table`), only what single values become.

pub(crate) mod arguments;
mod base64;
pub(crate) mod members;
mod read;
mod read_content;
pub(crate) mod reasoning;
pub(crate) mod schema;
mod tools;
pub(crate) mod turns;
mod write;
mod write_content;

pub use read::read;
pub use write::write;

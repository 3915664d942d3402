//! Requests of Converse. Serves the translate step before an attempt. It must not decide what a pair of
//! formats loses in general, only what single values become.

mod cache;
mod documents;
mod fields;
mod read;
mod read_content;
mod tools;
mod write;
mod write_content;

pub use read::read;
pub use write::write;

//! Whole answers of Anthropic Messages. Serves translation of whole answers. It must not treat them apart
//! from streams: both are the same events.

mod read;
mod write;

pub use read::read;
pub(crate) use write::write_head;
pub use write::{write, write_error};

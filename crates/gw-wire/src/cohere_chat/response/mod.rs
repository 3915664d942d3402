//! Whole answers of Cohere chat. Serves translation of whole answers. It must not treat them apart from
//! streams: both are the same events.

mod read;
mod write;

pub use read::read;
pub use write::write;

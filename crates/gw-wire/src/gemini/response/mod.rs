//! Whole answers of `generateContent`. Serves translation of whole answers. It must not treat them apart from
//! streams: both are the same events, and a whole answer is a stream of one frame.

mod read;
mod write;

pub use read::read;
pub use write::write;
pub(crate) use write::{MAX_CHOICES, choice_of, write_candidate, write_tail};

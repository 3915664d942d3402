//! Streams of `streamGenerateContent`. Serves translation of streamed answers. It must not frame or unframe
//! beyond writing: the reader takes the data of one event (or one element of an array) at a time.

mod partial;
mod read;
mod write;

pub use read::Reader;
pub use write::{Framing, Writer};

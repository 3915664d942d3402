//! Streams of Anthropic Messages. Serves translation of streamed answers. It must not frame or unframe
//! server-sent events beyond writing them: the reader takes the data of one event at a time.

mod read;
mod write;

pub use read::Reader;
pub(crate) use read::StopDetails;
pub use write::Writer;

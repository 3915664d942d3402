//! Streams of Cohere chat. Serves translation of streamed answers. It must not frame or unframe server-sent
//! events beyond writing them: the reader takes the data of one event at a time.

mod read;
mod write;

pub use read::Reader;
pub use write::Writer;

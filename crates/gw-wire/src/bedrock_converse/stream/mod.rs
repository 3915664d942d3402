//! Streams of ConverseStream. Serves translation of streamed answers. It must not split bytes into messages:
//! the reader takes one decoded message at a time. The writer's output is whole messages.

mod frames;
mod read;
mod write;

pub use read::Reader;
pub use write::Writer;

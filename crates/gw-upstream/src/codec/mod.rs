//! HTTP/1.1 as a codec: request heads out, answer heads and body framing in. No sockets, no timers.

mod chunked;
mod head;
mod payload;
mod write;

pub(crate) use chunked::Chunked;
pub(crate) use head::{Head, parse};
pub(crate) use payload::Payload;
pub(crate) use write::{Target, head_is_complete, is_own_header, is_valid_path, states_length, write_head};

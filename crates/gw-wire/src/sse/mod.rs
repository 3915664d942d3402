//! Server-sent events: an incremental, bounded splitter of a byte stream into events, each with the exact
//! bytes it came in. Serves the response stages, which forward frames as they arrive. It must not
//! interpret what the events carry.
//!
//! Source of the format: WHATWG HTML, "Server-sent events", section "Interpreting an event stream". Two
//! deliberate differences: the bytes of comments are kept (they are forwarded), and a last event without
//! its blank line counts (some upstreams leave it out).

mod boundary;
mod frame;
mod framer;

pub use frame::{Frame, FrameView, SseEvent};
pub use framer::{FrameVerdict, Framer, SseError};

#[cfg(test)]
mod tests;

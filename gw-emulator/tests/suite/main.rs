//! The emulator's tests over real sockets, in one binary. They must not sleep for a fixed time, nor
//! need anything but this crate.
#![expect(clippy::expect_used, clippy::panic, reason = "a helper of a test fails the test")]

mod anthropic;
mod client;
mod cohere;
mod converse;
mod every_format;
mod faults;
mod gemini;
mod guide;
mod media;
mod openai;
mod realtime;
mod replay;
mod responses;

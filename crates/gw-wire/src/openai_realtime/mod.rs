//! OpenAI's Realtime events, as far as the gateway must understand them: what a client's event asks for, what a
//! server's event says was used, and the gateway's own error event. Serves sessions. Events themselves are passed on
//! as they came; it must not write any but errors.

pub mod client;
mod error;
pub mod server;

pub use error::error_event;

#[cfg(test)]
mod tests;

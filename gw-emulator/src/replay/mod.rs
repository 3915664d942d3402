//! Plays recorded exchanges: a request whose method and path were recorded gets the recorded status,
//! headers and exact bytes. It must not change a byte of a recorded body.

mod load;
mod player;

#[cfg(test)]
mod tests;

pub use load::{Exchange, ReplayError};
pub use player::Replay;
pub(crate) use player::Replayer;

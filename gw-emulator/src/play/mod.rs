//! Plays an answer: the bytes of a body with the marks of its frames, and the body that hands them
//! out with the pauses, pieces and endings that were asked for. It must not know any wire format.

mod binary;
mod body;
mod frames;
mod meter;
mod script;

#[cfg(test)]
mod tests;

pub use body::{BodyError, BoxBody};
pub(crate) use body::{PlayedBody, boxed_empty};
pub(crate) use frames::{Frames, Framing, Line};
pub(crate) use meter::BodyMeter;
pub(crate) use script::{Ending, Script};

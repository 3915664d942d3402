//! Faults: what a caller can ask the emulator to do wrong, and how they are named. This module turns
//! names into a [`Faults`] value; it must not act on any of them (`emulator`, `answer` and `play` do).

mod faults;
mod names;
mod parse;
mod standing;

#[cfg(test)]
mod tests;

pub use faults::{Faults, WrongUsage};
pub use names::{FAULT_NAMES, FaultName};
pub use parse::FaultError;
pub(crate) use standing::{Share, Standing};

//! Translation between wire formats, seen from outside: recorded answers and requests of providers, and
//! samples of this repository, must keep their meaning on the way to another format and back.
//!
//! Recorded exchanges are looked for in the folder that `GATEWRIGHT_FIXTURES` names, else beside the
//! workspace. Without them these tests say so and the samples remain.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test program: what goes wrong is to stop it, and what it skips is to be seen"
)]

mod asked;
mod chains;
mod digest;
mod docs;
mod errors;
mod exceptions;
mod fixtures;
mod formats;
mod recorded;
mod requests;
mod samples;
mod tally;
mod through;

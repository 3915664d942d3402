//! Fault drills: a scenario says how providers fail, what is asked meanwhile, and what must hold; a run starts
//! emulators and a gateway (or takes running ones), applies the faults at their times, and judges every single answer,
//! the gateway's records and what the emulators saw. Serves the command line.
//!
//! It must not look into the gateway: what is drilled is the process, through what its contract offers. Text for
//! people goes out through the caller.
#![forbid(unsafe_code)]

mod builtin;
mod clock;
mod error;
mod gateway_config;
mod load;
mod measure;
mod report;
mod rig;
mod run;
mod scenario;
#[cfg(test)]
mod testing;
mod wire;

pub use builtin::{BUILTIN, Builtin};
pub use error::DrillError;
pub use report::{Report, json, markdown};
pub use rig::Rig;
pub use run::run;
pub use scenario::Scenario;

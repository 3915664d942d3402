//! Providers as data and pure functions. Serves the attempt stage: [`prepare()`] builds an upstream request
//! from a call and a target, [`classify()`] reads a reply's head; the catalogue serves configuration and
//! pricing. It must not open sockets, keep state, read a clock, or know tenants.
#![forbid(unsafe_code)]

pub mod adapt;
pub mod aws;
pub mod catalog;
pub mod classify;
pub mod format;
pub mod headroom;
mod hosted;
pub mod prepare;
pub mod recognise;
pub mod token;

#[cfg(test)]
mod testing;

pub use adapt::adapt;
pub use catalog::{EmbeddedCatalog, catalog};
pub use classify::{Verdict, class, class_of, classify, classify_of, retry_after_ms};
pub use format::{counts_here, upstream_format};
pub use headroom::{Headroom, Room, headroom};
pub use hosted::error_format;
pub use prepare::{
    PrepareError, PrepareInput, PreparedProvider, StoredInput, UpstreamParts, check_path, object_path,
    prepare, prepare_probe, prepare_raw, prepare_stored, write_options,
};
pub use recognise::{Recognised, recognise};

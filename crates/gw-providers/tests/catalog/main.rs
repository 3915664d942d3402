//! The catalogue, provider by provider: for each there is a file in `requests/` that says which requests the gateway
//! makes for it, byte by byte. With `GATEWRIGHT_UPDATE=1` in the environment the files are written anew. Recorded
//! exchanges with real providers, where they are at hand, say whether those requests are the right ones.
//!
//! Recorded exchanges are looked for in the folder that `GATEWRIGHT_FIXTURES` names, else beside the repository.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod build;
mod facts;
mod recorded;
mod requests;

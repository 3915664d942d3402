//! Anthropic Messages: requests, answers and streams to and from the intermediate form. Serves translation
//! only; calls whose caller and target both speak this format are forwarded as bytes. It must not know
//! which provider serves the format, nor any other wire format.
//!
//! Source of the format: Anthropic API reference, "Messages" and "Streaming Messages", API version
//! [`API_VERSION`].

mod citation;
pub mod ids;
pub mod request;
pub mod response;
pub mod stop;
pub mod stream;
pub mod usage;
pub mod version;

/// The API version that translated requests are written for, to be sent as `anthropic-version`.
pub const API_VERSION: &str = "2023-06-01";

#[cfg(test)]
mod tests;

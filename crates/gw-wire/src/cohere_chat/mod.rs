//! Cohere chat (API version 2): requests, answers and streams to and from the intermediate form. Serves
//! translation only; calls whose caller and target both speak this format are forwarded as bytes. It must
//! not know which provider serves the format, nor any other wire format.
//!
//! Source of the format: Cohere API reference, "Chat" and "Chat with Streaming", version 2. What has no
//! field of its own in the intermediate form: `tool_plan` is thinking; documents that a tool gave are text;
//! citations of an answer are opaque events, which only this format's writers understand.

pub mod citation;
pub mod errors;
pub mod finish;
mod ids;
pub mod request;
pub mod response;
pub mod stream;
pub mod usage;

#[cfg(test)]
mod tests;

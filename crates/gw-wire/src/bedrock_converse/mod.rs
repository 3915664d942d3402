//! Bedrock's Converse and ConverseStream: requests, answers and streams to and from the intermediate form.
//! Serves translation only; calls whose caller and target both speak this format are forwarded as bytes. It
//! must not sign, build paths, or know who serves a model.
//!
//! The model and whether the answer streams stand in the path, not in the body. Streams are binary
//! ([`crate::eventstream`]). What many models take alike has members of the format; what one family takes goes
//! into `additionalModelRequestFields`, so that writers look at the model's name ([`family`]). Conversations
//! follow the same rules of turns, thinking and ids as Anthropic's, whose arrangement is used here.
//!
//! Source of the format: Amazon Bedrock Runtime API, "Converse" and "ConverseStream", version 2023-09-30.

mod blob;
mod citation;
pub mod errors;
mod family;
pub mod ids;
pub mod request;
pub mod response;
pub mod stop;
pub mod stream;
pub mod usage;

#[cfg(test)]
mod tests;

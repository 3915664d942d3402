//! OpenAI chat completions: requests, answers and streams to and from the intermediate form. Serves
//! translation only; calls whose caller and target both speak this format are forwarded as bytes. It must not
//! know which provider serves the format, nor any other wire format.
//!
//! Source of the format: OpenAI API reference, "Chat Completions". Reasoning has no place in it: this codec
//! reads and writes `reasoning_content` for the text and `reasoning_details` for signatures and hidden
//! reasoning, the members that most OpenAI-compatible services have settled on.

pub(crate) mod annotation;
pub(crate) mod answer;
pub(crate) mod finish;
pub(crate) mod logprobs;
pub mod request;
pub mod response;
pub mod stream;
pub(crate) mod usage;

#[cfg(test)]
mod tests;

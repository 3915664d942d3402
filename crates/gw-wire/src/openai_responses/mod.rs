//! OpenAI Responses: requests, answers and streams to and from the intermediate form. Serves translation only;
//! calls whose caller and target both speak this format are forwarded as bytes. It must not know which provider
//! serves the format, nor keep state: `store`, `previous_response_id` and `conversation` are only carried.
//!
//! Source of the format: OpenAI API reference, "Responses" and "Streaming events".

mod echo;
pub mod error;
mod ids;
mod items;
mod names;
pub mod request;
pub mod response;
pub mod stored;
pub mod stream;
pub mod usage;

pub use echo::Echo;

#[cfg(test)]
mod tests;

//! OpenAI legacy completions: requests, answers and streams to and from the intermediate form, in which a
//! prompt is one turn of a user. Serves translation only. It must not be used for several prompts at once:
//! each would be a conversation of its own.
//!
//! Source of the format: OpenAI API reference, "Completions (legacy)".

pub mod request;
pub mod response;
pub mod stream;

#[cfg(test)]
mod tests;

//! Whole answers of OpenAI chat completions. Serves the translate step of whole answers. It must not hold
//! anything beyond the call.

mod message;
pub(crate) mod parts;
mod read;
mod write;

pub(crate) use message::{Blocks, read_delta};
pub use read::read;
pub use write::write;
pub(crate) use write::{head, tail, write_logprobs, write_reasoning_details};

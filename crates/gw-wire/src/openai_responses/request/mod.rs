//! Requests of OpenAI Responses. Serves the translate step before an attempt. It must not decide what a pair of
//! formats loses in general, only what single values become.

mod custom;
mod members;
mod read;
mod read_content;
mod read_items;
mod read_tools;
mod write;
mod write_content;
mod write_items;
mod write_tools;

pub(super) use custom::{CLOSING, OPENING, unwrap as unwrap_input};
pub use read::read;
pub use write::write;

//! Joins any two wire formats through the intermediate form: requests, whole answers, streams. Serves the
//! translate steps of an attempt and of the response. It must not hold knowledge of one format that its own
//! folder could hold; what a pair of formats loses is decided in `table`.

mod conversation;
mod fit;
mod request;
mod stream;
pub mod table;
mod tool_names;
mod whole;

pub use conversation::{answer_events, as_stream, as_whole, read_request, stream_events, write_request};
pub use request::{PathFacts, request};
pub use stream::{StreamTranslator, error_events};
pub use tool_names::ToolNames;
pub use whole::{Whole, parts, whole};

#[cfg(test)]
mod tests;

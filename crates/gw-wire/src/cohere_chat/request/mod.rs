//! Requests of Cohere chat. Serves the translate step before an attempt. It must not decide what a pair of
//! formats loses in general (that is `translate::table`), only what single values become.

mod content;
mod messages;
mod read;
mod reasoning;
mod write;
mod write_messages;

pub use read::read;
pub use write::write;

//! Requests of OpenAI chat completions. Serves the translate step before an attempt. It must not decide what a
//! pair of formats loses in general, only what single values become.

mod content;
mod messages;
mod params;
mod read;
mod write;
mod write_messages;

pub(crate) use content::{nested, object, source, string, wrong};
pub(crate) use params::{Params, json, optional, strings};
pub use read::read;
pub(crate) use read::read_choices;
pub use write::write;

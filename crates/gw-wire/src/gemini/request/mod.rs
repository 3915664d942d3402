//! Requests of `generateContent` and `streamGenerateContent`. Serves the translate step before an attempt. It
//! must not decide what a pair of formats loses in general, only what single values become.
//!
//! Members without a field in the intermediate form travel in its `extra`: under OpenAI's name where there is
//! one (`presence_penalty`, `frequency_penalty`, `logprobs`, `top_logprobs`, `modalities`), else by their path
//! (`safetySettings`, `cachedContent`, `generationConfig.speechConfig`). The writer puts both where they belong.

mod config;
mod fields;
mod media;
mod read;
mod read_contents;
mod reasoning;
mod tools;
mod write;
mod write_config;
mod write_contents;
mod write_tools;

pub(crate) use fields::{Fields, object, wrong};
pub use read::read;
pub(crate) use read::read_members;
pub use write::write;
pub(crate) use write::write_wrapped;

//! Reranking: requests and answers of the dialects that providers speak, to and from one form. Serves
//! translation only; calls whose caller and target speak the same dialect are forwarded as bytes. It must not
//! know which provider serves a dialect, nor sort anything: the upstream's order is the answer.
//!
//! Sources: Cohere API reference "Rerank", versions 1 and 2; Jina AI, Voyage AI and Together AI API references
//! "Rerank"; Amazon Bedrock API reference, agents runtime, "Rerank".
//!
//! Upstreams are never asked to send the documents back: a caller who wants them gets its own ones.

pub mod answer;
mod bedrock;
pub mod form;
mod plain;
pub mod request;
pub mod translate;

pub use form::{Answer, Dialect, Document, Ranked, Request, Units};

#[cfg(test)]
mod tests;

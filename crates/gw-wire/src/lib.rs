//! Wire formats as pure codecs: what stands between the bytes of callers and upstreams and the vocabulary
//! of `gw-model`. Serves ingress (facts), attempt (edits, translation) and respond (usage, frames, errors).
//! It must not open sockets, read clocks, or know tenants or providers by name.
//!
//! Each format that can be translated has a folder with the same seams:
//! `request::read` and `request::write`, `response::read` and `response::write`,
//! `stream::Reader` and `stream::Writer`. `translate` joins any two of them.
#![forbid(unsafe_code)]

pub mod adapt;
pub mod anthropic;
pub mod batch_lines;
pub mod bedrock_converse;
mod blocks;
pub mod canonical;
mod cited;
pub mod codec;
pub mod cohere_chat;
pub mod complete;
pub mod counting;
pub mod edit;
pub mod embeddings;
pub mod errors;
pub mod estimate;
pub mod eventstream;
pub mod facts;
pub mod frames;
pub mod fuzzing;
pub mod gemini;
pub mod json;
pub mod multipart;
pub mod openai_chat;
pub mod openai_completions;
pub mod openai_realtime;
pub mod openai_responses;
mod outgoing;
pub mod parameters;
pub mod references;
pub mod rerank;
pub mod sse;
pub mod texts;
pub mod translate;
pub mod usage;
pub mod websocket;

pub use codec::{Options, WireError, WriteContext, Written};

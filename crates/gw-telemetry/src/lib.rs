//! What is told of requests in OpenTelemetry: a request that has ended becomes spans, counts in metrics, and an event, as the protocol's
//! messages. Pure: whoever sends them has the sockets and the clock. Names that conventions give stand in [`names`] and
//! nowhere else. It must not decide whether texts of prompts or answers are told.
#![forbid(unsafe_code)]

pub mod content;
pub mod exposition;
pub mod genai;
pub mod lines;
pub mod logs;
pub mod names;
pub mod places;
pub mod proto;
pub mod resource;
pub mod spans;

mod attributes;
mod describe;

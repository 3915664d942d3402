//! Embeddings: requests and answers of the dialects that providers speak, to and from one form. Serves
//! translation only; calls whose caller and target speak the same dialect are forwarded as bytes. It must not
//! know which provider serves a dialect, nor change what a vector says.
//!
//! Sources: OpenAI API reference "Create embeddings"; Cohere API reference "Embed", version 2; Voyage AI API
//! reference "Text embeddings"; Google Gemini API reference "Embeddings"; Vertex AI reference "Text embeddings API";
//! Amazon Bedrock user guide, "Titan Text Embeddings" and "Cohere Embed". Base64 stands for the numbers of a vector
//! as little-endian 32-bit floats.

pub mod answer;
pub(crate) mod base64;
pub(crate) mod cohere;
pub mod form;
pub(crate) mod gemini;
pub mod items;
mod openai;
pub mod request;
pub(crate) mod titan;
pub mod translate;
pub mod vector;
mod voyage;

pub use form::{Answer, Dialect, Dtype, Encoding, Input, Purpose, Request, Truncation, VectorSet};
pub use vector::Vector;

#[cfg(test)]
mod tests;

//! Google Gemini `generateContent` and `streamGenerateContent`: requests, answers and streams to and from the
//! intermediate form, with `countTokens` and the embedding calls beside them. Serves translation only; calls
//! whose caller and target both speak this format are forwarded as bytes. It must not know which provider
//! serves the format, nor any other wire format.
//!
//! Source of the format: Gemini API reference, "Generating content", "Token counting", "Embeddings", and the
//! Vertex AI reference for what it adds. The model stands in the path, not in the body, and the path decides
//! whether an answer is streamed. The API takes every member name in camelCase and in snake_case: so do the
//! readers. The writers write camelCase.
//!
//! Signatures of reasoning stand on parts here, elsewhere on reasoning itself: see [`signature`].

pub(crate) mod answer;
pub(crate) mod arguments;
pub mod count_tokens;
pub mod errors;
pub(crate) mod finish;
pub(crate) mod grounding;
pub(crate) mod ids;
pub(crate) mod names;
pub(crate) mod part;
pub mod request;
pub mod response;
pub(crate) mod schema;
pub mod signature;
pub mod stream;
pub mod usage;

#[cfg(test)]
mod tests;

//! `countTokens`: the request read into the intermediate form and written from it, the answer read and written.
//! Serves the counting endpoints of every format. It must not count.

use super::names::{self, count_of};
use super::request::{Fields, object, read_members};
use crate::codec::{Options, WireError, Written};
use crate::gemini::request::write_wrapped;
use crate::json::Writer;
use gw_model::Refusal;
use gw_model::chat::ChatRequest;

/// Reads a request: contents alone, or a whole request to generate from.
///
/// # Errors
/// 400 `invalid_request` that names the member at fault.
pub fn read(model: &str, body: &[u8]) -> Result<ChatRequest, Refusal> {
    let mut fields = Fields::parse(body)?;
    match fields.take("generateContentRequest") {
        // Members beside it mean nothing then.
        Some(whole) => {
            let whole = object(&whole, "generateContentRequest")?;
            read_members(model, Fields::of(whole, ""), false)
        }
        None => read_members(model, fields, false),
    }
}

/// Writes a request for an upstream.
///
/// # Errors
/// As [`super::request::write`].
pub fn write(request: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    write_wrapped(request, options)
}

/// The count of an upstream's answer.
///
/// # Errors
/// The body is not such an answer.
pub fn read_answer(body: &[u8]) -> Result<u64, WireError> {
    let answer = names::parse(body)?;
    count_of(&answer, "totalTokens").ok_or(WireError::Shape { what: "`totalTokens` is missing" })
}

/// Writes an answer for a caller.
#[must_use]
pub fn write_answer(input_tokens: u64) -> Vec<u8> {
    let mut w = Writer::with_capacity(96);
    w.begin_object();
    w.number_member("totalTokens", input_tokens);
    w.key("promptTokensDetails");
    w.begin_array();
    w.begin_object();
    w.string_member("modality", "TEXT");
    w.number_member("tokenCount", input_tokens);
    w.end_object();
    w.end_array();
    w.end_object();
    w.into_bytes()
}

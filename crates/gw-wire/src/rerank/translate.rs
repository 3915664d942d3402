//! Reranking from one wire format to another. Serves request and answer translation. It must not be called for
//! equal formats: those are forwarded as bytes.

use super::form::Dialect;
use super::{answer, request};
use crate::codec::{Options, WireError, WriteContext, Written};
use crate::translate::Whole;
use gw_model::{Refusal, WireFormat};

/// The dialect of a wire format; `None` when it is no format of reranking.
#[must_use]
pub const fn dialect(format: WireFormat) -> Option<Dialect> {
    Some(match format {
        WireFormat::CohereRerank => Dialect::Cohere,
        WireFormat::PlainRerank => Dialect::Plain,
        WireFormat::VoyageRerank => Dialect::Voyage,
        WireFormat::BedrockRerank => Dialect::Bedrock,
        _ => return None,
    })
}

/// Translates a request.
///
/// # Errors
/// 400 `invalid_request` when the body is not one of its format.
pub fn translated(from: Dialect, to: Dialect, body: &[u8], options: &Options) -> Result<Written, Refusal> {
    request::write(to, &request::read(from, body)?, options)
}

/// Translates an answer for a caller of `to`, whose request stands in `context`.
///
/// # Errors
/// It is no answer, or names documents that were not sent.
pub fn answered(to: Dialect, body: &[u8], context: &WriteContext) -> Result<Whole, WireError> {
    let unreadable = |_| WireError::Untranslatable { what: "the caller's request cannot be read again" };
    let asked = request::read(to, &context.request).map_err(unreadable)?;
    let answer = answer::read(body)?;
    let sent = asked.documents.len();
    if answer.results.iter().any(|result| usize::try_from(result.index).is_ok_and(|index| index >= sent)) {
        return Err(WireError::Shape { what: "a result names a document that was not sent" });
    }
    let body = answer::write(to, &answer, &asked, context);
    Ok(Whole { body, usage: answer.units.usage(), model: answer.model })
}

//! Answers, read from and written in any dialect. Serves the translate stage. It must not be used for errors:
//! those have another shape.

use super::form::{Answer, Dialect, Dtype, Encoding, Request, VectorSet};
use super::vector::Vector;
use super::{cohere, gemini, openai, titan};
use crate::codec::{WireError, WriteContext};
use crate::json::{Object, cursor::DEPTH_CEILING};
use gw_model::Usage;

/// Reads an answer.
///
/// # Errors
/// [`WireError::Json`] or [`WireError::Shape`] when `body` is not an answer of the dialect. `wanted` tells what
/// the numbers are where the dialect's answer does not.
pub fn read<'a>(dialect: Dialect, body: &'a [u8], wanted: &Request) -> Result<Answer<'a>, WireError> {
    let object = Object::parse(body, DEPTH_CEILING).map_err(|error| {
        // The text has the place and the reason; serde's error type can carry it.
        let text = error.to_string();
        WireError::Json { source: <serde_json::Error as serde::de::Error>::custom(text) }
    })?;
    let dtype = wanted.encodings.first().map_or(Dtype::Float, |encoding| encoding.dtype);
    match dialect {
        Dialect::OpenAi => openai::read_answer(&object, Dtype::Float),
        Dialect::Voyage => openai::read_answer(&object, dtype),
        Dialect::Cohere | Dialect::BedrockCohere => cohere::read_answer(&object),
        Dialect::Gemini | Dialect::GeminiBatch | Dialect::VertexPredict => gemini::read_answer(&object),
        Dialect::Titan => titan::read_answer(&object),
    }
}

/// Writes an answer to `request`, with the encodings that it wanted.
///
/// # Errors
/// [`WireError::Shape`] when the upstream's vectors are not what was asked for.
pub fn write(
    dialect: Dialect,
    answer: &Answer<'_>,
    request: &Request,
    context: &WriteContext,
) -> Result<Vec<u8>, WireError> {
    match dialect {
        Dialect::OpenAi | Dialect::Voyage => openai::write_answer(answer, request, context),
        Dialect::Cohere => cohere::write_answer(answer, request, context),
        Dialect::Gemini | Dialect::GeminiBatch => gemini::write_answer(dialect, answer, request),
        Dialect::VertexPredict | Dialect::Titan | Dialect::BedrockCohere => {
            Err(WireError::Untranslatable { what: "answers of this shape are not given to callers" })
        }
    }
}

/// One answer of several that belong together: their vectors in that order, and the sum of what they used.
#[must_use]
pub fn joined<'a>(answers: Vec<Answer<'a>>) -> Answer<'a> {
    let mut answers = answers.into_iter();
    let mut whole = answers.next().unwrap_or_default();
    for answer in answers {
        let pairs = whole.sets.iter_mut().zip(answer.sets);
        pairs.for_each(|(set, more)| set.vectors.extend(more.vectors));
        // A sum that lacks a part would be too small: none is better.
        whole.usage = whole.usage.zip(answer.usage).map(|(sum, more)| Usage {
            input_tokens: sum.input_tokens.saturating_add(more.input_tokens),
            ..sum
        });
    }
    whole
}

/// The vectors for a wanted encoding, one for each input of `request`.
pub(super) fn set_for<'v, 'a>(
    answer: &'v Answer<'a>,
    request: &Request,
    wanted: Encoding,
) -> Result<&'v VectorSet<'a>, WireError> {
    let set = answer.sets.iter().find(|set| set.dtype == wanted.dtype);
    let set =
        set.ok_or(WireError::Shape { what: "the embeddings are not of the type that was asked for" })?;
    if set.vectors.len() != request.input.len() {
        return Err(WireError::Shape { what: "there are more or fewer embeddings than inputs" });
    }
    let has_bytes =
        |vector: &Vector<'_>| request.dimensions.is_some_and(|n| vector.base64_bytes() == Some(n));
    if set.dtype == Dtype::Float && set.vectors.iter().any(has_bytes) {
        // Some upstreams of OpenAI's dialect put one byte for each number into base64.
        return Err(WireError::Shape { what: "the embeddings in base64 are not 32-bit floats" });
    }
    Ok(set)
}

//! The dialect of Amazon's Titan models on Bedrock: one text per request. Serves `request` and `answer`. It must
//! not know the other dialects' requests.

use super::form::{Answer, Dtype, Request, Truncation, VectorSet};
use super::request::{only_floats, only_texts, unsupported};
use super::vector::Vector;
use crate::codec::WireError;
use crate::json::{Kind, Object};
use crate::outgoing::Out;
use gw_model::{Refusal, Usage};
use std::borrow::Cow;

/// Writes a request whose top-level object is open. `model` is the target's name of the model: those that embed
/// images too have another place for the dimensions.
pub(super) fn write_request(request: &Request, model: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
    let [text] = only_texts(request)? else {
        return Err(unsupported("input", "The model chosen embeds one text per request."));
    };
    only_floats(request)?;
    out.key("inputText");
    out.w.string(text);
    match request.dimensions {
        Some(dimensions) if model.contains("titan-embed-image") => {
            out.key("embeddingConfig");
            out.w.begin_object();
            out.w.number_member("outputEmbeddingLength", dimensions);
            out.w.end_object();
        }
        dimensions => out.count("dimensions", dimensions),
    }
    if request.purpose.is_some() {
        out.drop("input_type");
    }
    match request.truncation {
        // Too long texts are refused anyway.
        None | Some(Truncation::Refuse) => {}
        Some(Truncation::Start | Truncation::End) => out.drop("truncate"),
    }
    if request.user.is_some() {
        out.drop("user");
    }
    Ok(())
}

/// Reads the answer to one request.
pub(super) fn read_answer<'a>(answer: &Object<'a>) -> Result<Answer<'a>, WireError> {
    let by_type = answer.get("embeddingsByType").filter(|types| types.kind == Kind::Object);
    let vector = answer
        .get("embedding")
        .filter(|vector| !vector.is_null())
        .or_else(|| by_type?.object().ok()?.get("float"))
        .ok_or(WireError::Shape { what: "`embedding` is missing" })?;
    Ok(Answer {
        id: Cow::Borrowed(""),
        model: Cow::Borrowed(""),
        sets: vec![VectorSet { dtype: Dtype::Float, vectors: vec![Vector::read(&vector)?] }],
        usage: usage(answer),
    })
}

/// Tokens that an answer states.
pub(crate) fn usage(answer: &Object<'_>) -> Option<Usage> {
    let input_tokens = answer.get("inputTextTokenCount")?.as_u64()?;
    Some(Usage { input_tokens, ..Usage::default() })
}

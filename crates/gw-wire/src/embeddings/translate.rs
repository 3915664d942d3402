//! Embeddings from one wire format to another. Serves request and answer translation. It must not be called for
//! equal formats: those are forwarded as bytes.

use super::form::{Dialect, Request};
use super::{answer, request};
use crate::codec::{Options, WireError, WriteContext, Written};
use crate::translate::Whole;
use gw_model::{ErrorCode, Refusal, WireFormat};
use std::borrow::Cow;

/// Requests that one call may become at a target that takes one input each.
const MAX_PARTS: usize = 256;

/// The dialect of a wire format; `None` when it is no format of embeddings.
#[must_use]
pub const fn dialect(format: WireFormat) -> Option<Dialect> {
    Some(match format {
        WireFormat::OpenAiEmbeddings => Dialect::OpenAi,
        WireFormat::CohereEmbed => Dialect::Cohere,
        WireFormat::VoyageEmbed => Dialect::Voyage,
        WireFormat::GeminiEmbed => Dialect::Gemini,
        WireFormat::GeminiBatchEmbed => Dialect::GeminiBatch,
        WireFormat::BedrockTitanEmbed => Dialect::Titan,
        WireFormat::BedrockCohereEmbed => Dialect::BedrockCohere,
        _ => return None,
    })
}

/// Translates a request. A call with several inputs becomes several requests ([`Written::more`]) at a target that
/// takes one at a time.
///
/// # Errors
/// 400 `invalid_request` when the body is not one of its format, 400 `unsupported_parameter` when the target
/// cannot express what must not be left out.
pub fn translated(from: Dialect, to: Dialect, body: &[u8], options: &Options) -> Result<Written, Refusal> {
    let whole = request::read(from, body)?;
    parts(to, &whole, options).map(|written| spelled(from, written)).map_err(|error| respelled(from, error))
}

fn parts(to: Dialect, whole: &Request, options: &Options) -> Result<Written, Refusal> {
    if !to.takes_one_input() || whole.input.len() == 1 {
        return request::write(to, whole, options);
    }
    if whole.input.len() > MAX_PARTS {
        let message = format!("The model chosen takes at most {MAX_PARTS} inputs per call. Send fewer.");
        return Err(Refusal::new(ErrorCode::InvalidRequest, message).param("input"));
    }
    let mut first: Option<Written> = None;
    for part in request::each(whole) {
        let written = request::write(to, &part, options)?;
        match &mut first {
            Some(first) => first.more.push(written.body),
            None => first = Some(written),
        }
    }
    Ok(first.unwrap_or_default())
}

/// Translates an answer from the upstream's dialect `from` for a caller of `to`. `bodies` answer the parts of the
/// call in their order; the caller's request stands in `context`.
///
/// # Errors
/// They are no answers of their dialect, or not to what was asked.
pub fn answer(
    from: Dialect,
    to: Dialect,
    bodies: &[&[u8]],
    context: &WriteContext,
) -> Result<Whole, WireError> {
    let unreadable = |_| WireError::Untranslatable { what: "the caller's request cannot be read again" };
    let asked = request::read(to, &context.request).map_err(unreadable)?;
    let answers = bodies.iter().map(|body| answer::read(from, body, &asked)).collect::<Result<_, _>>()?;
    let whole = answer::joined(answers);
    let body = answer::write(to, &whole, &asked, context)?;
    Ok(Whole { body, usage: whole.usage, model: whole.model.into_owned() })
}

/// Names of members in the spelling of the caller.
fn spelled(from: Dialect, mut written: Written) -> Written {
    for name in &mut written.dropped {
        let own = spelling(from, name);
        if own != name {
            *name = own.to_owned();
        }
    }
    written
}

fn respelled(from: Dialect, mut refusal: Refusal) -> Refusal {
    refusal.param = refusal.param.map(|param| match param {
        Cow::Borrowed(param) => Cow::Borrowed(spelling(from, param)),
        Cow::Owned(param) => Cow::Owned(spelling(from, &param).to_owned()),
    });
    refusal
}

/// The writers name members as OpenAI or Cohere do.
fn spelling(from: Dialect, name: &str) -> &str {
    let own: &[(&str, &str)] = match from {
        Dialect::Gemini | Dialect::GeminiBatch | Dialect::VertexPredict => &[
            ("input", "content"),
            ("input_type", "taskType"),
            ("truncate", "autoTruncate"),
            ("dimensions", "outputDimensionality"),
        ],
        Dialect::Cohere | Dialect::BedrockCohere => &[("input", "texts"), ("dimensions", "output_dimension")],
        Dialect::Voyage => &[
            ("truncate", "truncation"),
            ("dimensions", "output_dimension"),
            ("embedding_types", "output_dtype"),
        ],
        Dialect::OpenAi | Dialect::Titan => &[("embedding_types", "encoding_format")],
    };
    own.iter().find(|(known, _)| *known == name).map_or(name, |(_, written)| written)
}

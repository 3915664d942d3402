//! Bedrock's Converse format (whole, as a binary event stream, token counts) and embeddings, read and written by
//! hand-made codecs. It must not use the gateway's own codecs: a test whose two ends share a mistake would
//! pass.

mod answer;
mod blocks;
mod dialogue;
mod errors;
mod invoke;
mod request;
mod stream;
mod tools;

pub(crate) use errors::{body as error_body, event as error_event, header as error_header};

use serde_json::{Value, json};

use crate::answer::{Answer, Context, Rejection};
use crate::reply::compose;

/// The endpoints that take a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Converse,
    Stream,
    CountTokens,
    Invoke,
}

/// Answers a request whose body was parsed.
pub(crate) fn answer(endpoint: Endpoint, body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    if !body.is_object() {
        return Err(Rejection::new(400, "The request body must be a JSON object."));
    }
    if endpoint == Endpoint::CountTokens {
        let inner = body.pointer("/input/converse").ok_or_else(|| Rejection::missing("input.converse"))?;
        let prompt = request::read(inner, cx)?;
        return Ok(Answer::free(&json!({"inputTokens": prompt.input_tokens})));
    }
    if endpoint == Endpoint::Invoke {
        return invoke::answer(body, cx);
    }
    let prompt = request::read(body, cx)?;
    let reply = compose(&prompt, cx.faults, 0);
    let message = answer::Message { prompt: &prompt, reply: &reply, cx };
    Ok(if endpoint == Endpoint::Stream { stream::answer(&message) } else { answer::whole(&message) })
}

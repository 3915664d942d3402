//! Cohere's wire format (chat, embeddings, ranking; version 2), read and written by hand-made codecs. It
//! must not use the gateway's own codecs: a test whose two ends share a mistake would pass.

mod answer;
mod content;
mod dialogue;
mod embed;
mod errors;
mod request;
mod rerank;
mod stream;
mod tools;

pub(crate) use embed::{embed, form as embedding_form};
pub(crate) use errors::{body as error_body, event as error_event};

use serde_json::Value;

use crate::answer::{Answer, Context, Rejection};
use crate::reply::compose;

/// The endpoints that take a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Chat,
    Embed,
    Rerank,
}

/// Answers a request whose body was parsed.
pub(crate) fn answer(endpoint: Endpoint, body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    if !body.is_object() {
        return Err(Rejection::new(400, "invalid request: the body must be a JSON object"));
    }
    if endpoint == Endpoint::Rerank && body.get("queries").is_some() {
        return rerank::of_agents(body);
    }
    if cx.model.is_empty() {
        return Err(Rejection::new(400, "invalid request: model is required"));
    }
    match endpoint {
        Endpoint::Chat => {
            let (prompt, streamed) = request::read(body, cx)?;
            let reply = compose(&prompt, cx.faults, 0);
            let message = answer::Message { prompt: &prompt, reply: &reply, cx };
            Ok(if streamed { stream::answer(&message) } else { answer::whole(&message) })
        }
        Endpoint::Embed => embed::answer(body, cx),
        Endpoint::Rerank => rerank::answer(body, cx),
    }
}

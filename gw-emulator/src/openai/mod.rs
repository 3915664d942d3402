//! OpenAI's wire formats (chat completions, legacy completions, embeddings, models) and the Azure
//! flavour of them, read and written by hand-made codecs. It must not use the gateway's own codecs:
//! a test whose two ends share a mistake would pass.

mod chat;
mod chat_stream;
mod completions;
mod completions_stream;
mod content;
mod dialogue;
mod embeddings;
mod errors;
mod models;
mod request;
mod tools;

pub(crate) use errors::{body as error_body, event as error_event};
pub(crate) use models::{list as list_models, one as one_model};

use serde_json::Value;

use crate::answer::{Answer, Context, Rejection};

/// The endpoints that take a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Chat,
    Completions,
    Embeddings,
}

/// Answers a request whose body was parsed.
pub(crate) fn answer(endpoint: Endpoint, body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    if !body.is_object() {
        return Err(Rejection::new(400, "The request body must be a JSON object."));
    }
    match endpoint {
        Endpoint::Chat => chat::answer(body, cx),
        Endpoint::Completions => completions::answer(body, cx),
        Endpoint::Embeddings => embeddings::answer(body, cx),
    }
}

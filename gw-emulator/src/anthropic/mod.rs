//! Anthropic's wire format (messages, token counting, models), read and written by hand-made codecs.
//! It must not use the gateway's own codecs: a test whose two ends share a mistake would pass.

mod blocks;
mod cache;
mod errors;
mod headers;
mod messages;
mod models;
mod request;
mod sequence;
mod stream;

#[cfg(test)]
mod tests;

pub(crate) use cache::PromptCache;
pub(crate) use errors::{body as error_body, event as error_event};
pub(crate) use models::{list as list_models, one as one_model};

use serde_json::{Value, json};

use crate::answer::{Answer, Context, Rejection};

/// The endpoints that take a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Messages,
    CountTokens,
}

/// Answers a request whose body was parsed.
pub(crate) fn answer(
    endpoint: Endpoint,
    body: &Value,
    cache: &PromptCache,
    cx: &Context<'_>,
) -> Result<Answer, Rejection> {
    let version = headers::version(cx.headers)?;
    if !body.is_object() {
        return Err(Rejection::new(400, "The request body must be a JSON object."));
    }
    match endpoint {
        Endpoint::Messages => messages::answer(body, version, cache, cx),
        Endpoint::CountTokens => {
            let request = request::read(body, version, false)?;
            Ok(Answer::free(&json!({"input_tokens": request.prompt.input_tokens})))
        }
    }
}

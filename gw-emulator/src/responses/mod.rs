//! OpenAI's Responses format (responses and their token count), read and written by hand-made codecs.
//! Nothing is stored: an earlier response that a request names is accepted and not looked at. It must not
//! use the gateway's own codecs: a test whose two ends share a mistake would pass.

mod answer;
mod errors;
mod input;
mod parts;
mod request;
mod stream;
mod tools;

pub(crate) use errors::event as error_event;

use serde_json::{Value, json};

use crate::answer::{Answer, Context, Rejection};
use crate::reply::compose;

/// The endpoints that take a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Create,
    InputTokens,
}

/// Answers a request whose body was parsed.
pub(crate) fn answer(endpoint: Endpoint, body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    if !body.is_object() {
        return Err(Rejection::new(400, "The request body must be a JSON object."));
    }
    let request = request::read(body, cx)?;
    if endpoint == Endpoint::InputTokens {
        let tokens = request.prompt.input_tokens;
        return Ok(Answer::free(&json!({"object": "response.input_tokens", "input_tokens": tokens})));
    }
    let reply = compose(&request.prompt, cx.faults, 0);
    let response = answer::Response { body, request: &request, reply: &reply, cx };
    Ok(if request.stream { stream::answer(&response) } else { answer::whole(&response) })
}

//! OpenAI's Responses format (responses and their token count), read and written by hand-made codecs.
//! Responses are kept for later requests, see `stored`. It must not
//! use the gateway's own codecs: a test whose two ends share a mistake would pass.

mod answer;
mod errors;
mod input;
mod parts;
mod request;
mod stored;
mod stream;
mod tools;

pub(crate) use errors::event as error_event;
pub(crate) use stored::{Responses, Stored};

use std::sync::Arc;

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
pub(crate) fn answer(
    endpoint: Endpoint,
    body: &Value,
    responses: &Responses,
    cx: &Context<'_>,
) -> Result<Answer, Rejection> {
    if !body.is_object() {
        return Err(Rejection::new(400, "The request body must be a JSON object."));
    }
    let mut request = request::read(body, cx)?;
    let previous = previous(body, responses)?;
    request.prompt.input_tokens += previous.as_ref().map_or(0, |kept| kept.tokens);
    if endpoint == Endpoint::InputTokens {
        let tokens = request.prompt.input_tokens;
        return Ok(Answer::free(&json!({"object": "response.input_tokens", "input_tokens": tokens})));
    }
    let reply = compose(&request.prompt, cx.faults, 0);
    let response = answer::Response { body, request: &request, reply: &reply, cx };
    if body.get("store") != Some(&Value::Bool(false)) {
        keep(&response, previous.as_deref(), responses);
    }
    Ok(if request.stream { stream::answer(&response) } else { answer::whole(&response) })
}

/// The response that the dialogue goes on from.
fn previous(body: &Value, responses: &Responses) -> Result<Option<Arc<stored::Kept>>, Rejection> {
    let Some(id) = body.get("previous_response_id").and_then(Value::as_str) else { return Ok(None) };
    let unknown = || {
        let text = format!("Previous response with id '{id}' not found.");
        Rejection::param("previous_response_id", "previous_response_not_found", text)
    };
    responses.get(id).map(Some).ok_or_else(unknown)
}

fn keep(response: &answer::Response<'_>, previous: Option<&stored::Kept>, responses: &Responses) {
    let mut input: Vec<Value> = Vec::new();
    if let Some(kept) = previous {
        input.extend(kept.input.iter().cloned());
        input.extend(kept.response["output"].as_array().into_iter().flatten().cloned());
    }
    let id = |index| response.cx.part_id("msg_", 1, index);
    input.extend(stored::items(response.body.get("input"), id));
    let tokens = response.request.prompt.input_tokens + response.output_tokens();
    responses.keep(stored::Kept { response: response.finished(), input, tokens });
}

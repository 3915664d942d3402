//! Gemini's wire format (content, whole and streamed, token counts, embeddings, models), read and written
//! by hand-made codecs. It must not use the gateway's own codecs: a test whose two ends share a mistake
//! would pass.

mod answer;
mod contents;
mod embeddings;
mod errors;
mod models;
mod names;
mod parts;
mod request;
mod stream;
mod tools;

pub(crate) use errors::{body as error_body, event as error_event};
pub(crate) use models::{list as list_models, one as one_model};

use serde_json::{Value, json};

use crate::answer::{Answer, Context, Rejection};
use crate::reply::{Reply, compose};

/// The endpoints that take a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Generate,
    Stream,
    CountTokens,
    Embed,
    BatchEmbed,
}

/// Answers a request whose body was parsed.
pub(crate) fn answer(endpoint: Endpoint, body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    if !body.is_object() {
        return Err(Rejection::new(400, "Invalid JSON payload received. The body must be an object."));
    }
    match endpoint {
        Endpoint::Generate | Endpoint::Stream => {
            let request = request::read(body, cx)?;
            let replies: Vec<Reply> =
                (0..request.candidates).map(|index| compose(&request.prompt, cx.faults, index)).collect();
            let generated = answer::Generated { request: &request, replies: &replies, cx };
            Ok(if endpoint == Endpoint::Stream {
                stream::answer(&generated)
            } else {
                answer::whole(&generated)
            })
        }
        Endpoint::CountTokens => {
            // The whole request may stand inside, so that tools and instructions count too.
            let inner = names::member(body, "generateContentRequest").unwrap_or(body);
            let tokens = request::read(inner, cx)?.prompt.input_tokens;
            let details = json!([{"modality": "TEXT", "tokenCount": tokens}]);
            Ok(Answer::free(&json!({"totalTokens": tokens, "promptTokensDetails": details})))
        }
        Endpoint::Embed => embeddings::one(body, cx),
        Endpoint::BatchEmbed => embeddings::batch(body, cx),
    }
}

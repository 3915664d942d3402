//! Bedrock's `invoke` with the embedding models that have a format of their own there: Titan and Cohere. It must
//! not be mistaken for a meaning.

use serde_json::{Value, json};

use crate::answer::{Answer, Context, Rejection};
use crate::fields::{string, whole};
use crate::hash::Hash;
use crate::usage::figure;
use crate::vector::{MAX_DIMENSIONS, vector};
use crate::{cohere, tokens};

/// Numbers of a Titan vector unless the request says otherwise.
const TITAN_DIMENSIONS: u64 = 1024;

/// Answers by the shape of the body.
pub(super) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    if body.get("texts").is_some() || body.get("images").is_some() || body.get("inputs").is_some() {
        if body.get("model").is_some() {
            let text = "Malformed input request: extraneous key [model] is not permitted";
            return Err(Rejection::new(400, text));
        }
        let (mut answer, input_tokens) = cohere::embed(body, cx)?;
        // What was billed stands in a header there.
        if let Some(members) = answer.as_object_mut() {
            members.remove("meta");
        }
        return Ok(Answer::whole(&answer, input_tokens, 0));
    }
    let text = string(body, "inputText")?.filter(|text| !text.is_empty());
    let text = text
        .ok_or_else(|| Rejection::new(400, "Malformed input request: required key [inputText] not found"))?;
    let dimensions = whole(body, "dimensions", 1, MAX_DIMENSIONS)?.unwrap_or(TITAN_DIMENSIONS);
    let count = tokens::count(text);
    let mut answer = json!({"embedding": vector(Hash::of(text.as_bytes()), dimensions)});
    if !cx.faults.no_usage {
        answer["inputTextTokenCount"] = figure(count, cx.faults);
    }
    Ok(Answer::whole(&answer, count, 0))
}

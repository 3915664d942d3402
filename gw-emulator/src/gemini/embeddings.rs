//! Embeddings of one content or of several. It must not be mistaken for a meaning.

use serde_json::{Value, json};

use super::names::{self, member};
use super::parts::{self, Part};
use crate::answer::{Answer, Context, Rejection};
use crate::fields::whole;
use crate::hash::Hash;
use crate::usage::figure;
use crate::vector::{DEFAULT_DIMENSIONS, MAX_DIMENSIONS, vector};

/// Most contents in one request.
const MAX_CONTENTS: usize = 100;

/// Answers `embedContent`.
pub(super) fn one(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let (embedding, tokens) = embed(body, "")?;
    Ok(answer(json!({"embedding": embedding}), tokens, cx))
}

/// Answers `batchEmbedContents`.
pub(super) fn batch(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let requests = member(body, "requests").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if requests.is_empty() || requests.len() > MAX_CONTENTS {
        let text = format!(
            "* BatchEmbedContentsRequest.requests: from 1 to {MAX_CONTENTS} requests can be in one batch"
        );
        return Err(Rejection::new(400, text));
    }
    let (mut embeddings, mut tokens) = (Vec::new(), 0);
    for (index, request) in requests.iter().enumerate() {
        let name = member(request, "model").and_then(Value::as_str).unwrap_or("");
        if name.strip_prefix("models/") != Some(cx.model) {
            let text = format!(
                "* BatchEmbedContentsRequest.requests[{index}].model: must be models/{}, as in the path",
                cx.model
            );
            return Err(Rejection::new(400, text));
        }
        let (embedding, count) = embed(request, &format!("requests[{index}]."))?;
        embeddings.push(embedding);
        tokens += count;
    }
    Ok(answer(json!({"embeddings": embeddings}), tokens, cx))
}

fn answer(mut body: Value, tokens: u64, cx: &Context<'_>) -> Answer {
    if !cx.faults.no_usage {
        let figure = figure(tokens, cx.faults);
        body["usageMetadata"] = json!({"promptTokenCount": figure, "totalTokenCount": figure});
    }
    Answer::whole(&body, tokens, 0)
}

fn embed(request: &Value, at: &str) -> Result<(Value, u64), Rejection> {
    let missing =
        || Rejection::new(400, format!("* EmbedContentRequest.{at}content: contents is not specified"));
    let content = member(request, "content").ok_or_else(missing)?;
    let parts = member(content, "parts").ok_or_else(missing)?;
    let (mut hash, mut tokens) = (Hash::new(), 0);
    for part in parts.as_array().map_or(std::slice::from_ref(parts), Vec::as_slice) {
        let (read, count) = parts::read(part, "content.parts")?;
        if let Part::Text(text) = read {
            hash.add(text.as_bytes());
        }
        tokens += count;
    }
    let config = names::in_camel_case(request);
    let dimensions = whole(&config, "outputDimensionality", 1, MAX_DIMENSIONS)?.unwrap_or(DEFAULT_DIMENSIONS);
    Ok((json!({"values": vector(hash.value(), dimensions)}), tokens))
}

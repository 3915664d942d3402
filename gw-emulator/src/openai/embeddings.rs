//! Embeddings: unit vectors that depend on the input's text alone, as floats or base64 of
//! little-endian 32-bit floats, or in Voyage's types when the body has Voyage's members. It must not be
//! mistaken for a meaning: near texts are not near.

use serde_json::{Value, json};

use super::request::model;
use crate::answer::{Answer, Context, Rejection};
use crate::fields::{present, string, whole, wrong_type};
use crate::hash::Hash;
use crate::vector::{DEFAULT_DIMENSIONS, MAX_DIMENSIONS, base64, vector};
use crate::{cohere, tokens, usage};

/// Most inputs in one request.
const MAX_INPUTS: usize = 2048;

/// Answers an embeddings request.
pub(crate) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let model = model(body, cx)?;
    let inputs = inputs(body)?;
    let is_voyage =
        ["output_dimension", "output_dtype", "truncation"].iter().any(|name| body.get(*name).is_some());
    let dimensions = if is_voyage { "output_dimension" } else { "dimensions" };
    let dimensions = whole(body, dimensions, 1, MAX_DIMENSIONS)?.unwrap_or(DEFAULT_DIMENSIONS);
    let dtype = string(body, "output_dtype")?.filter(|dtype| *dtype != "float");
    let form = dtype.map(|dtype| {
        let text = format!("'{dtype}' is no type of numbers.");
        cohere::embedding_form(dtype).ok_or_else(|| Rejection::param("output_dtype", "invalid_value", text))
    });
    let form = form.transpose()?;
    let in_base64 = match string(body, "encoding_format")? {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => {
            let text = format!("'{other}' is no encoding; use float or base64.");
            return Err(Rejection::param("encoding_format", "invalid_value", text));
        }
    };
    let input_tokens = inputs.iter().map(|input| input.tokens).sum();
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let vector = vector(input.hash, dimensions);
            let embedding = match form {
                Some(form) => form(&vector),
                None if in_base64 => json!(base64(&vector)),
                None => json!(vector),
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let mut body = json!({"object": "list", "data": data, "model": model});
    if !cx.faults.no_usage {
        let tokens = usage::figure(input_tokens, cx.faults);
        body["usage"] = if is_voyage {
            json!({"total_tokens": tokens})
        } else {
            json!({"prompt_tokens": tokens, "total_tokens": tokens})
        };
    }
    Ok(Answer::whole(&body, input_tokens, 0))
}

struct Input {
    hash: u64,
    tokens: u64,
}

fn inputs(body: &Value) -> Result<Vec<Input>, Rejection> {
    let Some(input) = present(body, "input") else { return Err(Rejection::missing("input")) };
    let wrong = || wrong_type("input", "a string, strings, or lists of token ids", input);
    if let Some(single) = one(input) {
        return Ok(vec![single]);
    }
    let several = input.as_array().ok_or_else(wrong)?;
    if several.is_empty() || several.len() > MAX_INPUTS {
        let text = format!("'input' must hold from 1 to {MAX_INPUTS} texts, none of them empty.");
        return Err(Rejection::param("input", "invalid_value", text));
    }
    several.iter().map(|value| one(value).ok_or_else(wrong)).collect()
}

fn one(value: &Value) -> Option<Input> {
    match value {
        Value::String(text) if !text.is_empty() => {
            Some(Input { hash: Hash::of(text.as_bytes()), tokens: tokens::count(text) })
        }
        Value::Array(ids) if !ids.is_empty() && ids.iter().all(Value::is_u64) => {
            Some(Input { hash: Hash::of(value.to_string().as_bytes()), tokens: ids.len() as u64 })
        }
        _ => None,
    }
}

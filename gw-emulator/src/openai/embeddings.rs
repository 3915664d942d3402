//! Embeddings: unit vectors that depend on the input's text alone, as floats or base64 of
//! little-endian 32-bit floats. It must not be mistaken for a meaning: near texts are not near.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::request::model;
use crate::answer::{Answer, Context, Rejection};
use crate::fields::{present, string, whole, wrong_type};
use crate::hash::Hash;
use crate::{tokens, usage};

/// Length of a vector when the request sets none.
const DEFAULT_DIMENSIONS: u64 = 1536;

/// Longest vector.
const MAX_DIMENSIONS: u64 = 4096;

/// Most inputs in one request.
const MAX_INPUTS: usize = 2048;

/// Answers an embeddings request.
pub(crate) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let model = model(body, cx)?;
    let inputs = inputs(body)?;
    let dimensions = whole(body, "dimensions", 1, MAX_DIMENSIONS)?.unwrap_or(DEFAULT_DIMENSIONS);
    let base64 = match string(body, "encoding_format")? {
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
            let embedding = if base64 { encoded(&vector) } else { json!(vector) };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let mut body = json!({"object": "list", "data": data, "model": model});
    if !cx.faults.no_usage {
        let tokens = usage::figure(input_tokens, cx.faults);
        body["usage"] = json!({"prompt_tokens": tokens, "total_tokens": tokens});
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

fn vector(seed: u64, dimensions: u64) -> Vec<f32> {
    let mut state = seed;
    let raw: Vec<f32> = (0..dimensions)
        .map(|_| {
            // xorshift64*: fast, and well spread for a seed that is a hash.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let high = u16::try_from(state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 48).unwrap_or(0);
            f32::from(high) / 32768.0 - 1.0
        })
        .collect();
    let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    raw.into_iter().map(|x| x / length).collect()
}

fn encoded(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
    json!(STANDARD.encode(bytes))
}

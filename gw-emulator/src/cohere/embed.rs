//! Embeddings of texts and images in every form that the service has. It must not be mistaken for a meaning.

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Context, Rejection};
use crate::fields::{array, string, whole};
use crate::hash::Hash;
use crate::tokens;
use crate::usage::figure;
use crate::vector::{DEFAULT_DIMENSIONS, MAX_DIMENSIONS, base64, vector};

/// Most inputs in one request.
const MAX_INPUTS: usize = 96;

/// What an embedding is for.
const INPUT_TYPES: [&str; 5] = ["search_document", "search_query", "classification", "clustering", "image"];

/// Answers an embed request.
pub(super) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    embed(body, cx).map(|(answer, input_tokens)| Answer::whole(&answer, input_tokens, 0))
}

/// The answer's body, and the tokens to bill.
pub(crate) fn embed(body: &Value, cx: &Context<'_>) -> Result<(Value, u64), Rejection> {
    let wrong = |text: &str| Rejection::new(400, format!("invalid request: {text}"));
    let input_type = string(body, "input_type")?.ok_or_else(|| wrong("input_type is required"))?;
    if !INPUT_TYPES.contains(&input_type) {
        return Err(wrong(&format!("input_type must be one of {}", INPUT_TYPES.join(", "))));
    }
    let given = ["texts", "images", "inputs"].map(|name| array(body, name));
    let [texts, images, inputs] = given;
    let (texts, images, inputs) = (texts?, images?, inputs?);
    let all: Vec<&Value> = [texts, images, inputs].into_iter().flatten().flatten().collect();
    if all.is_empty() || all.len() > MAX_INPUTS {
        return Err(wrong(&format!("from 1 to {MAX_INPUTS} texts, images or inputs are needed")));
    }
    let dimensions = whole(body, "output_dimension", 1, MAX_DIMENSIONS)?.unwrap_or(DEFAULT_DIMENSIONS);
    let mut embeddings = Map::new();
    let kinds = array(body, "embedding_types")?.filter(|kinds| !kinds.is_empty());
    let kinds: Vec<&str> =
        kinds.map_or_else(|| vec!["float"], |kinds| kinds.iter().filter_map(Value::as_str).collect());
    let vectors: Vec<Vec<f32>> = all.iter().map(|input| vector(seed(input), dimensions)).collect();
    for kind in kinds {
        let form = form(kind).ok_or_else(|| wrong(&format!("'{kind}' is no embedding type")))?;
        embeddings.insert(kind.to_owned(), vectors.iter().map(|vector| form(vector)).collect());
    }
    let media = images.map_or(0, Vec::len) as u64 * tokens::IMAGE_TOKENS;
    let input_tokens = all.iter().map(|input| input.as_str().map_or(0, tokens::count)).sum::<u64>();
    let input_tokens = if images.is_some() { media } else { input_tokens };
    let mut meta = json!({"api_version": {"version": "2"}});
    if !cx.faults.no_usage {
        let figure = figure(input_tokens, cx.faults);
        meta["billed_units"] = match images {
            Some(_) => json!({"input_tokens": 0, "image_tokens": figure}),
            None => json!({"input_tokens": figure, "image_tokens": 0}),
        };
    }
    let body = json!({
        "id": cx.id(""), "texts": texts.cloned().unwrap_or_default(), "embeddings": embeddings, "meta": meta,
        "response_type": "embeddings_by_type"
    });
    Ok((body, input_tokens))
}

fn seed(input: &Value) -> u64 {
    match input {
        Value::String(text) => Hash::of(text.as_bytes()),
        other => Hash::of(other.to_string().as_bytes()),
    }
}

/// How a vector is written as a kind of embedding.
pub(crate) fn form(kind: &str) -> Option<fn(&[f32]) -> Value> {
    Some(match kind {
        "float" => |vector| json!(vector),
        "base64" => |vector| json!(base64(vector)),
        "int8" => |vector| vector.iter().map(|x| json!(quantized(*x))).collect(),
        "uint8" => |vector| vector.iter().map(|x| json!(quantized(*x) + 128)).collect(),
        "binary" => |vector| vector.chunks(8).map(|bits| json!(packed(bits) - 128)).collect(),
        "ubinary" => |vector| vector.chunks(8).map(|bits| json!(packed(bits))).collect(),
        _ => return None,
    })
}

/// A component from -128 to 127.
fn quantized(component: f32) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped; a float cast saturates")]
    let whole = (component * 1270.0).clamp(-128.0, 127.0) as i16;
    whole
}

/// Eight components as the bits of one number from 0 to 255, the first highest.
fn packed(components: &[f32]) -> i16 {
    components.iter().fold(0, |bits, component| bits << 1 | i16::from(*component > 0.0))
}

//! Embedding calls (`embedContent`, `batchEmbedContents`, Vertex AI's `predict`) to and from OpenAI's shape of
//! `/embeddings`. Serves translation of embeddings. It must not round a vector: numbers are copied as they are
//! written, unless the caller asked for base64.

use super::names::{self, count_of, get, text};
use super::request::{Fields, object, wrong};
use crate::codec::{Options, WireError, Written};
use crate::json::{Kind, Object, Value, Writer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

/// Which call it is: the path ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `embedContent`: one content.
    Single,
    /// `batchEmbedContents`: several.
    Batch,
    /// Vertex AI's `predict`: several, for its older models. Upstream only.
    Predict,
}

/// A written request of this format, and what its answer has to become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FromOpenAi {
    /// The body, and what was left out.
    pub written: Written,
    /// The caller wants base64 instead of numbers.
    pub is_base64: bool,
    /// How many vectors the answer has.
    pub inputs: usize,
}

/// An OpenAI request for an upstream of this format; `call` is [`Call::Batch`] or [`Call::Predict`].
///
/// # Errors
/// 400 `invalid_request` for a malformed body, 400 `unsupported_parameter` for input given as token ids.
pub fn request_from_openai(body: &[u8], options: &Options, call: Call) -> Result<FromOpenAi, Refusal> {
    let mut fields = Fields::parse(body)?;
    let named = fields.text("model")?.unwrap_or_default();
    let model = options.model.as_deref().unwrap_or(&named);
    let input = fields.take("input").ok_or_else(|| wrong("input", "is missing"))?;
    let inputs = strings(&input)?;
    let dimensions = fields.count("dimensions")?;
    let format = fields.text("encoding_format")?;
    let mut dropped: Vec<String> = Vec::new();
    if fields.take("user").is_some() {
        dropped.push("user".to_owned());
    }
    let mut rest = Vec::new();
    fields.rest(&mut rest)?;
    dropped.extend(rest.into_iter().map(|(name, _)| name));
    let mut w = Writer::with_capacity(body.len().saturating_add(inputs.len().saturating_mul(96)));
    w.begin_object();
    if call == Call::Predict {
        write_instances(&inputs, dimensions, &mut w);
    } else {
        write_requests(&inputs, model, dimensions, &mut w);
    }
    w.end_object();
    Ok(FromOpenAi {
        written: Written { body: w.into_bytes(), dropped },
        is_base64: format.as_deref() == Some("base64"),
        inputs: inputs.len(),
    })
}

fn strings<'a>(input: &Value<'a>) -> Result<Vec<Cow<'a, str>>, Refusal> {
    if let Some(text) = input.as_str() {
        return Ok(vec![text]);
    }
    let texts: Option<Vec<Cow<'a, str>>> = input.elements().map(|v| v.as_str()).collect();
    match texts {
        Some(texts) if input.kind == Kind::Array && !texts.is_empty() => Ok(texts),
        None if input.kind == Kind::Array => Err(Refusal::new(
            ErrorCode::UnsupportedParameter,
            "`input` as token ids means nothing to the model chosen. Send the text.",
        )
        .param("input")),
        _ => Err(wrong("input", "must be a string or an array of strings")),
    }
}

fn write_requests(inputs: &[Cow<'_, str>], model: &str, dimensions: Option<u64>, w: &mut Writer) {
    let prefix = if model.contains('/') { "" } else { "models/" };
    let model = [prefix, model].concat();
    w.key("requests");
    w.begin_array();
    for input in inputs {
        w.begin_object();
        w.string_member("model", &model);
        w.key("content");
        w.begin_object();
        w.key("parts");
        w.begin_array();
        w.begin_object();
        w.string_member("text", input);
        w.end_object();
        w.end_array();
        w.end_object();
        if let Some(dimensions) = dimensions {
            w.number_member("outputDimensionality", dimensions);
        }
        w.end_object();
    }
    w.end_array();
}

fn write_instances(inputs: &[Cow<'_, str>], dimensions: Option<u64>, w: &mut Writer) {
    w.key("instances");
    w.begin_array();
    for input in inputs {
        w.begin_object();
        w.string_member("content", input);
        w.end_object();
    }
    w.end_array();
    if let Some(dimensions) = dimensions {
        w.key("parameters");
        w.begin_object();
        w.number_member("outputDimensionality", dimensions);
        w.end_object();
    }
}

/// A request of a caller of this format for an OpenAI-shaped upstream.
///
/// # Errors
/// 400 `invalid_request` for a malformed body, 400 `unsupported_parameter` for content other than text and for
/// requests that do not agree in their dimensions.
pub fn request_to_openai(
    model: &str,
    body: &[u8],
    call: Call,
    options: &Options,
) -> Result<Written, Refusal> {
    let mut fields = Fields::parse(body)?;
    let mut found = Found::default();
    if call == Call::Batch {
        let list = fields.take("requests").ok_or_else(|| wrong("requests", "is missing"))?;
        for (index, value) in names::elements(&list).iter().enumerate() {
            let at = format!("requests[{index}]");
            found.add(&object(value, &at)?, &at)?;
        }
    } else {
        let whole = names::parse(body).map_err(|_| wrong("content", "cannot be read"))?;
        found.add(&whole, "content")?;
    }
    if found.texts.is_empty() {
        return Err(wrong("requests", "must hold at least one content"));
    }
    let mut w = Writer::with_capacity(body.len());
    w.begin_object();
    w.string_member("model", options.model.as_deref().unwrap_or(model));
    w.key("input");
    w.begin_array();
    found.texts.iter().for_each(|text| w.string(text));
    w.end_array();
    if let Some(Some(dimensions)) = found.dimensions {
        w.number_member("dimensions", dimensions);
    }
    w.string_member("encoding_format", "float");
    w.end_object();
    Ok(Written { body: w.into_bytes(), dropped: found.dropped })
}

#[derive(Default)]
struct Found {
    texts: Vec<String>,
    /// Of the first request; all must agree.
    dimensions: Option<Option<u64>>,
    dropped: Vec<String>,
}

impl Found {
    fn add(&mut self, request: &Object<'_>, at: &str) -> Result<(), Refusal> {
        let content = get(request, "content").ok_or_else(|| wrong(at.to_owned(), "needs `content`"))?;
        let content = object(&content, at)?;
        let mut whole = String::new();
        for value in get(&content, "parts").iter().flat_map(names::elements) {
            let piece = value.object().ok().and_then(|part| text(&part, "text")).ok_or_else(|| {
                Refusal::new(
                    ErrorCode::UnsupportedParameter,
                    "The model chosen embeds text only. Send text parts, or choose another model.",
                )
                .param(at.to_owned())
            })?;
            if !whole.is_empty() {
                whole.push('\n');
            }
            whole.push_str(&piece);
        }
        self.texts.push(whole);
        let config = names::object(request, "embedContentConfig");
        let stated = |name: &str| get(request, name).or_else(|| get(config.as_ref()?, name));
        let dimensions = stated("outputDimensionality").as_ref().and_then(names::count);
        if *self.dimensions.get_or_insert(dimensions) != dimensions {
            return Err(Refusal::new(
                ErrorCode::UnsupportedParameter,
                "The model chosen gives all vectors of a call the same size. Send calls of their own.",
            )
            .param("outputDimensionality"));
        }
        for name in ["taskType", "title", "autoTruncate"] {
            if stated(name).is_some() && !self.dropped.iter().any(|known| known == name) {
                self.dropped.push(name.to_owned());
            }
        }
        Ok(())
    }
}

/// Input tokens that an answer of this format states.
#[must_use]
pub fn input_tokens(body: &[u8]) -> Option<u64> {
    let answer = names::parse(body).ok()?;
    if let Some(usage) = names::object(&answer, "usageMetadata") {
        return count_of(&usage, "promptTokenCount");
    }
    let mut sum = None;
    for prediction in get(&answer, "predictions").iter().flat_map(Value::elements) {
        let vector = names::object(&prediction.object().ok()?, "embeddings")?;
        let tokens = count_of(&names::object(&vector, "statistics")?, "tokenCount")?;
        sum = Some(sum.unwrap_or(0_u64).saturating_add(tokens));
    }
    sum
}

/// An upstream's answer in OpenAI's shape. `estimated_tokens` stands in where the upstream states none.
///
/// # Errors
/// The body is not such an answer, or holds other than `inputs` vectors.
pub fn answer_to_openai(
    body: &[u8],
    model: &str,
    request: &FromOpenAi,
    estimated_tokens: u64,
) -> Result<Vec<u8>, WireError> {
    let answer = names::parse(body)?;
    let mut w = Writer::with_capacity(body.len());
    w.begin_object();
    w.string_member("object", "list");
    w.key("data");
    w.begin_array();
    let mut count = 0_usize;
    for value in vectors(&answer) {
        let values = values(&value).ok_or(WireError::Shape { what: "an embedding has no `values`" })?;
        w.begin_object();
        w.string_member("object", "embedding");
        w.number_member("index", count);
        w.key("embedding");
        if request.is_base64 {
            w.string(&encode(&values)?)
        } else {
            w.raw(values.raw())
        }
        w.end_object();
        count += 1;
    }
    if count != request.inputs {
        return Err(WireError::Shape { what: "the answer has more or fewer embeddings than inputs" });
    }
    w.end_array();
    w.string_member("model", model);
    let tokens = input_tokens(body).unwrap_or(estimated_tokens);
    w.key("usage");
    w.begin_object();
    w.number_member("prompt_tokens", tokens);
    w.number_member("total_tokens", tokens);
    w.end_object();
    w.end_object();
    Ok(w.into_bytes())
}

/// The vectors of an answer of any of the calls.
fn vectors<'a>(answer: &Object<'a>) -> Vec<Value<'a>> {
    if let Some(one) = get(answer, "embedding") {
        return vec![one];
    }
    if let Some(several) = get(answer, "embeddings") {
        return several.elements().collect();
    }
    let predictions = get(answer, "predictions");
    let inner = |value: Value<'a>| get(&value.object().ok()?, "embeddings");
    predictions.iter().flat_map(Value::elements).filter_map(inner).collect()
}

fn values<'a>(vector: &Value<'a>) -> Option<Value<'a>> {
    get(&vector.object().ok()?, "values").filter(|values| values.kind == Kind::Array)
}

fn encode(values: &Value<'_>) -> Result<String, WireError> {
    let mut bytes = Vec::with_capacity(values.raw().len() / 2);
    for value in values.elements() {
        let number: f32 = value
            .raw()
            .parse()
            .map_err(|_| WireError::Shape { what: "an embedding holds other than numbers" })?;
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    Ok(STANDARD.encode(bytes))
}

/// An OpenAI-shaped answer for a caller of this format. `call` is [`Call::Single`] or [`Call::Batch`].
///
/// # Errors
/// The body is not such an answer.
pub fn answer_from_openai(body: &[u8], call: Call) -> Result<Vec<u8>, WireError> {
    const SHAPE: WireError = WireError::Shape { what: "`data` is not a list of embeddings" };
    let answer = names::parse(body)?;
    let data = answer.get("data").filter(|data| data.kind == Kind::Array).ok_or(SHAPE)?;
    let mut vectors: Vec<(u64, Cow<'_, str>)> = Vec::new();
    for (position, element) in data.elements().enumerate() {
        let element = element.object().map_err(|_| SHAPE)?;
        let index = element.get("index").and_then(|v| v.as_u64()).unwrap_or(position as u64);
        let vector = element.get("embedding").ok_or(SHAPE)?;
        let text = match vector.as_str() {
            Some(encoded) => Cow::Owned(decode(&encoded)?),
            None if vector.kind == Kind::Array => Cow::Borrowed(vector.raw()),
            None => return Err(SHAPE),
        };
        vectors.push((index, text));
    }
    vectors.sort_by_key(|(index, _)| *index);
    let mut w = Writer::with_capacity(body.len());
    w.begin_object();
    if call == Call::Batch {
        w.key("embeddings");
        w.begin_array();
        vectors.iter().for_each(|(_, values)| write_vector(values, &mut w));
        w.end_array();
    } else {
        w.key("embedding");
        write_vector(&vectors.first().ok_or(SHAPE)?.1, &mut w);
    }
    let usage = answer.get("usage").and_then(|usage| usage.object().ok());
    if let Some(tokens) = usage.and_then(|usage| usage.get("prompt_tokens")?.as_u64()) {
        w.key("usageMetadata");
        w.begin_object();
        w.number_member("promptTokenCount", tokens);
        w.number_member("totalTokenCount", tokens);
        w.end_object();
    }
    w.end_object();
    Ok(w.into_bytes())
}

fn write_vector(values: &str, w: &mut Writer) {
    w.begin_object();
    w.raw_member("values", values);
    w.end_object();
}

fn decode(encoded: &str) -> Result<String, WireError> {
    const SHAPE: WireError = WireError::Shape { what: "an embedding is not base64 of 32-bit numbers" };
    let bytes = STANDARD.decode(encoded).map_err(|_| SHAPE)?;
    let (chunks, rest) = bytes.as_chunks::<4>();
    let numbers: Vec<f32> = chunks.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect();
    if !rest.is_empty() || numbers.iter().any(|number| !number.is_finite()) {
        return Err(SHAPE);
    }
    Ok(serde_json::to_string(&numbers)?)
}

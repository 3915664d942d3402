//! Cohere's dialect, version 2. Serves `request` and `answer`. It must not know the other dialects' requests.

use super::answer::set_for;
use super::form::{Answer, Dtype, Encoding, Input, Purpose, Request, Truncation, VectorSet};
use super::openai::purpose;
use super::request::{only_texts, texts, unsupported};
use super::vector::Vector;
use crate::codec::{WireError, WriteContext};
use crate::facts::invalid;
use crate::json::{Kind, Object, Value, Writer};
use crate::openai_chat::request::Params;
use crate::outgoing::Out;
use gw_model::{Refusal, Usage};
use std::borrow::Cow;

/// What vectors may be for, besides being found and finding.
const OTHER_PURPOSES: [&str; 3] = ["classification", "clustering", "image"];

pub(super) fn read_request(mut params: Params<'_>) -> Result<Request, Refusal> {
    let truncation = match params.string("truncate")?.as_deref() {
        None => None,
        Some("NONE") => Some(Truncation::Refuse),
        Some("START") => Some(Truncation::Start),
        Some("END") => Some(Truncation::End),
        Some(_) => return Err(invalid("truncate", "`truncate` must be NONE, START or END.")),
    };
    Ok(Request {
        model: params.string("model")?.unwrap_or_default(),
        input: read_texts(&mut params)?,
        encodings: read_types(&mut params)?,
        dimensions: params.count("output_dimension")?,
        purpose: params.string("input_type")?.map(purpose),
        truncation,
        user: None,
        unknown: params.rest().into_iter().map(|(name, _)| name).collect(),
    })
}

fn read_texts(params: &mut Params<'_>) -> Result<Input, Refusal> {
    let no_images = || {
        unsupported(
            "images",
            "The model chosen embeds text only, no images. Send `texts`, or choose another.",
        )
    };
    if params.take("images").is_some_and(|images| images.elements().next().is_some()) {
        return Err(no_images());
    }
    let found = match (params.take("texts"), params.take("inputs")) {
        (Some(list), None) if list.kind == Kind::Array => {
            texts(&list).ok_or_else(|| invalid("texts", "`texts` must be an array of strings."))?
        }
        (None, Some(inputs)) => {
            inputs.elements().map(|input| text_of(&input)).collect::<Option<_>>().ok_or_else(no_images)?
        }
        _ => return Err(invalid("texts", "Send `texts`, an array of strings, or `inputs`.")),
    };
    if found.is_empty() {
        return Err(invalid("texts", "`texts` is empty. Send at least one text."));
    }
    Ok(Input::Texts(found))
}

/// The text of an input that is nothing but one text.
fn text_of(input: &Value<'_>) -> Option<String> {
    let content = input.object().ok()?.get("content")?;
    let mut blocks = content.elements();
    let block = blocks.next()?.object().ok()?;
    let text = block.get("text")?.as_str()?.into_owned();
    (block.get("type")?.as_str()? == "text" && blocks.next().is_none()).then_some(text)
}

fn read_types(params: &mut Params<'_>) -> Result<Vec<Encoding>, Refusal> {
    let wrong = || {
        let message = "`embedding_types` must be an array of float, base64, int8, uint8, binary and ubinary.";
        invalid("embedding_types", message)
    };
    let Some(types) = params.take("embedding_types") else { return Ok(vec![Encoding::default()]) };
    let mut found: Vec<Encoding> = Vec::new();
    for name in texts(&types).filter(|_| types.kind == Kind::Array).ok_or_else(wrong)? {
        let encoding = match name.as_str() {
            "base64" => Encoding { dtype: Dtype::Float, base64: true },
            name => Encoding { dtype: Dtype::from_name(name).ok_or_else(wrong)?, base64: false },
        };
        // A name that stands twice asks for nothing more; it bounds what is kept, too.
        if !found.contains(&encoding) {
            found.push(encoding);
        }
    }
    if found.is_empty() {
        found.push(Encoding::default());
    }
    Ok(found)
}

pub(super) fn write_request(request: &Request, out: &mut Out<'_>) -> Result<(), Refusal> {
    let texts = only_texts(request)?;
    out.texts("texts", texts);
    out.key("input_type");
    // The dialect demands one. Vectors that others ask for without one are mostly there to be found.
    let purpose = match &request.purpose {
        Some(Purpose::Query) => "search_query",
        Some(Purpose::Document) | None => "search_document",
        Some(Purpose::Other(name)) if OTHER_PURPOSES.contains(&name.as_str()) => name,
        Some(purpose) if purpose.finds() => "search_query",
        Some(Purpose::Other(_)) => {
            out.drop("input_type");
            "search_document"
        }
    };
    out.w.string(purpose);
    out.key("embedding_types");
    out.w.begin_array();
    for (index, encoding) in request.encodings.iter().enumerate() {
        let is_first = !request.encodings.iter().take(index).any(|earlier| earlier.dtype == encoding.dtype);
        if is_first {
            // Floats become base64 here when the caller wants that.
            out.w.string(encoding.dtype.as_str());
        }
    }
    out.w.end_array();
    out.count("output_dimension", request.dimensions);
    if let Some(truncation) = request.truncation {
        out.key("truncate");
        out.w.string(match truncation {
            Truncation::Refuse => "NONE",
            Truncation::Start => "START",
            Truncation::End => "END",
        });
    }
    if request.user.is_some() {
        out.drop("user");
    }
    Ok(())
}

pub(super) fn read_answer<'a>(object: &Object<'a>) -> Result<Answer<'a>, WireError> {
    let embeddings = object.get("embeddings").ok_or(WireError::Shape { what: "`embeddings` is missing" })?;
    let mut sets: Vec<VectorSet<'a>> = Vec::new();
    if embeddings.kind == Kind::Array {
        // Without types asked for, older versions give floats alone.
        sets.push(VectorSet { dtype: Dtype::Float, vectors: vectors(&embeddings)? });
    }
    for (name, list) in embeddings.members().filter(|(_, list)| !list.is_null()) {
        let dtype = if name == "base64" { Some(Dtype::Float) } else { Dtype::from_name(name) };
        let Some(dtype) = dtype.filter(|dtype| !sets.iter().any(|set| set.dtype == *dtype)) else { continue };
        sets.push(VectorSet { dtype, vectors: vectors(&list)? });
    }
    let id = object.get("id").and_then(|v| v.as_str()).unwrap_or_default();
    Ok(Answer { id, model: Cow::Borrowed(""), sets, usage: object.get("meta").and_then(|meta| usage(&meta)) })
}

fn vectors<'a>(list: &Value<'a>) -> Result<Vec<Vector<'a>>, WireError> {
    list.elements().map(|vector| Vector::read(&vector)).collect()
}

/// Usage in `meta`: what was billed, images included.
pub(crate) fn usage(meta: &Value<'_>) -> Option<Usage> {
    let meta = meta.object().ok()?;
    let units = ["billed_units", "tokens"].iter().find_map(|name| {
        let units = meta.get(name)?.object().ok()?;
        units.get("input_tokens").or_else(|| units.get("image_tokens"))?;
        Some(units)
    })?;
    let count = |name: &str| units.get(name).and_then(|v| v.as_u64()).unwrap_or(0);
    let input_tokens = count("input_tokens").saturating_add(count("image_tokens"));
    Some(Usage { input_tokens, ..Usage::default() })
}

pub(super) fn write_answer(
    answer: &Answer<'_>,
    request: &Request,
    context: &WriteContext,
) -> Result<Vec<u8>, WireError> {
    let mut w = Writer::with_capacity(1024);
    w.begin_object();
    w.string_member("id", if answer.id.is_empty() { &context.fallback_id } else { &answer.id });
    w.key("embeddings");
    w.begin_object();
    for encoding in &request.encodings {
        let set = set_for(answer, request, *encoding)?;
        w.key(if encoding.base64 { "base64" } else { encoding.dtype.as_str() });
        let mut out = w.into_bytes();
        out.push(b'[');
        for (index, vector) in set.vectors.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            vector.write(encoding.dtype, encoding.base64, &mut out)?;
        }
        out.push(b']');
        w = Writer::onto(out);
    }
    w.end_object();
    if let Input::Texts(texts) = &request.input {
        w.key("texts");
        w.begin_array();
        texts.iter().for_each(|text| w.string(text));
        w.end_array();
    }
    w.key("meta");
    w.raw(r#"{"api_version":{"version":"2"}"#);
    if let Some(usage) = &answer.usage {
        w.key("billed_units");
        w.begin_object();
        w.number_member("input_tokens", usage.input_tokens);
        w.end_object();
    }
    w.end_object();
    w.string_member("response_type", "embeddings_by_type");
    w.end_object();
    Ok(w.into_bytes())
}

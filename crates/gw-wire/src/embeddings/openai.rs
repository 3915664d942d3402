//! OpenAI's dialect, which Voyage's answers share. Serves `request` and `answer`. It must not know the other
//! dialects' requests.

use super::answer::set_for;
use super::form::{Answer, Dtype, Encoding, Input, Purpose, Request, Truncation, VectorSet};
use super::request::{only_floats, read_input, unsupported};
use super::vector::Vector;
use crate::codec::{WireError, WriteContext};
use crate::facts::invalid;
use crate::json::{Kind, Object, Value, Writer};
use crate::openai_chat::request::Params;
use crate::outgoing::Out;
use crate::usage::openai_counts;
use gw_model::Refusal;
use std::borrow::Cow;

pub(super) fn read_request(mut params: Params<'_>) -> Result<Request, Refusal> {
    let base64 = match params.string("encoding_format")?.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(invalid("encoding_format", "`encoding_format` must be float or base64.")),
    };
    Ok(Request {
        model: params.string("model")?.unwrap_or_default(),
        input: read_input(&mut params)?,
        encodings: vec![Encoding { dtype: Dtype::Float, base64 }],
        dimensions: params.count("dimensions")?,
        // Not OpenAI's, but callers of this dialect send it along for models that want it.
        purpose: params.string("input_type")?.map(purpose),
        truncation: None,
        user: params.string("user")?,
        unknown: params.rest().into_iter().map(|(name, _)| name).collect(),
    })
}

/// A purpose by any dialect's name.
pub(super) fn purpose(name: String) -> Purpose {
    match name.as_str() {
        "query" | "search_query" => Purpose::Query,
        "document" | "passage" | "search_document" => Purpose::Document,
        _ => Purpose::Other(name),
    }
}

pub(super) fn write_request(request: &Request, out: &mut Out<'_>) -> Result<(), Refusal> {
    let encoding = only_floats(request)?;
    match &request.input {
        Input::Texts(texts) => out.texts("input", texts),
        Input::Tokens(lists) => {
            out.key("input");
            out.w.begin_array();
            for list in lists {
                out.w.begin_array();
                list.iter().for_each(|id| out.w.number(*id));
                out.w.end_array();
            }
            out.w.end_array();
        }
    }
    out.count("dimensions", request.dimensions);
    out.key("encoding_format");
    out.w.string(if encoding.base64 { "base64" } else { "float" });
    if let Some(user) = &request.user {
        out.key("user");
        out.w.string(user);
    }
    if request.purpose.is_some() {
        out.drop("input_type");
    }
    match request.truncation {
        // Too long texts are refused anyway.
        None | Some(Truncation::Refuse) => {}
        Some(Truncation::Start | Truncation::End) => out.drop("truncate"),
    }
    if matches!(&request.purpose, Some(Purpose::Other(name)) if name == "image") {
        return Err(unsupported("input_type", "The model chosen embeds text only, no images."));
    }
    Ok(())
}

pub(super) fn read_answer<'a>(object: &Object<'a>, dtype: Dtype) -> Result<Answer<'a>, WireError> {
    let text = |name: &str| object.get(name).and_then(|v| v.as_str()).unwrap_or_default();
    let data = object.get("data").filter(|data| data.kind == Kind::Array);
    let data = data.ok_or(WireError::Shape { what: "`data` is missing" })?;
    let mut placed: Vec<(u64, Vector<'a>)> = Vec::new();
    for (position, element) in data.elements().enumerate() {
        let (index, vector) = read_element(&element)?;
        placed.push((index.unwrap_or(position as u64), vector));
    }
    // Some upstreams answer in another order; the index tells the input.
    placed.sort_by_key(|(index, _)| *index);
    let vectors = placed.into_iter().map(|(_, vector)| vector).collect();
    Ok(Answer {
        id: text("id"),
        model: text("model"),
        sets: vec![VectorSet { dtype, vectors }],
        usage: object.get("usage").and_then(|usage| openai_counts(&usage, None)),
    })
}

fn read_element<'a>(element: &Value<'a>) -> Result<(Option<u64>, Vector<'a>), WireError> {
    let (mut index, mut vector) = (None, None);
    for (name, value) in element.members() {
        match name {
            "index" => index = value.as_u64(),
            "embedding" => vector = Some(Vector::read(&value)?),
            _ => {}
        }
    }
    Ok((index, vector.ok_or(WireError::Shape { what: "an element of `data` has no `embedding`" })?))
}

pub(super) fn write_answer(
    answer: &Answer<'_>,
    request: &Request,
    context: &WriteContext,
) -> Result<Vec<u8>, WireError> {
    let wanted = request.encodings.first().copied().unwrap_or_default();
    let set = set_for(answer, request, wanted)?;
    let mut out = Vec::with_capacity(256 + set.vectors.len() * 4096);
    out.extend_from_slice(br#"{"object":"list","data":["#);
    for (index, vector) in set.vectors.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(br#"{"object":"embedding","index":"#);
        out.extend_from_slice(itoa::Buffer::new().format(index).as_bytes());
        out.extend_from_slice(br#","embedding":"#);
        vector.write(wanted.dtype, wanted.base64, &mut out)?;
        out.push(b'}');
    }
    out.push(b']');
    let mut w = Writer::onto(out);
    let model: &Cow<'_, str> = &answer.model;
    w.string_member("model", if model.is_empty() { &context.fallback_model } else { model });
    let tokens = answer.usage.map_or(context.input_tokens, |usage| usage.input_tokens);
    w.key("usage");
    w.begin_object();
    w.number_member("prompt_tokens", tokens);
    w.number_member("total_tokens", tokens);
    w.end_object();
    w.end_object();
    Ok(w.into_bytes())
}

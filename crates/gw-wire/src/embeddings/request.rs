//! Requests, read from and written in any dialect. Serves the translate step. It must not guess what an
//! input means: what a target cannot embed is refused.

use super::form::{Dialect, Dtype, Encoding, Input, Request};
use super::{cohere, gemini, openai, titan, voyage};
use crate::codec::{Options, Written};
use crate::facts::invalid;
use crate::json::{Kind, Value};
use crate::openai_chat::request::Params;
use crate::outgoing::Out;
use gw_model::{ErrorCode, Refusal};
use std::borrow::Cow;

/// Reads a request.
///
/// # Errors
/// 400 `invalid_request` with the parameter at fault; 400 `unsupported_parameter` for inputs that are not
/// text, which no other dialect has.
pub fn read(dialect: Dialect, body: &[u8]) -> Result<Request, Refusal> {
    match dialect {
        Dialect::OpenAi => openai::read_request(Params::parse(body)?),
        Dialect::Cohere | Dialect::BedrockCohere => cohere::read_request(Params::parse(body)?),
        Dialect::Voyage => voyage::read_request(Params::parse(body)?),
        Dialect::Gemini | Dialect::GeminiBatch => gemini::read_request(dialect, body),
        Dialect::VertexPredict | Dialect::Titan => {
            Err(unsupported("model", "Requests of this shape are not taken from callers."))
        }
    }
}

/// Writes a request. Of `options` the model and the renamings count. A dialect that takes one input gets a request
/// for each by [`each`].
///
/// # Errors
/// 400 `unsupported_parameter` for what the dialect cannot express and what must not be left out.
pub fn write(dialect: Dialect, request: &Request, options: &Options) -> Result<Written, Refusal> {
    let mut out = Out::new(options, 512);
    let model = options.model.as_deref().unwrap_or(&request.model);
    out.w.begin_object();
    if !dialect.has_model_in_path() {
        out.key("model");
        out.w.string(model);
    }
    match dialect {
        Dialect::OpenAi => openai::write_request(request, &mut out)?,
        Dialect::Cohere | Dialect::BedrockCohere => cohere::write_request(request, &mut out)?,
        Dialect::Voyage => voyage::write_request(request, &mut out)?,
        Dialect::Gemini | Dialect::GeminiBatch | Dialect::VertexPredict => {
            gemini::write_request(dialect, request, model, &mut out)?;
        }
        Dialect::Titan => titan::write_request(request, model, &mut out)?,
    }
    out.w.end_object();
    for name in &request.unknown {
        out.drop(name);
    }
    Ok(out.written())
}

/// The request, in parts of one input each.
pub fn each(request: &Request) -> impl Iterator<Item = Request> + '_ {
    (0..request.input.len()).map(|index| {
        let input = match &request.input {
            Input::Texts(texts) => Input::Texts(texts.get(index).cloned().into_iter().collect()),
            Input::Tokens(lists) => Input::Tokens(lists.get(index).cloned().into_iter().collect()),
        };
        Request {
            model: request.model.clone(),
            input,
            encodings: request.encodings.clone(),
            purpose: request.purpose.clone(),
            user: request.user.clone(),
            unknown: request.unknown.clone(),
            ..*request
        }
    })
}

impl Out<'_> {
    /// A list of texts.
    pub(super) fn texts(&mut self, name: &str, texts: &[String]) {
        self.key(name);
        self.w.begin_array();
        texts.iter().for_each(|text| self.w.string(text));
        self.w.end_array();
    }

    /// A count, when there is one.
    pub(super) fn count(&mut self, name: &str, count: Option<u64>) {
        if let Some(count) = count {
            self.key(name);
            self.w.number(count);
        }
    }
}

/// Reads `input` of OpenAI's and Voyage's dialects: a text, texts, token ids, or lists of token ids.
pub(super) fn read_input(params: &mut Params<'_>) -> Result<Input, Refusal> {
    let Some(value) = params.take("input") else {
        return Err(invalid("input", "`input` is missing. Send the text to embed."));
    };
    let wrong = || invalid("input", "`input` must be a string, an array of strings, or token ids.");
    if let Some(text) = value.as_str() {
        return Ok(Input::Texts(vec![text.into_owned()]));
    }
    let first = value.elements().next();
    match (value.kind, first.map(|first| first.kind)) {
        (Kind::Array, None) => Err(invalid("input", "`input` is empty. Send at least one text.")),
        (Kind::Array, Some(Kind::String)) => texts(&value).map(Input::Texts).ok_or_else(wrong),
        (Kind::Array, Some(Kind::Number)) => Ok(Input::Tokens(vec![ids(&value).ok_or_else(wrong)?])),
        (Kind::Array, Some(Kind::Array)) => value
            .elements()
            .map(|list| ids(&list))
            .collect::<Option<_>>()
            .map(Input::Tokens)
            .ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// The strings of an array; `None` when there is anything else in it.
pub(super) fn texts(value: &Value<'_>) -> Option<Vec<String>> {
    value.elements().map(|element| element.as_str().map(Cow::into_owned)).collect()
}

fn ids(value: &Value<'_>) -> Option<Vec<u64>> {
    (value.kind == Kind::Array).then(|| value.elements().map(|id| id.as_u64()).collect()).flatten()
}

/// The texts of a request, for dialects that know no token ids.
pub(super) fn only_texts(request: &Request) -> Result<&[String], Refusal> {
    match &request.input {
        Input::Texts(texts) => Ok(texts),
        Input::Tokens(_) => {
            Err(unsupported("input", "The model chosen takes text only, no token ids. Send `input` as text."))
        }
    }
}

/// The one encoding of a request, for dialects that give one at a time.
pub(super) fn only_encoding(request: &Request, param: &'static str) -> Result<Encoding, Refusal> {
    let mut dtypes = request.encodings.iter().map(|encoding| encoding.dtype);
    let dtype = dtypes.next().unwrap_or_default();
    if dtypes.any(|other| other != dtype) {
        let message = "The model chosen gives one type of embeddings per request. Send a request for each.";
        return Err(unsupported(param, message));
    }
    Ok(Encoding { dtype, base64: request.encodings.iter().all(|encoding| encoding.base64) })
}

/// The same, for dialects that know floats only.
pub(super) fn only_floats(request: &Request) -> Result<Encoding, Refusal> {
    match only_encoding(request, "embedding_types")? {
        encoding @ Encoding { dtype: Dtype::Float, .. } => Ok(encoding),
        other => {
            let message =
                format!("The model chosen gives no `{}` embeddings. Ask for float.", other.dtype.as_str());
            Err(unsupported("embedding_types", message))
        }
    }
}

/// 400 for what a target cannot do.
pub(super) fn unsupported(param: &'static str, message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::UnsupportedParameter, message).param(param)
}

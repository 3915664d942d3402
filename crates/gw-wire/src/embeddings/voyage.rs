//! Requests in Voyage's dialect. Its answers are OpenAI's. Serves `request`. It must not know the other
//! dialects' requests.

use super::form::{Dtype, Encoding, Purpose, Request, Truncation};
use super::openai::purpose;
use super::request::{only_encoding, only_texts, read_input, unsupported};
use crate::facts::invalid;
use crate::openai_chat::request::Params;
use crate::outgoing::Out;
use gw_model::Refusal;

pub(super) fn read_request(mut params: Params<'_>) -> Result<Request, Refusal> {
    let base64 = match params.string("encoding_format")?.as_deref() {
        None => false,
        Some("base64") => true,
        Some(_) => return Err(invalid("encoding_format", "`encoding_format` must be base64 or left out.")),
    };
    let dtype = match params.string("output_dtype")?.as_deref() {
        None => Dtype::Float,
        Some(name) => Dtype::from_name(name).ok_or_else(|| {
            invalid("output_dtype", "`output_dtype` must be float, int8, uint8, binary or ubinary.")
        })?,
    };
    let truncation = params.boolean("truncation")?;
    Ok(Request {
        model: params.string("model")?.unwrap_or_default(),
        input: read_input(&mut params)?,
        encodings: vec![Encoding { dtype, base64 }],
        dimensions: params.count("output_dimension")?,
        purpose: params.string("input_type")?.map(purpose),
        truncation: truncation.map(|cuts| if cuts { Truncation::End } else { Truncation::Refuse }),
        user: None,
        unknown: params.rest().into_iter().map(|(name, _)| name).collect(),
    })
}

pub(super) fn write_request(request: &Request, out: &mut Out<'_>) -> Result<(), Refusal> {
    let texts = only_texts(request)?;
    let encoding = only_encoding(request, "embedding_types")?;
    out.texts("input", texts);
    match &request.purpose {
        Some(purpose) if *purpose == Purpose::Query || purpose.finds() => {
            out.key("input_type");
            out.w.string("query");
        }
        Some(Purpose::Document) => {
            out.key("input_type");
            out.w.string("document");
        }
        Some(Purpose::Other(name)) if name == "image" => {
            return Err(unsupported("input_type", "The model chosen embeds text only, no images."));
        }
        Some(_) => out.drop("input_type"),
        None => {}
    }
    out.count("output_dimension", request.dimensions);
    if encoding.dtype != Dtype::Float {
        out.key("output_dtype");
        out.w.string(encoding.dtype.as_str());
    }
    if encoding.base64 {
        out.key("encoding_format");
        out.w.string("base64");
    }
    match request.truncation {
        None => {}
        Some(Truncation::Refuse) => {
            out.key("truncation");
            out.w.boolean(false);
        }
        Some(Truncation::End) => {
            out.key("truncation");
            out.w.boolean(true);
        }
        Some(Truncation::Start) => out.drop("truncate"),
    }
    if request.user.is_some() {
        out.drop("user");
    }
    Ok(())
}

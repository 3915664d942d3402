//! Requests, read from and written in any dialect. Serves the translate step. It must not rank by fields that
//! a target cannot tell apart without saying so.

use super::form::{Dialect, Document, Request};
use super::{bedrock, plain};
use crate::codec::{Options, Written};
use crate::facts::invalid;
use crate::json::{Object, cursor::DEPTH_CEILING};
use crate::openai_chat::request::Params;
use crate::outgoing::Out;
use gw_model::Refusal;
use std::borrow::Cow;

/// Reads a request.
///
/// # Errors
/// 400 `invalid_request` with the parameter at fault.
pub fn read(dialect: Dialect, body: &[u8]) -> Result<Request, Refusal> {
    let params = Params::parse(body)?;
    let request = match dialect {
        Dialect::Bedrock => bedrock::read_request(params)?,
        _ => plain::read_request(dialect, params)?,
    };
    if request.documents.is_empty() {
        return Err(invalid("documents", "`documents` is empty. Send at least one document."));
    }
    Ok(request)
}

/// Writes a request. Of `options` the model and the renamings count; Bedrock wants the model's ARN.
///
/// # Errors
/// None so far: what a dialect lacks is left out and named.
pub fn write(dialect: Dialect, request: &Request, options: &Options) -> Result<Written, Refusal> {
    let mut out = Out::new(options, 1024);
    let model = options.model.as_deref().unwrap_or(&request.model);
    out.w.begin_object();
    match dialect {
        Dialect::Bedrock => bedrock::write_request(request, model, &mut out),
        _ => plain::write_request(dialect, request, model, &mut out),
    }
    out.w.end_object();
    for name in &request.unknown {
        out.drop(name);
    }
    Ok(out.written())
}

/// The text of a document that is nothing else: a text, or an object with one member `text`.
pub(super) fn plain_text(document: &Document) -> Option<Cow<'_, str>> {
    match document {
        Document::Text(text) => Some(Cow::Borrowed(text)),
        Document::Object(json) => {
            let object = Object::parse(json.get().as_bytes(), DEPTH_CEILING).ok()?;
            (object.members.len() == 1).then(|| object.get("text")?.as_str()).flatten()
        }
    }
}

/// A document for dialects that take text: other objects as JSON, which models read as they read YAML.
pub(super) fn text_of(document: &Document) -> Cow<'_, str> {
    plain_text(document).unwrap_or_else(|| match document {
        Document::Text(text) => Cow::Borrowed(text),
        Document::Object(json) => Cow::Borrowed(json.get()),
    })
}

//! The dialects that differ in names only: Cohere, Jina, Voyage, Together, and what they have in common. Serves `request`. It must not read
//! a member that the caller's dialect does not have as if it had it: such are named as unknown.

use super::form::{Dialect, Document, Request};
use super::request::text_of;
use crate::facts::invalid;
use crate::json::{Kind, Value};
use crate::openai_chat::request::{Params, optional, strings};
use crate::outgoing::Out;
use gw_model::Refusal;
use gw_model::chat::Json;
use serde_json::value::RawValue;
use std::sync::Arc;

pub(super) fn read_request(dialect: Dialect, mut params: Params<'_>) -> Result<Request, Refusal> {
    let Some(query) = params.string("query")? else {
        return Err(invalid("query", "`query` is missing. Send the text to rank by."));
    };
    let Some(documents) = params.take("documents").filter(|list| list.kind == Kind::Array) else {
        return Err(invalid("documents", "`documents` must be an array of texts or objects."));
    };
    let counts: &[&str] = match dialect {
        Dialect::Voyage => &["top_k"],
        Dialect::Plain => &["top_n", "top_k"],
        _ => &["top_n"],
    };
    let mut top_n = None;
    for count in counts {
        let wanted = "a whole number of at least 1";
        let stated = optional(params.take(count), count, wanted, |v| v.as_u64().filter(|n| *n > 0))?;
        top_n = top_n.or(stated);
    }
    let mut request = Request {
        model: params.string("model")?.unwrap_or_default(),
        query,
        documents: documents.elements().map(|element| document(&element)).collect::<Result<_, _>>()?,
        top_n,
        // Jina sends them back unless told otherwise.
        return_documents: params.boolean("return_documents")?.unwrap_or(dialect == Dialect::Jina),
        ..Request::default()
    };
    match dialect {
        Dialect::Cohere | Dialect::Bedrock => {
            request.max_tokens_per_document = params.count("max_tokens_per_doc")?;
            request.rank_fields = rank_fields(&mut params)?;
        }
        Dialect::Together => request.rank_fields = rank_fields(&mut params)?,
        Dialect::Plain => {
            let (cohere, jina) = (params.count("max_tokens_per_doc")?, params.count("max_doc_length")?);
            request.max_tokens_per_document = cohere.or(jina);
            request.rank_fields = rank_fields(&mut params)?;
            request.truncation = params.boolean("truncation")?;
        }
        Dialect::Jina => request.max_tokens_per_document = params.count("max_doc_length")?,
        Dialect::Voyage => request.truncation = params.boolean("truncation")?,
    }
    request.unknown = params.rest().into_iter().map(|(name, _)| name).collect();
    Ok(request)
}

fn rank_fields(params: &mut Params<'_>) -> Result<Vec<String>, Refusal> {
    let fields = params.take("rank_fields");
    Ok(optional(fields, "rank_fields", "an array of strings", strings)?.unwrap_or_default())
}

fn document(value: &Value<'_>) -> Result<Document, Refusal> {
    match value.kind {
        Kind::String => Ok(Document::Text(value.as_str().unwrap_or_default().into_owned())),
        Kind::Object => Ok(Document::Object(json(value)?)),
        kind => {
            let message = format!("`documents` must hold texts or objects, not {}.", kind.with_article());
            Err(invalid("documents", message))
        }
    }
}

/// A value kept as text.
pub(super) fn json(value: &Value<'_>) -> Result<Json, Refusal> {
    let raw = RawValue::from_string(value.raw().to_owned());
    raw.map(Arc::from).map_err(|_| invalid("documents", "A document is not JSON."))
}

pub(super) fn write_request(dialect: Dialect, request: &Request, model: &str, out: &mut Out<'_>) {
    out.key("model");
    out.w.string(model);
    out.key("query");
    out.w.string(&request.query);
    write_documents(dialect, request, out);
    if let Some(top_n) = request.top_n {
        out.key(if dialect == Dialect::Voyage { "top_k" } else { "top_n" });
        out.w.number(top_n);
    }
    if matches!(dialect, Dialect::Jina | Dialect::Plain) {
        // Some send them back unless told otherwise.
        out.key("return_documents");
        out.w.boolean(false);
    }
    if !request.rank_fields.is_empty() {
        if dialect == Dialect::Together {
            out.key("rank_fields");
            out.w.begin_array();
            request.rank_fields.iter().for_each(|field| out.w.string(field));
            out.w.end_array();
        } else {
            out.drop("rank_fields");
        }
    }
    match (request.max_tokens_per_document, dialect) {
        (Some(bound), Dialect::Cohere) => {
            out.key("max_tokens_per_doc");
            out.w.number(bound);
        }
        (Some(bound), Dialect::Jina) => {
            out.key("max_doc_length");
            out.w.number(bound);
        }
        (Some(_), _) => out.drop("max_tokens_per_doc"),
        (None, _) => {}
    }
    match (request.truncation, dialect) {
        (Some(truncation), Dialect::Voyage) => {
            out.key("truncation");
            out.w.boolean(truncation);
        }
        // The others cut, and cannot be told not to.
        (Some(false), _) => out.drop("truncation"),
        _ => {}
    }
}

/// Together takes objects, Jina those with one `text`; the others take text.
fn write_documents(dialect: Dialect, request: &Request, out: &mut Out<'_>) {
    out.key("documents");
    out.w.begin_array();
    for document in &request.documents {
        match document {
            Document::Object(json) if dialect == Dialect::Together => out.w.raw(json.get()),
            document => out.w.string(&text_of(document)),
        }
    }
    out.w.end_array();
}

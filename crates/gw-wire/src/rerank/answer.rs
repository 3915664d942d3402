//! Answers, read from and written in any dialect. Serves the translate stage. It must not sort results, nor
//! take documents from an upstream: they are the caller's own.

use super::form::{Answer, Dialect, Document, Ranked, Request, Units};
use super::request::plain_text;
use crate::codec::{WireError, WriteContext};
use crate::json::{Kind, Object, Value, Writer, cursor::DEPTH_CEILING};
use crate::usage::openai_counts;
use gw_model::Usage;

/// Reads an answer. The dialects' answers differ in names only, and those do not clash, so that one reader
/// takes them all.
///
/// # Errors
/// [`WireError::Json`] or [`WireError::Shape`] when `body` is not an answer.
pub fn read(body: &[u8]) -> Result<Answer, WireError> {
    let object = Object::parse(body, DEPTH_CEILING).map_err(|error| {
        // The text has the place and the reason; serde's error type can carry it.
        let text = error.to_string();
        WireError::Json { source: <serde_json::Error as serde::de::Error>::custom(text) }
    })?;
    let text = |name: &str| object.get(name).and_then(|v| v.as_str()).unwrap_or_default().into_owned();
    let results = object.get("results").or_else(|| object.get("data")).filter(|v| v.kind == Kind::Array);
    let results = results.ok_or(WireError::Shape { what: "`results` is missing" })?;
    Ok(Answer {
        id: text("id"),
        model: text("model"),
        results: results.elements().map(|result| ranked(&result)).collect::<Result<_, _>>()?,
        units: units(&object),
    })
}

fn ranked(result: &Value<'_>) -> Result<Ranked, WireError> {
    let (mut index, mut score) = (None, None);
    for (name, value) in result.members() {
        match name {
            "index" => index = value.as_u64().and_then(|index| u32::try_from(index).ok()),
            "relevance_score" | "relevanceScore" | "score" => score = serde_json::from_str(value.raw()).ok(),
            _ => {}
        }
    }
    match (index, score) {
        (Some(index), Some(score)) => Ok(Ranked { index, score }),
        _ => Err(WireError::Shape { what: "a result has no `index` or no score" }),
    }
}

fn units(object: &Object<'_>) -> Units {
    let member = |value: &Value<'_>, name: &str| value.object().ok()?.get(name)?.as_u64();
    let meta = object.get("meta").and_then(|meta| meta.object().ok());
    let billed = meta.as_ref().and_then(|meta| meta.get("billed_units"));
    let tokens = meta.as_ref().and_then(|meta| meta.get("tokens"));
    let of_meta = [billed, tokens].iter().flatten().find_map(|units| member(units, "input_tokens"));
    let stated = object.get("usage").and_then(|usage| openai_counts(&usage, None));
    Units {
        search_units: billed
            .and_then(|billed| member(&billed, "search_units"))
            .or_else(|| object.get("usage").and_then(|usage| member(&usage, "search_units"))),
        tokens: stated.or_else(|| of_meta.map(|input_tokens| Usage { input_tokens, ..Usage::default() })),
    }
}

/// What an answer says was used; `None` when it says nothing.
pub(crate) fn usage(object: &Object<'_>) -> Option<Usage> {
    units(object).usage()
}

/// Writes an answer to `request`, with the caller's own documents when it wants them.
#[must_use]
pub fn write(dialect: Dialect, answer: &Answer, request: &Request, context: &WriteContext) -> Vec<u8> {
    let mut w = Writer::with_capacity(256 + answer.results.len() * 64);
    let model = if answer.model.is_empty() { &context.fallback_model } else { &answer.model };
    w.begin_object();
    match dialect {
        Dialect::Cohere => w.string_member("id", id(answer, context)),
        Dialect::Together | Dialect::Plain => {
            w.string_member("id", id(answer, context));
            w.string_member("object", if dialect == Dialect::Plain { "list" } else { "rerank" });
            w.string_member("model", model);
        }
        Dialect::Jina => {
            w.string_member("model", model);
            w.string_member("object", "list");
        }
        Dialect::Voyage => {
            w.string_member("object", "list");
            w.string_member("model", model);
        }
        Dialect::Bedrock => {}
    }
    w.key(if dialect == Dialect::Voyage { "data" } else { "results" });
    w.begin_array();
    for result in &answer.results {
        write_result(dialect, result, request, &mut w);
    }
    w.end_array();
    if matches!(dialect, Dialect::Cohere | Dialect::Plain) {
        write_meta(answer, &mut w);
    }
    write_usage(dialect, answer, context, &mut w);
    w.end_object();
    w.into_bytes()
}

fn id<'a>(answer: &'a Answer, context: &'a WriteContext) -> &'a str {
    if answer.id.is_empty() { &context.fallback_id } else { &answer.id }
}

fn write_result(dialect: Dialect, result: &Ranked, request: &Request, w: &mut Writer) {
    w.begin_object();
    w.number_member("index", result.index);
    w.key(if dialect == Dialect::Bedrock { "relevanceScore" } else { "relevance_score" });
    w.raw(&result.score.to_string());
    let place = usize::try_from(result.index).unwrap_or(usize::MAX);
    if let Some(document) = request.documents.get(place).filter(|_| request.return_documents) {
        w.key("document");
        write_document(dialect, document, w);
    }
    w.end_object();
}

/// Voyage gives text back; the others an object, with `text` for what was text.
fn write_document(dialect: Dialect, document: &Document, w: &mut Writer) {
    match (document, dialect) {
        (Document::Object(json), Dialect::Voyage) => {
            let text = plain_text(document);
            w.string(text.as_deref().unwrap_or_else(|| json.get()));
        }
        (Document::Object(json), _) => w.raw(json.get()),
        (Document::Text(text), Dialect::Voyage) => w.string(text),
        (Document::Text(text), _) => {
            w.begin_object();
            w.string_member("text", text);
            w.end_object();
        }
    }
}

/// What was billed, as Cohere states it.
fn write_meta(answer: &Answer, w: &mut Writer) {
    w.key("meta");
    w.raw(r#"{"api_version":{"version":"2"}"#);
    w.key("billed_units");
    w.begin_object();
    if let Some(units) = answer.units.search_units {
        w.number_member("search_units", units);
    }
    if let Some(usage) = answer.units.tokens {
        w.number_member("input_tokens", usage.total_tokens());
    }
    w.end_object();
    w.end_object();
}

/// What was used, as the others state it. Where the upstream states nothing, the gateway's estimate stands.
fn write_usage(dialect: Dialect, answer: &Answer, context: &WriteContext, w: &mut Writer) {
    if matches!(dialect, Dialect::Cohere | Dialect::Bedrock) {
        return;
    }
    let tokens = answer.units.tokens.map_or(context.input_tokens, |usage| usage.total_tokens());
    w.key("usage");
    w.begin_object();
    if matches!(dialect, Dialect::Together | Dialect::Plain) {
        w.number_member("prompt_tokens", tokens);
        w.number_member("completion_tokens", 0);
    }
    w.number_member("total_tokens", tokens);
    w.end_object();
}

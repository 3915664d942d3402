//! Bedrock's dialect: every value lies in an object that names its type. Serves `request` and `answer`. It
//! must not follow `nextToken`: an answer has all results at once unless thousands are asked for.

use super::form::{Document, Request};
use super::plain;
use super::request::plain_text;
use crate::facts::{invalid, json_refusal};
use crate::json::{Kind, Object, Value, Writer};
use crate::openai_chat::request::Params;
use crate::outgoing::Out;
use gw_model::Refusal;
use std::borrow::Cow;

const CONFIGURATION: &str = "rerankingConfiguration";
/// The largest number of results that may be asked for.
const MAX_RESULTS: u64 = 1000;

pub(super) fn read_request(mut params: Params<'_>) -> Result<Request, Refusal> {
    let missing = |name: &'static str, what: &str| invalid(name, format!("`{name}` must have {what}."));
    let query = params.take("queries").and_then(|queries| {
        let query = queries.elements().next()?;
        text(&at(&query, &["textQuery", "text"])?)
    });
    let query = query.ok_or_else(|| missing("queries", "one query with `textQuery.text`"))?;
    let sources = params.take("sources").filter(|sources| sources.kind == Kind::Array);
    let sources = sources.ok_or_else(|| missing("sources", "the documents, in an array"))?;
    let mut documents = Vec::new();
    for source in sources.elements() {
        documents.push(document(&source)?);
    }
    let configuration = params.take(CONFIGURATION);
    let bedrock = configuration.and_then(|value| at(&value, &["bedrockRerankingConfiguration"]));
    let model = bedrock.and_then(|value| text(&at(&value, &["modelConfiguration", "modelArn"])?));
    let model = model.ok_or_else(|| {
        missing(CONFIGURATION, "`bedrockRerankingConfiguration.modelConfiguration.modelArn`")
    })?;
    let top_n = bedrock.and_then(|value| at(&value, &["numberOfResults"])?.as_u64());
    let unknown = params.rest().into_iter().map(|(name, _)| name).collect();
    Ok(Request { model, query, documents, top_n, unknown, ..Request::default() })
}

fn document(source: &Value<'_>) -> Result<Document, Refusal> {
    if source.kind == Kind::Object {
        source.object().map_err(|error| json_refusal(&error).param("sources"))?;
    }
    if let Some(found) = at(source, &["inlineDocumentSource", "textDocument", "text"])
        && let Some(text) = text(&found)
    {
        return Ok(Document::Text(text));
    }
    match at(source, &["inlineDocumentSource", "jsonDocument"]).filter(|found| found.kind == Kind::Object) {
        Some(found) => Ok(Document::Object(plain::json(&found)?)),
        None => Err(invalid(
            "sources",
            "Each of `sources` must have `inlineDocumentSource` with `textDocument.text` or `jsonDocument`.",
        )),
    }
}

/// The value at a path of members.
fn at<'a>(value: &Value<'a>, path: &[&str]) -> Option<Value<'a>> {
    path.iter().try_fold(*value, |value, name| {
        let object: Object<'a> = (value.kind == Kind::Object).then(|| value.object().ok()).flatten()?;
        object.get(name)
    })
}

fn text(value: &Value<'_>) -> Option<String> {
    value.as_str().map(Cow::into_owned)
}

pub(super) fn write_request(request: &Request, model: &str, out: &mut Out<'_>) {
    out.key("queries");
    out.w.begin_array();
    out.w.begin_object();
    out.w.string_member("type", "TEXT");
    write_text("textQuery", &request.query, &mut out.w);
    out.w.end_object();
    out.w.end_array();
    out.key("sources");
    out.w.begin_array();
    request.documents.iter().for_each(|document| write_source(document, &mut out.w));
    out.w.end_array();
    out.key(CONFIGURATION);
    out.w.begin_object();
    out.w.string_member("type", "BEDROCK_RERANKING_MODEL");
    out.w.key("bedrockRerankingConfiguration");
    out.w.begin_object();
    if let Some(top_n) = request.top_n {
        // More documents than that cannot be sent either.
        out.w.number_member("numberOfResults", top_n.min(MAX_RESULTS));
    }
    out.w.key("modelConfiguration");
    out.w.begin_object();
    out.w.string_member("modelArn", model);
    out.w.end_object();
    out.w.end_object();
    out.w.end_object();
    let left_out = [
        (!request.rank_fields.is_empty(), "rank_fields"),
        (request.max_tokens_per_document.is_some(), "max_tokens_per_doc"),
        (request.truncation == Some(false), "truncation"),
    ];
    left_out.iter().filter(|(is_asked, _)| *is_asked).for_each(|(_, name)| out.drop(name));
}

fn write_source(document: &Document, w: &mut Writer) {
    w.begin_object();
    w.string_member("type", "INLINE");
    w.key("inlineDocumentSource");
    w.begin_object();
    match (plain_text(document), document) {
        (None, Document::Object(json)) => {
            w.string_member("type", "JSON");
            w.raw_member("jsonDocument", json.get());
        }
        (text, _) => {
            w.string_member("type", "TEXT");
            write_text("textDocument", &text.unwrap_or_default(), w);
        }
    }
    w.end_object();
    w.end_object();
}

fn write_text(name: &str, text: &str, w: &mut Writer) {
    w.key(name);
    w.begin_object();
    w.string_member("text", text);
    w.end_object();
}

//! Google's dialects: `embedContent`, `batchEmbedContents` and Vertex AI's `predict` of its older models. Serves
//! `request` and `answer`. It must not know the other dialects' requests, nor round a vector.

use super::answer::set_for;
use super::form::{Answer, Dialect, Dtype, Encoding, Input, Purpose, Request, Truncation, VectorSet};
use super::request::{only_floats, only_texts, unsupported};
use super::vector::Vector;
use crate::codec::WireError;
use crate::facts::json_refusal;
use crate::gemini::names::{self, camel, count_of, get, text};
use crate::gemini::request::{object, wrong};
use crate::json::{Kind, Object, Value, Writer, cursor::DEPTH_CEILING};
use crate::outgoing::Out;
use gw_model::{Refusal, Usage};
use std::borrow::Cow;

/// What vectors may be for, as Google names it, besides being found and finding.
const TASKS: &[&str] = &[
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
];

/// Members of one content's request that the form has fields for.
const KNOWN: &[&str] =
    &["model", "content", "taskType", "outputDimensionality", "autoTruncate", "embedContentConfig"];

pub(super) fn read_request(dialect: Dialect, body: &[u8]) -> Result<Request, Refusal> {
    let whole = Object::parse(body, DEPTH_CEILING).map_err(|error| json_refusal(&error))?;
    let mut found = Found::default();
    if dialect == Dialect::GeminiBatch {
        let list = get(&whole, "requests").ok_or_else(|| wrong("requests", "is missing"))?;
        for (index, value) in names::elements(&list).iter().enumerate() {
            let at = format!("requests[{index}]");
            found.add(&object(value, &at)?, &at)?;
        }
    } else {
        found.add(&whole, "")?;
    }
    let shared = found.shared.ok_or_else(|| wrong("requests", "must hold at least one content"))?;
    Ok(Request {
        model: String::new(),
        input: Input::Texts(found.texts),
        encodings: vec![Encoding::default()],
        dimensions: shared.dimensions,
        purpose: shared.task.map(purpose),
        truncation: shared.truncation,
        user: None,
        unknown: found.unknown,
    })
}

/// What all contents of a call have to agree in.
#[derive(PartialEq, Eq)]
struct Shared {
    dimensions: Option<u64>,
    task: Option<String>,
    truncation: Option<Truncation>,
}

#[derive(Default)]
struct Found {
    texts: Vec<String>,
    shared: Option<Shared>,
    unknown: Vec<String>,
}

impl Found {
    fn add(&mut self, request: &Object<'_>, at: &str) -> Result<(), Refusal> {
        let path = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        let content = get(request, "content").ok_or_else(|| wrong(path("content"), "is missing"))?;
        self.texts.push(text_of(&content, &path("content"))?);
        let config = names::object(request, "embedContentConfig");
        let stated = |name: &str| get(request, name).or_else(|| get(config.as_ref()?, name));
        let shared = Shared {
            dimensions: stated("outputDimensionality").as_ref().and_then(names::count),
            task: stated("taskType").and_then(|task| task.as_str().map(Cow::into_owned)),
            truncation: stated("autoTruncate")
                .and_then(|cuts| cuts.as_bool())
                .map(|cuts| if cuts { Truncation::End } else { Truncation::Refuse }),
        };
        if *self.shared.get_or_insert_with(|| Shared { task: shared.task.clone(), ..shared }) != shared {
            let message = "The model chosen treats all contents of a call alike. Send a call for each `taskType` and \
                           `outputDimensionality`.";
            return Err(unsupported("requests", message));
        }
        let members = request.members.iter().filter(|member| member.kind != Kind::Null);
        for name in members.map(|member| camel(&member.key)).filter(|name| !KNOWN.contains(&name.as_ref())) {
            if !self.unknown.iter().any(|known| *known == name) {
                self.unknown.push(name.into_owned());
            }
        }
        Ok(())
    }
}

/// A content whose parts are all text.
fn text_of(content: &Value<'_>, at: &str) -> Result<String, Refusal> {
    if let Some(text) = content.as_str() {
        return Ok(text.into_owned());
    }
    let content = object(content, at)?;
    let mut whole = String::new();
    for value in get(&content, "parts").iter().flat_map(names::elements) {
        let Some(piece) = value.object().ok().and_then(|part| text(&part, "text")) else {
            let message = "The model chosen embeds text only. Send text parts, or choose another model.";
            return Err(unsupported("content", message));
        };
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(&piece);
    }
    Ok(whole)
}

fn purpose(task: String) -> Purpose {
    match task.as_str() {
        "RETRIEVAL_QUERY" => Purpose::Query,
        "RETRIEVAL_DOCUMENT" => Purpose::Document,
        _ => Purpose::Other(task.to_ascii_lowercase()),
    }
}

/// The purpose in Google's words; `None` when it has none for it.
fn task_of(purpose: &Purpose) -> Option<&'static str> {
    match purpose {
        Purpose::Query => Some("RETRIEVAL_QUERY"),
        Purpose::Document => Some("RETRIEVAL_DOCUMENT"),
        Purpose::Other(name) => TASKS.iter().copied().find(|task| task.eq_ignore_ascii_case(name)),
    }
}

/// Writes a request whose top-level object is open. `model` is the target's name of the model.
pub(super) fn write_request(
    dialect: Dialect,
    request: &Request,
    model: &str,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let texts = only_texts(request)?;
    only_floats(request)?;
    let task = request.purpose.as_ref().and_then(task_of);
    if request.purpose.is_some() && task.is_none() {
        out.drop("input_type");
    }
    match dialect {
        Dialect::GeminiBatch => {
            let prefix = if model.contains('/') { "" } else { "models/" };
            let model = [prefix, model].concat();
            out.key("requests");
            out.w.begin_array();
            for text in texts {
                out.w.begin_object();
                out.w.string_member("model", &model);
                write_content(text, request.dimensions, task, &mut out.w);
                out.w.end_object();
            }
            out.w.end_array();
        }
        Dialect::VertexPredict => write_instances(texts, request, task, &mut out.w),
        _ => match texts {
            [text] => write_content(text, request.dimensions, task, &mut out.w),
            _ => return Err(unsupported("input", "The model chosen embeds one text per request.")),
        },
    }
    match (request.truncation, dialect) {
        (None, _) | (Some(Truncation::Refuse | Truncation::End), Dialect::VertexPredict) => {}
        // Google's own API cuts at the end, and cannot be told otherwise.
        (Some(Truncation::End), _) => {}
        (Some(Truncation::Refuse | Truncation::Start), _) => out.drop("truncate"),
    }
    if request.user.is_some() {
        out.drop("user");
    }
    Ok(())
}

fn write_content(text: &str, dimensions: Option<u64>, task: Option<&str>, w: &mut Writer) {
    w.key("content");
    w.begin_object();
    w.key("parts");
    w.begin_array();
    w.begin_object();
    w.string_member("text", text);
    w.end_object();
    w.end_array();
    w.end_object();
    if let Some(task) = task {
        w.string_member("taskType", task);
    }
    if let Some(dimensions) = dimensions {
        w.number_member("outputDimensionality", dimensions);
    }
}

fn write_instances(texts: &[String], request: &Request, task: Option<&str>, w: &mut Writer) {
    w.key("instances");
    w.begin_array();
    for text in texts {
        w.begin_object();
        w.string_member("content", text);
        if let Some(task) = task {
            w.string_member("task_type", task);
        }
        w.end_object();
    }
    w.end_array();
    let cuts = match request.truncation {
        Some(Truncation::Refuse) => Some(false),
        Some(Truncation::End) => Some(true),
        _ => None,
    };
    if request.dimensions.is_none() && cuts.is_none() {
        return;
    }
    w.key("parameters");
    w.begin_object();
    if let Some(dimensions) = request.dimensions {
        w.number_member("outputDimensionality", dimensions);
    }
    if let Some(cuts) = cuts {
        w.bool_member("autoTruncate", cuts);
    }
    w.end_object();
}

/// Reads an answer of any of the calls.
pub(super) fn read_answer<'a>(answer: &Object<'a>) -> Result<Answer<'a>, WireError> {
    let mut vectors = Vec::new();
    for value in vectors_of(answer) {
        let values = value.object().ok().and_then(|vector| get(&vector, "values"));
        let values = values.ok_or(WireError::Shape { what: "an embedding has no `values`" })?;
        vectors.push(Vector::read(&values)?);
    }
    if vectors.is_empty() {
        return Err(WireError::Shape { what: "the answer has no embeddings" });
    }
    Ok(Answer {
        id: Cow::Borrowed(""),
        model: Cow::Borrowed(""),
        sets: vec![VectorSet { dtype: Dtype::Float, vectors }],
        usage: usage(answer),
    })
}

fn vectors_of<'a>(answer: &Object<'a>) -> Vec<Value<'a>> {
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

/// Tokens that an answer states: at its end, or with each prediction.
pub(crate) fn usage(answer: &Object<'_>) -> Option<Usage> {
    let of = |input_tokens: u64| Usage { input_tokens, ..Usage::default() };
    if let Some(stated) = names::object(answer, "usageMetadata") {
        return count_of(&stated, "promptTokenCount").map(of);
    }
    let mut sum = None;
    for prediction in get(answer, "predictions").iter().flat_map(Value::elements) {
        let vector = names::object(&prediction.object().ok()?, "embeddings")?;
        let tokens = count_of(&names::object(&vector, "statistics")?, "tokenCount")?;
        sum = Some(sum.unwrap_or(0_u64).saturating_add(tokens));
    }
    sum.map(of)
}

pub(super) fn write_answer(
    dialect: Dialect,
    answer: &Answer<'_>,
    request: &Request,
) -> Result<Vec<u8>, WireError> {
    let set = set_for(answer, request, Encoding::default())?;
    let mut out = Vec::with_capacity(256 + set.vectors.len() * 4096);
    let is_batch = dialect == Dialect::GeminiBatch;
    out.extend_from_slice(if is_batch { br#"{"embeddings":["# } else { br#"{"embedding":"#.as_slice() });
    for (index, vector) in set.vectors.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(br#"{"values":"#);
        vector.write(Dtype::Float, false, &mut out)?;
        out.push(b'}');
    }
    if is_batch {
        out.push(b']');
    }
    let mut w = Writer::onto(out);
    if let Some(usage) = &answer.usage {
        w.key("usageMetadata");
        w.begin_object();
        w.number_member("promptTokenCount", usage.input_tokens);
        w.number_member("totalTokenCount", usage.input_tokens);
        w.end_object();
    }
    w.end_object();
    Ok(w.into_bytes())
}

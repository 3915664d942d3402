//! The lines of a batch's input file: one request each, as JSON. Serves the endpoints of files, which judge every line
//! before a provider gets the file. It must not judge models, and never copies a line.

use crate::facts::{ROUTING_MEMBERS, json_refusal};
use crate::json::{Kind, Object};
use crate::openai_responses::stored::any_reference;
use crate::references;
use gw_model::{ErrorCode, Refusal, Span};
use std::collections::BTreeSet;

/// Most lines of a file: what OpenAI takes.
pub const MAX_LINES: usize = 50_000;

/// Longest model name, in bytes.
const MAX_MODEL_BYTES: usize = 512;

/// One request.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// The path that it is for, as `/v1/chat/completions`.
    pub url: String,
    /// The model that it names.
    pub model: String,
    /// Where the value of `model` stands in the body that the lines are part of, quotes included.
    pub model_span: Span,
    /// A member that refers to something stored by an earlier request.
    pub stored: Option<&'static str>,
    /// A member that chooses other models than `model` does.
    pub routing: Option<&'static str>,
    /// Where its request stands in the body that the lines are part of.
    pub request: Span,
}

/// A file of them.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// Its lines, at least one.
    pub lines: Vec<Line>,
    /// Ids of files that they refer to, at most [`references::MAX_IDS`].
    pub file_ids: BTreeSet<String>,
}

/// Members that refer to something that an earlier request has had stored.
const STORED: [&str; 2] = ["previous_response_id", "conversation"];

/// Reads the lines of `body[span]`.
///
/// # Errors
/// `invalid_request`, naming the line that cannot be read or has a file too many.
pub fn read(body: &[u8], span: Span, max_depth: usize) -> Result<Lines, Refusal> {
    let content = body.get(span.start..span.end).unwrap_or_default();
    let (mut lines, mut file_ids) = (Vec::new(), BTreeSet::new());
    let mut start = span.start;
    for (index, raw) in content.split(|byte| *byte == b'\n').enumerate() {
        let lead = raw.len() - raw.trim_ascii_start().len();
        let text = raw.trim_ascii();
        if !text.is_empty() {
            if lines.len() == MAX_LINES {
                return Err(at(index + 1, &format!("a batch has at most {MAX_LINES} lines")));
            }
            lines.push(line(index + 1, text, start + lead, max_depth)?);
            file_ids.extend(references::file_ids(text));
            if file_ids.len() > references::MAX_IDS {
                let text = format!("the file's lines refer to more than {} files", references::MAX_IDS);
                return Err(at(index + 1, &text));
            }
        }
        start += raw.len() + 1;
    }
    if lines.is_empty() {
        let text = "the file has no lines; a batch's file has one JSON request on each";
        return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("file"));
    }
    Ok(Lines { lines, file_ids })
}

fn line(number: usize, text: &[u8], offset: usize, max_depth: usize) -> Result<Line, Refusal> {
    let object = Object::parse(text, max_depth).map_err(|error| at(number, &json_refusal(&error).message))?;
    let url = object.get("url").and_then(|value| value.as_str());
    let url = url.ok_or_else(|| at(number, "`url` is missing, such as \"/v1/chat/completions\""))?;
    let request = object.get("body").filter(|value| value.kind == Kind::Object);
    let request = request.ok_or_else(|| at(number, "`body` is missing, the request itself"))?;
    let span = Span { start: request.span.start + offset, end: request.span.end + offset };
    let request = request.object().map_err(|error| at(number, &json_refusal(&error).message))?;
    let model = request.get("model").ok_or_else(|| at(number, "`body.model` is missing"))?;
    let name = model.as_str().filter(|name| !name.is_empty() && name.len() <= MAX_MODEL_BYTES);
    let name = name.ok_or_else(|| at(number, "`body.model` must be the name of a model"))?;
    if request.get("background").is_some_and(|value| value.as_bool() != Some(false) && !value.is_null()) {
        return Err(at(number, "`body.background` can not be part of a batch"));
    }
    for (holder, names) in [(&object, &["url", "body", "method"][..]), (&request, &["model", "input"][..])] {
        let other = |key: &str| names.iter().any(|name| key != *name && key.eq_ignore_ascii_case(name));
        if let Some(member) = holder.members.iter().find(|member| other(&member.key)) {
            return Err(at(
                number,
                &format!("`{}` is a second spelling; write it in small letters", member.key),
            ));
        }
    }
    let states = |name: &&'static str| request.get(name).is_some_and(|value| !value.is_null());
    Ok(Line {
        number,
        url: url.into_owned(),
        model: name.into_owned(),
        model_span: Span { start: model.span.start + offset, end: model.span.end + offset },
        stored: STORED.into_iter().find(|name| states(name)).or_else(|| refers(&request).then_some("input")),
        routing: ROUTING_MEMBERS.iter().copied().find(|name| states(name)),
        request: span,
    })
}

/// Does its input name items that an earlier answer has had stored?
fn refers(request: &Object<'_>) -> bool {
    let input = request.get("input").filter(|input| input.kind == Kind::Array);
    input.is_some_and(|input| any_reference(&input).unwrap_or(true))
}

/// The refusal of a line.
#[must_use]
pub fn at(number: usize, what: &str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, format!("line {number} of the file: {what}")).param("file")
}

#[cfg(test)]
mod tests;

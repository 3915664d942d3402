//! Same-format forwarding: the caller's bytes with the few edits that policy demands. Serves the attempt
//! stage. It must not touch anything else of the body.

mod bound;
mod form;
mod names;

use crate::json::splice::{self, Edit};
use crate::json::{Object, cursor, escape_into};
use bytes::Bytes;
use gw_model::{Call, Span, WireFormat};
use std::sync::Arc;

/// True when the bodies of a format whose paths name the model may repeat the name, and must be given it.
#[must_use]
pub const fn repeats_model(format: WireFormat) -> bool {
    names::repeats(format)
}

/// What is to change.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForwardEdits<'a> {
    /// The model's name at the target; `None` leaves the member as it is.
    pub model: Option<&'a str>,
    /// Ask the upstream for usage at the end of the stream.
    pub include_usage: bool,
    /// Largest bound on output tokens: a larger one is lowered, a missing one is added.
    pub max_output_tokens: Option<u64>,
    /// Top-level members to rename: from, to.
    pub rename: &'a [(Arc<str>, Arc<str>)],
}

/// The body to send. Without changes it is the caller's own buffer; a small result is one buffer, a large one
/// shares the caller's bytes.
#[must_use]
pub fn forward(call: &Call, edits: &ForwardEdits<'_>) -> Vec<Bytes> {
    if call.facts.is_form {
        return form::forward(call, edits.model);
    }
    let mut list: Vec<Edit> = Vec::new();
    let mut inserted: Vec<u8> = Vec::new();
    // Where the path names the model, the body is not asked; a name that stands there all the same goes.
    let names_model = !call.format.has_model_in_path();
    let repeats_model = names::repeats(call.format);
    if let (true, Some(model)) = (names_model, edits.model) {
        edit_model(call, model, &mut list, &mut inserted);
    }
    if edits.include_usage && !call.facts.include_usage {
        edit_stream_options(call, &mut list, &mut inserted);
    }
    let members = needs_members(call, edits).then(|| Object::parse(&call.body, cursor::DEPTH_CEILING).ok());
    if let Some(Some(object)) = &members {
        rename_members(object, edits.rename, &mut list);
        match (edits.model, call.facts.model_span) {
            (Some(model), _) if repeats_model => names::edit(object, model, &mut list),
            (Some(_), Some(span)) if !names_model => remove_value(object, span, &mut list),
            _ => {}
        }
    }
    if let Some(most) = edits.max_output_tokens {
        bound::edit(call, most, members.flatten().as_ref(), edits.rename, &mut list, &mut inserted);
    }
    if !inserted.is_empty() {
        if call.facts.is_empty_object {
            inserted.pop();
        }
        list.push(Edit::insert(call.facts.insert_at, Bytes::from(inserted)));
    }
    splice::apply(&call.body, &mut list)
}

fn edit_model(call: &Call, model: &str, list: &mut Vec<Edit>, inserted: &mut Vec<u8>) {
    let mut written = Vec::with_capacity(model.len() + 2);
    written.push(b'"');
    escape_into(&mut written, model);
    written.push(b'"');
    match call.facts.model_span {
        Some(span) if text_at(call, span) == written => {}
        Some(span) => list.push(Edit::replace(span, Bytes::from(written))),
        None => insert_member(inserted, "model", &written),
    }
}

fn edit_stream_options(call: &Call, list: &mut Vec<Edit>, inserted: &mut Vec<u8>) {
    const WHOLE: &[u8] = br#"{"include_usage":true}"#;
    let Some(span) = call.facts.stream_options_span else {
        return insert_member(inserted, "stream_options", WHOLE);
    };
    let object = std::str::from_utf8(&call.body).ok().and_then(|text| Object::at(text, span).ok());
    let Some(object) = object else {
        return list.push(Edit::replace(span, Bytes::from_static(WHOLE)));
    };
    if let Some(value) = object.get("include_usage") {
        list.push(Edit::replace(value.span, Bytes::from_static(b"true")));
    } else if object.members.is_empty() {
        list.push(Edit::replace(span, Bytes::from_static(WHOLE)));
    } else {
        list.push(Edit::insert(span.start + 1, Bytes::from_static(br#""include_usage":true,"#)));
    }
}

/// Members must be looked up again only when one is renamed, or a bound is lowered or added: there may be one
/// that is `null`.
fn needs_members(call: &Call, edits: &ForwardEdits<'_>) -> bool {
    let bounds = match (edits.max_output_tokens, call.facts.max_output_tokens) {
        (Some(bound), Some(stated)) => stated > bound,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let stands = |name: &str| memchr::memmem::find(&call.body, name.as_bytes()).is_some();
    let names_model_twice =
        call.format.has_model_in_path() && edits.model.is_some() && call.facts.model_span.is_some();
    let repeats_model = edits.model.is_some() && names::repeats(call.format);
    bounds || names_model_twice || repeats_model || edits.rename.iter().any(|(from, _)| stands(from))
}

fn rename_members(object: &Object<'_>, rename: &[(Arc<str>, Arc<str>)], list: &mut Vec<Edit>) {
    for (index, member) in object.members.iter().enumerate() {
        let Some(to) = renamed(rename, &member.key) else { continue };
        if object.get(to).is_none() {
            let mut name = Vec::with_capacity(to.len() + 2);
            name.push(b'"');
            escape_into(&mut name, to);
            name.push(b'"');
            list.push(Edit::replace(member.key_span, Bytes::from(name)));
            continue;
        }
        // The new name stands there already: two members of one name must not go out.
        remove(object, index, list);
    }
}

fn remove_value(object: &Object<'_>, value: Span, list: &mut Vec<Edit>) {
    if let Some(index) = object.members.iter().position(|member| member.value == value) {
        remove(object, index, list);
    }
}

/// Takes out one member and the comma beside it.
fn remove(object: &Object<'_>, index: usize, list: &mut Vec<Edit>) {
    let Some(member) = object.members.get(index) else { return };
    let before = index.checked_sub(1).and_then(|i| object.members.get(i));
    let after = object.members.get(index + 1);
    let span = match (before, after) {
        (Some(before), _) => Span { start: before.value.end, end: member.value.end },
        (None, Some(after)) => Span { start: member.key_span.start, end: after.key_span.start },
        (None, None) => Span { start: member.key_span.start, end: member.value.end },
    };
    list.push(Edit::replace(span, Bytes::new()));
}

fn renamed<'a>(rename: &'a [(Arc<str>, Arc<str>)], name: &str) -> Option<&'a str> {
    rename.iter().find(|(from, _)| from.as_ref() == name).map(|(_, to)| to.as_ref())
}

fn insert_member(inserted: &mut Vec<u8>, name: &str, value: &[u8]) {
    inserted.push(b'"');
    escape_into(inserted, name);
    inserted.extend_from_slice(b"\":");
    inserted.extend_from_slice(value);
    inserted.push(b',');
}

fn text_at(call: &Call, span: Span) -> &[u8] {
    call.body.get(span.start..span.end).unwrap_or_default()
}

#[cfg(test)]
mod tests;

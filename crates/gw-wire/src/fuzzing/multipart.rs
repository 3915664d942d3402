//! Forms under any bytes: what is read lies where it is said to, and an edit changes the model and nothing else.

use crate::edit::{self, ForwardEdits};
use crate::facts;
use crate::multipart::{Boundary, Form};
use bytes::Bytes;
use gw_model::{Call, WireFormat};

/// The reader of forms. The boundary is the first line's, if that looks like one.
///
/// # Panics
/// An invariant is broken.
pub fn fuzz_multipart(data: &[u8]) {
    let line = data.strip_prefix(b"--").and_then(|rest| rest.split(|byte| *byte == b'\r').next());
    let name = line.filter(|line| !line.is_empty()).unwrap_or(b"X");
    let content_type = [b"multipart/form-data; boundary=", name].concat();
    let Some(boundary) = Boundary::of(&content_type) else { return };
    if let Ok(form) = Form::parse(data, &boundary) {
        let mut end = 0;
        for part in &form.parts {
            assert!(part.value.start >= end && part.value.end >= part.value.start, "parts overlap");
            end = part.value.end;
            let inside = memchr::memmem::find(form.value(part), boundary.delimiter());
            assert!(inside.is_none(), "a value holds the boundary");
            assert!(!part.name.is_empty(), "a part has no name");
        }
        assert!(end <= data.len(), "a value lies outside of the form");
    }
    let body = Bytes::copy_from_slice(data);
    for format in [WireFormat::OpenAiTranscriptions, WireFormat::OpenAiImageEdits] {
        for path_model in [None, Some("from-path")] {
            check_edit(format, &body, &content_type, path_model);
        }
    }
}

fn check_edit(format: WireFormat, body: &Bytes, content_type: &[u8], path_model: Option<&str>) {
    let read = |body: &Bytes, path| facts::read_typed(format, body, Some(content_type), 64, path);
    let Ok(facts) = read(body, path_model) else { return };
    let span = facts.model_span;
    let call = Call { format, body: body.clone(), facts, forward_headers: Vec::new() };
    let same = edit::forward(&call, &ForwardEdits::default());
    assert!(same.first().map(|b| b.as_ptr()) == Some(body.as_ptr()), "nothing to edit, yet copied");
    let edits = ForwardEdits { model: Some("another/model"), ..ForwardEdits::default() };
    let edited = Bytes::from(edit::forward(&call, &edits).concat());
    let again = read(&edited, None);
    assert!(again.is_ok_and(|facts| facts.model == "another/model"), "the model was not replaced");
    match span {
        Some(span) => {
            assert!(body.get(..span.start) == edited.get(..span.start), "bytes before the model changed");
            assert!(body.get(span.end..) == edited.get(span.start + 13..), "bytes behind the model changed");
        }
        None => assert!(edited.ends_with(body), "a part was put elsewhere than in front"),
    }
}

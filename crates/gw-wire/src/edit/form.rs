//! The model's name in a form. Serves `edit`. It must leave every other byte as it is.

use crate::json::splice::{self, Edit};
use bytes::Bytes;
use gw_model::Call;

/// The form with this model: the value of its part is replaced, or a part is put in front.
pub(super) fn forward(call: &Call, model: Option<&str>) -> Vec<Bytes> {
    let facts = &call.facts;
    let mut list = Vec::new();
    match (model, facts.model_span) {
        (None, _) => {}
        (Some(model), Some(span)) if super::text_at(call, span) == model.as_bytes() => {}
        (Some(model), Some(span)) => list.push(Edit::replace(span, Bytes::copy_from_slice(model.as_bytes()))),
        (Some(model), None) => {
            let rest = call.body.get(facts.insert_at..).unwrap_or_default();
            let line =
                memchr::memmem::find(rest, b"\r\n").and_then(|end| rest.get(..end)).unwrap_or_default();
            let head = b"\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n";
            let part = [line, head, model.as_bytes(), b"\r\n"].concat();
            list.push(Edit::insert(facts.insert_at, Bytes::from(part)));
        }
    }
    splice::apply(&call.body, &mut list)
}

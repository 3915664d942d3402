//! The model's name where Google's requests repeat it within the body: each content of a batch, a request whose
//! tokens are to be counted. Serves `edit`. Whatever stands there becomes the target's name: the path decides,
//! and the caller was allowed the path's model only.

use crate::gemini::names::{elements, get};
use crate::json::splice::Edit;
use crate::json::{Object, escape_into};
use bytes::Bytes;
use gw_model::WireFormat;

/// True when requests of that format may repeat the name.
pub(super) const fn repeats(format: WireFormat) -> bool {
    matches!(format, WireFormat::GeminiEmbed | WireFormat::GeminiBatchEmbed | WireFormat::GeminiCountTokens)
}

/// Replaces every name that is not `model` already.
pub(super) fn edit(object: &Object<'_>, model: &str, list: &mut Vec<Edit>) {
    let mut written = vec![b'"'];
    if !model.contains('/') {
        written.extend_from_slice(b"models/");
    }
    escape_into(&mut written, model);
    written.push(b'"');
    let written = Bytes::from(written);
    let mut replace = |holder: &Object<'_>| {
        let named = get(holder, "model").filter(|name| name.raw().as_bytes() != written);
        list.extend(named.map(|name| Edit::replace(name.span, written.clone())));
    };
    replace(object);
    if let Some(inner) = get(object, "generateContentRequest").and_then(|inner| inner.object().ok()) {
        replace(&inner);
    }
    for request in get(object, "requests").iter().flat_map(elements) {
        request.object().iter().for_each(&mut replace);
    }
}

//! Citations of `citationsContent`. Serves the readers and writers of answers. It must not decide which block one
//! is for.

use crate::cited::position;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Object, Value, Writer};
use gw_model::event::{Citation, CitedPlace};

/// Reads one. `None` when it is no object.
pub(crate) fn read(json: &str) -> Option<Citation> {
    let found = Object::parse(json.as_bytes(), DEPTH_CEILING).ok()?;
    let text = |object: &Object<'_>, name: &str| {
        object.get(name).and_then(|value| value.as_str()).unwrap_or_default().into_owned()
    };
    let mut citation = Citation { title: text(&found, "title"), ..Citation::default() };
    for piece in found.get("sourceContent").iter().flat_map(Value::elements) {
        if let Ok(piece) = piece.object() {
            citation.quote.push_str(&text(&piece, "text"));
        }
    }
    let location = found.get("location").and_then(|location| location.object().ok());
    for (kind, place) in location.iter().flat_map(|location| {
        location.members.iter().filter_map(|m| Some((m.key.as_ref(), location.value(m).object().ok()?)))
    }) {
        let number = |name: &str| place.get(name).and_then(|value| value.as_u64()).map(position);
        let document = number("documentIndex").or_else(|| number("searchResultIndex"));
        citation.document = document.or(citation.document);
        let range = number("start").zip(number("end"));
        match kind {
            "web" => citation.url = text(&place, "url"),
            "documentChar" => citation.place = range.map(|(start, end)| CitedPlace::Characters(start, end)),
            "documentPage" => citation.place = range.map(|(start, end)| CitedPlace::Pages(start, end)),
            "documentChunk" | "searchResultLocation" => {
                citation.place = range.map(|(start, end)| CitedPlace::Blocks(start, end));
            }
            _ => {}
        }
    }
    if citation.url.is_empty() {
        citation.url = text(&found, "source");
    }
    Some(citation)
}

/// Writes one.
pub(crate) fn write(out: &mut Vec<u8>, citation: &Citation) {
    let mut w = Writer::with_capacity(128);
    w.begin_object();
    if !citation.title.is_empty() {
        w.string_member("title", &citation.title);
    }
    if !citation.quote.is_empty() {
        w.key("sourceContent");
        w.begin_array();
        w.begin_object();
        w.string_member("text", &citation.quote);
        w.end_object();
        w.end_array();
    }
    w.key("location");
    w.begin_object();
    if citation.url.is_empty() {
        let (kind, start, end) = match citation.place.unwrap_or(CitedPlace::Characters(0, 0)) {
            CitedPlace::Characters(start, end) => ("documentChar", start, end),
            CitedPlace::Pages(start, end) => ("documentPage", start, end),
            CitedPlace::Blocks(start, end) => ("documentChunk", start, end),
        };
        w.key(kind);
        w.begin_object();
        w.number_member("documentIndex", citation.document.unwrap_or(0));
        w.number_member("start", start);
        w.number_member("end", end);
    } else {
        w.key("web");
        w.begin_object();
        w.string_member("url", &citation.url);
        if let Some(domain) = domain(&citation.url) {
            w.string_member("domain", domain);
        }
    }
    w.end_object();
    w.end_object();
    w.end_object();
    out.extend_from_slice(&w.into_bytes());
}

/// The host of an address.
fn domain(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#', ':']).next().filter(|host| !host.is_empty())
}

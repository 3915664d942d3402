//! Citations of an answer. Serves its readers and writers. It must not decide which block one is for.

use crate::cited::position;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value, Writer};
use gw_model::event::Citation;

/// Members of a document that hold its address, its title, its text; the likeliest first.
const URLS: [&str; 3] = ["url", "source", "link"];
const TITLES: [&str; 2] = ["title", "name"];
const TEXTS: [&str; 4] = ["snippet", "text", "content", "data"];

/// Reads one: a citation for each of its sources, and the index of the content that it is for.
pub(crate) fn read(json: &str) -> Option<(Option<u32>, Vec<Citation>)> {
    let found = Object::parse(json.as_bytes(), DEPTH_CEILING).ok()?;
    let number = |name: &str| found.get(name).and_then(|value| value.as_u64()).map(position);
    let range = number("start").zip(number("end"));
    let sources = found.get("sources").filter(|sources| sources.kind == Kind::Array);
    let cited = sources.iter().flat_map(Value::elements).filter_map(|source| {
        let source = source.object().ok()?;
        let document = ["document", "tool_output"].iter().find_map(|name| source.get(name)?.object().ok());
        let text = |names: &[&str]| {
            let holder = document.as_ref()?;
            names.iter().find_map(|name| holder.get(name)?.as_str()).map(std::borrow::Cow::into_owned)
        };
        let id = source.get("id").and_then(|id| id.as_str()).unwrap_or_default().into_owned();
        Some(Citation {
            range,
            title: text(&TITLES).unwrap_or(id),
            url: text(&URLS).unwrap_or_default(),
            quote: text(&TEXTS).unwrap_or_default(),
            ..Citation::default()
        })
    });
    Some((number("content_index"), cited.collect()))
}

/// Writes one; `text` is the piece of the answer that it is for.
pub(crate) fn write(w: &mut Writer, citation: &Citation, (start, end): (u32, u32), text: &str, index: u32) {
    w.begin_object();
    w.number_member("start", start);
    w.number_member("end", end);
    w.string_member("text", text);
    w.key("sources");
    w.begin_array();
    w.begin_object();
    w.string_member("type", "document");
    let id = if citation.url.is_empty() { &citation.title } else { &citation.url };
    w.string_member("id", id);
    w.key("document");
    w.begin_object();
    for (name, value) in [("title", &citation.title), ("url", &citation.url), ("snippet", &citation.quote)] {
        if !value.is_empty() {
            w.string_member(name, value);
        }
    }
    w.end_object();
    w.end_object();
    w.end_array();
    w.number_member("content_index", index);
    w.string_member("type", "TEXT_CONTENT");
    w.end_object();
}

/// The characters of `text` from `start` to before `end`.
pub(crate) fn piece(text: &str, (start, end): (u32, u32)) -> &str {
    let at = |number: u32| {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        text.char_indices().nth(number).map_or(text.len(), |(byte, _)| byte)
    };
    text.get(at(start)..at(end)).unwrap_or_default()
}

//! Citations as OpenAI's formats annotate a text with them. Serves the readers and writers of answers of both
//! conversations. It must not decide where a citation stands.

use crate::cited::position;
use crate::json::{Kind, Value, Writer};
use gw_model::Event;
use gw_model::event::Citation;

/// The citations of a list of annotations, as events. Annotations that cite nothing are passed over.
pub(crate) fn read_list(list: &Value<'_>, choice: u32, block: u32, out: &mut Vec<Event>) {
    if list.kind != Kind::Array {
        return;
    }
    for annotation in list.elements() {
        out.extend(read(&annotation).map(|citation| Event::Citation {
            choice,
            block,
            citation: Box::new(citation),
        }));
    }
}

/// One annotation. Chat nests what Responses states at once.
pub(crate) fn read(annotation: &Value<'_>) -> Option<Citation> {
    let outer = annotation.object().ok()?;
    let kind = outer.get("type")?.as_str()?.into_owned();
    let nested = outer.get(&kind).and_then(|value| value.object().ok());
    let inner = nested.as_ref().unwrap_or(&outer);
    let text = |name: &str| inner.get(name).and_then(|v| v.as_str()).unwrap_or_default().into_owned();
    let number = |name: &str| inner.get(name).and_then(|v| v.as_u64()).map(position);
    let range = match (number("start_index"), number("end_index"), number("index")) {
        (Some(start), Some(end), _) => Some((start, end)),
        // A place in the text, not a piece of it.
        (_, _, Some(at)) => Some((at, at)),
        _ => None,
    };
    match kind.as_str() {
        "url_citation" => {
            Some(Citation { range, title: text("title"), url: text("url"), ..Citation::default() })
        }
        "file_citation" | "container_file_citation" => {
            Some(Citation { range, title: text("filename"), ..Citation::default() })
        }
        _ => None,
    }
}

/// Writes an annotation of a chat message. This format only cites addresses: a document has an empty one.
pub(crate) fn write_chat(w: &mut Writer, citation: &Citation, range: (u32, u32)) {
    w.begin_object();
    w.string_member("type", "url_citation");
    w.key("url_citation");
    w.begin_object();
    write_url(w, citation, range);
    w.end_object();
    w.end_object();
}

/// Writes an annotation of a text of Responses.
pub(crate) fn write_responses(w: &mut Writer, citation: &Citation, range: (u32, u32)) {
    w.begin_object();
    if citation.url.is_empty() {
        w.string_member("type", "file_citation");
        let number = citation.document.unwrap_or(0);
        w.string_member("file_id", &format!("document_{number}"));
        w.string_member("filename", &citation.title);
        w.number_member("index", range.1);
    } else {
        w.string_member("type", "url_citation");
        write_url(w, citation, range);
    }
    w.end_object();
}

fn write_url(w: &mut Writer, citation: &Citation, (start, end): (u32, u32)) {
    w.number_member("start_index", start);
    w.number_member("end_index", end);
    w.string_member("url", &citation.url);
    w.string_member("title", &citation.title);
}

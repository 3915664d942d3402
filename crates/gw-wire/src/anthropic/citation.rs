//! Citations of a text block. Serves the readers and writers of answers. It must not decide which block one is for.

use crate::cited::position;
use gw_model::event::{Citation, CitedPlace};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Deserialize)]
struct CitationIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    cited_text: Option<String>,
    url: Option<String>,
    source: Option<String>,
    title: Option<String>,
    document_title: Option<String>,
    document_index: Option<u64>,
    search_result_index: Option<u64>,
    start_char_index: Option<u64>,
    end_char_index: Option<u64>,
    start_page_number: Option<u64>,
    end_page_number: Option<u64>,
    start_block_index: Option<u64>,
    end_block_index: Option<u64>,
}

#[derive(Serialize)]
struct CitationOut<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    cited_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    /// The provider's own reference, which only it can make.
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_index: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_char_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_char_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_page_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_page_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_block_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_block_index: Option<u32>,
}

/// Reads one. `None` when it is of no known kind.
pub(crate) fn read(json: &str) -> Option<Citation> {
    let found: CitationIn<'_> = serde_json::from_str(json).ok()?;
    let pair = |start: Option<u64>, end: Option<u64>| Some((position(start?), position(end?)));
    let place = match found.kind.as_ref() {
        "char_location" => pair(found.start_char_index, found.end_char_index)
            .map(|(start, end)| CitedPlace::Characters(start, end)),
        "page_location" => pair(found.start_page_number, found.end_page_number)
            .map(|(start, end)| CitedPlace::Pages(start, end)),
        "content_block_location" | "search_result_location" => {
            pair(found.start_block_index, found.end_block_index)
                .map(|(start, end)| CitedPlace::Blocks(start, end))
        }
        "web_search_result_location" => None,
        _ => return None,
    };
    Some(Citation {
        range: None,
        title: found.title.or(found.document_title).unwrap_or_default(),
        url: found.url.or(found.source).unwrap_or_default(),
        quote: found.cited_text.unwrap_or_default(),
        document: found.document_index.or(found.search_result_index).map(position),
        place,
    })
}

/// Writes one.
pub(crate) fn write(out: &mut Vec<u8>, citation: &Citation) {
    let is_web = !citation.url.is_empty();
    let title = Some(citation.title.as_str()).filter(|title| !title.is_empty());
    let mut written = CitationOut {
        kind: "web_search_result_location",
        cited_text: &citation.quote,
        url: is_web.then_some(citation.url.as_str()),
        title: title.filter(|_| is_web),
        encrypted_index: is_web.then_some(""),
        document_index: (!is_web).then_some(citation.document.unwrap_or(0)),
        document_title: title.filter(|_| !is_web),
        start_char_index: None,
        end_char_index: None,
        start_page_number: None,
        end_page_number: None,
        start_block_index: None,
        end_block_index: None,
    };
    if !is_web {
        match citation.place.unwrap_or(CitedPlace::Characters(0, 0)) {
            CitedPlace::Characters(start, end) => {
                written.kind = "char_location";
                (written.start_char_index, written.end_char_index) = (Some(start), Some(end));
            }
            CitedPlace::Pages(start, end) => {
                written.kind = "page_location";
                (written.start_page_number, written.end_page_number) = (Some(start), Some(end));
            }
            CitedPlace::Blocks(start, end) => {
                written.kind = "content_block_location";
                (written.start_block_index, written.end_block_index) = (Some(start), Some(end));
            }
        }
    }
    // Writing into memory cannot fail.
    let _ = serde_json::to_writer(out, &written);
}

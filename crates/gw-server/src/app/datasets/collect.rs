//! Items made of records: of those that a filter lets through and of which the bodies are kept. Each record stands in a dataset
//! at most once.

use super::item::{Content, is_format, new_ids};
use super::origins::Origins;
use super::{DatasetsError, find_to_change, put};
use crate::app::authorization::Caller;
use crate::app::body_storage;
use crate::app::state::App;
use gw_model::RequestId;
use gw_store::StoreError;
use gw_store::types::{DatasetId, ItemChanges, LogFilter, LogRow, StoredDataset, Unread};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// How long a search may take before it says how far it came.
const SEARCH_LIMIT: Duration = Duration::from_secs(5);

/// How often items are put in again because somebody else put some in meanwhile.
const TRIES: usize = 5;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Collected {
    pub(crate) added: usize,
    /// They stand in it already.
    pub(crate) known: usize,
    /// Only the beginning is kept, or what is kept is no JSON request.
    pub(crate) unusable: usize,
    /// Their bodies stand in files of another node, which this one does not see.
    pub(crate) unread: usize,
    /// Where to go on; nothing where all was looked at.
    pub(crate) next: Option<RequestId>,
}

/// Adds what a filter finds; `keep` says of each record whether it is wanted after all. The filter says whose records may be
/// seen, and asks for bodies.
pub(crate) fn collect(
    app: &App,
    caller: &Caller,
    id: DatasetId,
    filter: &LogFilter,
    keep: &dyn Fn(&LogRow) -> bool,
) -> Result<Collected, DatasetsError> {
    find_to_change(app, caller, id)?;
    let known: HashSet<RequestId> = app.storage.database.item_sources(id)?.into_iter().collect();
    let page = app.storage.database.search(filter, Some(SEARCH_LIMIT), &mut |row| keep(row))?;
    let away = |row: &&LogRow| row.unread == Some(Unread::Away) && !known.contains(&row.request_id);
    if let Some(row) = page.rows.iter().find(away) {
        return Err(DatasetsError::Unread(body_storage::unread(app, row.request_id, Unread::Away)));
    }
    let mut collected = Collected { next: page.next, ..Collected::default() };
    let now = app.gateway.clock().now();
    let mut ids = new_ids(now)?;
    let (mut write, mut accounts) = (Vec::new(), Vec::new());
    // The oldest first, as they were made.
    for row in page.rows.iter().rev() {
        if known.contains(&row.request_id) {
            collected.known += 1;
            continue;
        }
        if row.unread.is_some() {
            collected.unread += 1;
            continue;
        }
        let Some(content) = content_of(app, row) else {
            collected.unusable += 1;
            continue;
        };
        match content.stored(app, id, (ids.next(), Some(row.request_id)), (now, now)) {
            Ok(item) => {
                accounts.push(row.accounts.as_slice());
                write.push(item);
            }
            Err(DatasetsError::Item { .. }) => collected.unusable += 1,
            Err(error) => return Err(error),
        }
    }
    collected.added = write.len();
    let counts = json!({
        "added": collected.added, "known": collected.known, "unusable": collected.unusable, "unread": collected.unread,
    });
    let mut changes = ItemChanges { write, ..ItemChanges::default() };
    // Those who collect at the same time, at other gateways too, must not forget whose calls the other's are.
    for _ in 0..TRIES {
        let (dataset, _) = find_to_change(app, caller, id)?;
        let mut origins = Origins::read(&dataset.origins);
        accounts.iter().for_each(|of| origins.add(of));
        changes.origins = Some((dataset.origins.clone(), origins.written()));
        match put(app, caller, (&dataset, "dataset.collect"), counts.clone(), &mut changes) {
            Err(DatasetsError::Full(_)) if is_other_now(app, &dataset)? => {}
            done => return done.map(|()| collected),
        }
    }
    Err(DatasetsError::Changed { revision: find_to_change(app, caller, id)?.0.revision })
}

/// Has somebody collected others' calls meanwhile?
fn is_other_now(app: &App, dataset: &StoredDataset) -> Result<bool, StoreError> {
    let now = app.storage.database.dataset(dataset.id)?;
    Ok(now.is_some_and(|(now, _)| now.origins != dataset.origins))
}

/// A record as an item; nothing where what is kept of it is not enough.
fn content_of(app: &App, row: &LogRow) -> Option<Content> {
    let kept = app.storage.bodies.sealer().open(row.request_id, row.bodies.as_ref()?).ok()?;
    if kept.request.is_cut || !is_format(&kept.format) {
        return None;
    }
    let request: Value = serde_json::from_slice(&kept.request.bytes).ok()?;
    if !request.is_object() {
        return None;
    }
    let answer =
        String::from_utf8(kept.response.bytes).ok().filter(|text| !text.is_empty() && !kept.response.is_cut);
    let expected = answer.as_deref().and_then(text_of);
    let mut metadata = Map::new();
    metadata.insert("model".to_owned(), row.model.as_str().into());
    Some(Content { format: kept.format, request, expected, answer, metadata, masked: kept.is_masked })
}

/// What a whole answer says, in whichever format: the text of its first choice. Streams say it in pieces, and nothing here.
pub(crate) fn text_of(answer: &str) -> Option<String> {
    const TEXTS: [&str; 2] = ["/choices/0/message/content", "/choices/0/text"];
    const BLOCKS: [&str; 4] =
        ["/content", "/message/content", "/output/message/content", "/candidates/0/content/parts"];
    let answer: Value = serde_json::from_str(answer).ok()?;
    if let Some(text) = TEXTS.iter().find_map(|place| answer.pointer(place)?.as_str()) {
        return Some(text.to_owned());
    }
    let joined = |blocks: &Value| {
        let texts = blocks.as_array()?.iter().filter_map(|block| block["text"].as_str());
        let text: String = texts.collect();
        (!text.is_empty()).then_some(text)
    };
    let messages = answer["output"].as_array().into_iter().flatten();
    let spoken = messages.filter_map(|message| joined(&message["content"])).collect::<String>();
    let blocks = || BLOCKS.iter().find_map(|place| answer.pointer(place).and_then(joined));
    if spoken.is_empty() { blocks() } else { Some(spoken) }
}

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn answers_of_every_format_say_something() {
        let answers = [
            r#"{"choices":[{"message":{"content":"hi"}}]}"#,
            r#"{"choices":[{"text":"hi"}]}"#,
            r#"{"content":[{"type":"thinking"},{"type":"text","text":"hi"}]}"#,
            r#"{"output":[{"type":"reasoning"},{"content":[{"type":"output_text","text":"hi"}]}]}"#,
            r#"{"output":{"message":{"content":[{"text":"hi"}]}}}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"h"},{"text":"i"}]}}]}"#,
            r#"{"message":{"content":[{"type":"text","text":"hi"}]}}"#,
        ];
        for answer in answers {
            assert_eq!(text_of(answer).as_deref(), Some("hi"), "{answer}");
        }
        assert_eq!(text_of("data: {}"), None);
        assert_eq!(text_of(r#"{"choices":[{"message":{"content":null}}]}"#), None);
    }
}

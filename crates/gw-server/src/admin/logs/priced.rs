//! Which prices a past call was charged at: the page of the books that was in force when it came. Nothing of it stands in records: the
//! books keep their pages, and the time of a call says which of them it was.

use crate::app::prices::history::{Pages, Stretch, Subject};
use crate::app::state::App;
use gw_model::time;
use gw_store::StoreError;
use gw_store::types::LogRow;
use serde_json::{Value, json};

/// For each attempt that was charged by units, the page; nothing of those from before the books were kept.
pub(super) fn versions(app: &App, record: &LogRow) -> Result<Vec<Value>, StoreError> {
    let mut charged: Vec<u8> = record.details.prices.iter().map(|line| line.attempt).collect();
    charged.dedup();
    if charged.is_empty() {
        return Ok(Vec::new());
    }
    let pages = Pages::read(app)?;
    let live = app.gateway.live();
    let shown = |attempt: u8| {
        let subject = target(record, attempt)?;
        let key = live.snapshot.providers.get(&*subject.provider).map_or("", |known| &known.price_key);
        let stretches = pages.of(&subject, key);
        let was = stretches.iter().rfind(|stretch| stretch.since <= record.time)?;
        let Stretch { since, book, source, .. } = was;
        Some(json!({ "attempt": attempt, "book": book, "source": source, "since": time::format(*since) }))
    };
    Ok(charged.into_iter().filter_map(shown).collect())
}

/// Where an attempt went.
fn target(record: &LogRow, attempt: u8) -> Option<Subject> {
    let alias = record.model.clone();
    let text = |of: &Value, name: &str| of[name].as_str().map(str::to_owned);
    match record.timed_tries() {
        Some(tries) => {
            let one = tries.get(usize::from(attempt))?;
            Some(Subject { provider: text(one, "provider")?, model: text(one, "upstream_model")?, alias })
        }
        None => {
            Some(Subject { provider: record.provider.clone()?, model: record.upstream_model.clone()?, alias })
        }
    }
}

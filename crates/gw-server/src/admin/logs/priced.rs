//! Which prices a past call was charged at: the page of the books that was in force when it came, or what it was computed again
//! with. Nothing of it stands in records: the books keep their pages, and times say which of them it was.

use crate::app::prices::history::{Pages, Stretch, Subject};
use crate::app::prices::recosting;
use crate::app::state::App;
use gw_model::{Micros, time};
use gw_store::StoreError;
use gw_store::types::{FormerCost, LogRow};
use serde_json::{Value, json};

/// For each attempt that was charged by units, the page; nothing of those from before the books were kept.
pub(super) fn versions(
    app: &App,
    record: &LogRow,
    former: Option<&FormerCost>,
) -> Result<Vec<Value>, StoreError> {
    let mut charged: Vec<u8> = record.details.prices.iter().map(|line| line.attempt).collect();
    charged.dedup();
    if charged.is_empty() {
        return Ok(Vec::new());
    }
    let pages = Pages::lately(app)?;
    let again = Again::of(app, former)?;
    let live = app.gateway.live();
    let shown = |attempt: u8| {
        let subject = target(record, attempt)?;
        let mut at = record.time;
        if let Some(again) = again.as_ref().filter(|again| again.job.wants(&subject.provider, &subject.model))
        {
            at = again.time;
            if again.job.prices.is_some() {
                let (source, since) = (format!("re-costing {}", again.name), time::format(at));
                return Some(
                    json!({ "attempt": attempt, "book": "given", "source": source, "since": since }),
                );
            }
        }
        let key = live.snapshot.providers.get(&*subject.provider).map_or("", |known| &known.price_key);
        let stretches = pages.of(&subject, key);
        // Where there were none, it was not charged at them.
        let was = stretches.iter().rfind(|stretch| stretch.since <= at).filter(|was| was.prices.is_some())?;
        let Stretch { since, book, source, .. } = was;
        Some(json!({ "attempt": attempt, "book": book, "source": source, "since": time::format(*since) }))
    };
    Ok(charged.into_iter().filter_map(shown).collect())
}

/// The re-costing that changed a record last.
struct Again {
    name: String,
    time: Micros,
    job: recosting::Job,
}

impl Again {
    fn of(app: &App, former: Option<&FormerCost>) -> Result<Option<Self>, StoreError> {
        let Some(former) = former else { return Ok(None) };
        let found = recosting::find(app, former.recosting)?;
        Ok(found.map(|found| Self {
            name: recosting::shown(former.recosting),
            time: former.time,
            job: found.job,
        }))
    }
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

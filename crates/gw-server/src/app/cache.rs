//! Throwing answers of the cache away. It must not know HTTP framing.

use super::audit;
use super::state::App;
use gw_pipeline::{Purging, StorePurged};
use gw_store::answers::Purge;
use gw_store::audit::Origin;
use serde_json::{Map, Value, json};

/// Throws answers away and writes down who did, if there were any, or may be elsewhere.
pub(crate) fn purge(app: &App, origin: &Origin, purge: &Purge) -> Purging {
    let purging = app.gateway.answers.purge(purge);
    let count = purging.count;
    if count > 0 || purging.store != StorePurged::Yes {
        let mut entry = audit::draft(app, origin, "cache.purge", "cache");
        entry.after = Some(told(purge, count));
        // They are gone already.
        audit::note_or_log(app, &entry);
    }
    purging
}

fn told(purge: &Purge, count: usize) -> Value {
    let mut out = Map::new();
    let members = [
        ("key", purge.key.map(|key| key.to_string())),
        ("model", purge.model.clone()),
        ("tag", purge.tag.clone()),
        ("account_id", purge.account.map(|account| account.to_string())),
    ];
    for (name, text) in members {
        if let Some(text) = text {
            out.insert(name.to_owned(), json!(text));
        }
    }
    out.insert("purged".to_owned(), json!(count));
    Value::Object(out)
}

//! Evaluations that wait or run: whose they are, and whether there may be another one. What each is to do is read and dropped,
//! since all of them together may be large.

use super::EvaluationError;
use crate::app::state::App;
use gw_model::{KeyId, Level, Micros};
use gw_store::StoreError;
use gw_store::types::{EvaluationId, EvaluationState, PageSize};
use serde::Deserialize;

/// Evaluations that are read at once, whatever their size.
const PAGE: usize = 200;

/// One that waits or runs.
pub(super) struct Open {
    pub(super) id: EvaluationId,
    pub(super) state: EvaluationState,
    pub(super) node: u64,
    pub(super) touched_at: Micros,
    pub(super) organization: Option<String>,
}

/// What is read of what one is to do.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Whose {
    organization: Option<String>,
}

/// All of them, the first first.
pub(super) fn heads(app: &App) -> Result<Vec<Open>, StoreError> {
    let page = PageSize { rows: PAGE, bytes: app.storage.max_page_bytes };
    let mut found: Vec<Open> = Vec::new();
    loop {
        let after = found.last().map(|last| last.id);
        let stored = app.storage.database.open_evaluations(after, page)?;
        if stored.is_empty() {
            return Ok(found);
        }
        found.extend(stored.into_iter().map(|one| {
            let whose: Whose = serde_json::from_str(&one.job).unwrap_or_default();
            let (id, state, node, touched_at) = (one.id, one.state, one.node, one.touched_at);
            Open { id, state, node, touched_at, organization: whose.organization }
        }));
    }
}

/// The organization that a key's calls count for.
pub(super) fn organization_of(app: &App, key: KeyId) -> Option<String> {
    let entry = app.gateway.keys.get(key)?;
    let organization = entry.above().iter().find(|account| account.id.level == Level::Organization);
    organization.map(|organization| organization.id.to_string())
}

/// May there be another one with a key of that organization?
pub(super) fn expect_room(app: &App, organization: Option<&str>) -> Result<(), EvaluationError> {
    let settings = **app.evaluations.load();
    let open = heads(app)?;
    if open.len() >= settings.max_open {
        return Err(EvaluationError::TooMany { most: settings.max_open });
    }
    let of_it = open.iter().filter(|one| one.organization.as_deref() == organization).count();
    match organization {
        Some(_) if of_it >= settings.max_open_per_organization => {
            Err(EvaluationError::TooManyOfOne { most: settings.max_open_per_organization })
        }
        _ => Ok(()),
    }
}

//! `GET /api/v1/budgets`: where each budget stands, of keys and of all accounts above and beside them.

use super::by::By;
use super::error::ApiError;
use super::limits;
use super::query::{Page, paged};
use crate::app::accounts::allowed;
use crate::app::authorization::{Caller, Resource, Standing};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use gw_model::{AccountId, KeyId, Level, Micros};
use gw_store::memory::{Account, KeyEntry, Rules, Tally};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Filters and paging.
#[derive(Debug, Deserialize)]
pub(super) struct BudgetsQuery {
    level: Option<String>,
    id: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Whose budgets they are.
struct Whose<'a> {
    level: Level,
    id: String,
    name: &'a str,
    tally: &'a Tally,
    rules: Arc<Rules>,
    /// How many of the budgets are its own; the others are its plan's.
    own: usize,
    plan: Option<&'a Arc<Account>>,
}

/// Lists budgets.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<BudgetsQuery>,
) -> Result<Json<Value>, ApiError> {
    tokio::task::spawn_blocking(move || rows(&app, &caller, query)).await?
}

fn rows(app: &App, caller: &Caller, query: BudgetsQuery) -> Result<Json<Value>, ApiError> {
    let read = Resource::Budgets.read();
    caller.authority.may_somewhere(read)?;
    let levels = levels(query.level.as_deref())?;
    let page = Page { limit: query.limit, cursor: query.cursor };
    let (limit, offset) = (page.limit()?, page.offset()?);
    let now = app.gateway.clock().now();
    let keys = &app.gateway.keys;
    let mut rows = Vec::new();
    if levels.contains(&Level::Key) {
        let entries = match query.id.as_ref().map(|id| id.parse::<KeyId>()) {
            None => keys.list(),
            Some(id) => id.ok().and_then(|id| keys.get(id)).into_iter().collect(),
        };
        let seen = entries.iter().filter(|entry| caller.authority.sees(read, &Standing::of_key(entry)));
        seen.for_each(|entry| rows.extend(of_key(entry, now)));
    }
    let wanted = query.id.as_ref().map(|id| id.parse::<AccountId>().ok());
    for level in levels.into_iter().filter(|level| !matches!(level, Level::Key | Level::Plan)) {
        let accounts = match wanted {
            None => keys.accounts.list(level),
            Some(id) => {
                let id = id.filter(|id| id.level == level);
                id.and_then(|id| keys.accounts.get(id)).into_iter().collect()
            }
        };
        for account in &accounts {
            let shown = of_account(account, now);
            if !shown.is_empty() && caller.authority.sees(read, &allowed::standing_of(app, account.id)?) {
                rows.extend(shown);
            }
        }
    }
    let page = Page { limit: Some(limit), cursor: Some(offset.to_string()) };
    let (data, next) = paged(rows, &page)?;
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

fn levels(name: Option<&str>) -> Result<Vec<Level>, ApiError> {
    let Some(name) = name else { return Ok(Level::ALL.to_vec()) };
    Level::from_name(name).map(|level| vec![level]).ok_or_else(|| {
        let names: Vec<&str> = Level::ALL.iter().map(|level| level.as_str()).collect();
        ApiError::invalid("level", format!("there is no level '{name}'; there are {}", names.join(", ")))
    })
}

fn of_key(entry: &KeyEntry, now: Micros) -> Vec<Value> {
    let whose = Whose {
        level: Level::Key,
        id: entry.id.to_string(),
        name: &entry.name,
        tally: &entry.tally,
        rules: entry.all_rules(),
        own: entry.rules.budgets().len(),
        plan: entry.plan(),
    };
    shown(&whose, now)
}

fn of_account(account: &Account, now: Micros) -> Vec<Value> {
    let version = account.version();
    let whose = Whose {
        level: account.id.level,
        id: account.id.to_string(),
        name: &version.name,
        tally: account.tally(),
        rules: account.rules(),
        own: version.policy.budgets.len(),
        plan: version.plan(),
    };
    shown(&whose, now)
}

fn shown(whose: &Whose<'_>, now: Micros) -> Vec<Value> {
    let rows = limits::budgets_shown(whose.tally, &whose.rules, now).into_iter().enumerate();
    let rows = rows.map(|(at, mut row)| {
        let mut add = |name: &str, value: Value| row.insert(name.to_owned(), value);
        add("level", whose.level.as_str().into());
        add("id", whose.id.clone().into());
        add("name", whose.name.into());
        let plan = whose.plan.filter(|_| at >= whose.own);
        add("plan_id", json!(plan.map(|plan| plan.id.to_string())));
        if whose.level == Level::Key {
            add("key_id", whose.id.clone().into());
            add("key_name", whose.name.into());
        }
        Value::Object(row)
    });
    rows.collect()
}

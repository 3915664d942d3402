//! `GET /api/v1/budgets`: where each budget stands, of keys, of all accounts above and beside them, and of what is called.

use super::by::By;
use super::error::ApiError;
use super::held;
use super::limits;
use super::query::Page;
use crate::app::accounts::allowed;
use crate::app::authorization::{Caller, Permission, Resource, Standing};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use gw_model::{AccountId, KeyId, Level, Micros};
use gw_store::memory::{Account, KeyEntry, Rules, Tally};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Filters and paging.
#[derive(Debug, Deserialize)]
pub(super) struct BudgetsQuery {
    level: Option<String>,
    id: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Rows with their places.
type Rows = Vec<(After, Value)>;

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
    let reading = Arc::clone(&app);
    let found = tokio::task::spawn_blocking(move || rows(&reading, &caller, query)).await??;
    let (mut rows, next) = found;
    let mut of_accounts: Vec<_> = rows.iter_mut().map(|(at, row)| (at.id, row)).collect();
    held::complete(&app, &mut of_accounts).await;
    let data: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// A page of them, and where the next one begins.
fn rows(app: &App, caller: &Caller, query: BudgetsQuery) -> Result<(Rows, Option<String>), ApiError> {
    caller.authority.may_somewhere(READ)?;
    let levels = levels(query.level.as_deref())?;
    let page = Page { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after::<After>()?);
    let mut listing =
        Listing { app, caller, now: app.gateway.clock().now(), most: limit + 1, after, rows: Vec::new() };
    let levels = levels.into_iter().filter(|level| *level != Level::Plan);
    for level in levels.skip_while(|level| after.is_some_and(|after| after.id.level != *level)) {
        match level {
            Level::Key => listing.add_keys(query.id.as_deref()),
            level if level.is_called() => listing.add_called(level, query.id.as_deref()),
            level => listing.add_accounts(level, query.id.as_deref())?,
        }
    }
    let mut rows = listing.rows;
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| is_more).map(|(at, _)| at.to_string());
    Ok((rows, next))
}

const READ: Permission = Resource::Budgets.read();

/// A place in the list: a budget of an account or a key, by its number among them.
#[derive(Clone, Copy, Debug)]
struct After {
    id: AccountId,
    number: usize,
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, self.number)
    }
}

impl FromStr for After {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (id, number) = text.split_once(':').ok_or(())?;
        let id = id.parse().or_else(|_| AccountId::parse_called(id)).map_err(drop)?;
        Ok(Self { id, number: number.parse().map_err(drop)? })
    }
}

/// Rows as they are found, until there are as many as are wanted: what is not shown is not made either.
struct Listing<'a> {
    app: &'a App,
    caller: &'a Caller,
    now: Micros,
    most: usize,
    after: Option<After>,
    rows: Vec<(After, Value)>,
}

impl Listing<'_> {
    fn is_full(&self) -> bool {
        self.rows.len() >= self.most
    }

    /// Does it stand behind the last page, or at its end, where further budgets of it may be?
    fn is_next(&self, id: AccountId) -> bool {
        self.after.is_none_or(|after| id.level != after.id.level || id >= after.id)
    }

    fn add(&mut self, id: AccountId, rows: Vec<Value>) {
        let shown = self.after.filter(|after| after.id == id).map_or(0, |after| after.number + 1);
        let rows = rows.into_iter().enumerate().skip(shown);
        self.rows.extend(rows.map(|(number, row)| (After { id, number }, row)));
    }

    fn add_keys(&mut self, wanted: Option<&str>) {
        let keys = &self.app.gateway.keys;
        let entries = match wanted.map(str::parse::<KeyId>) {
            None => keys.list(),
            Some(id) => id.ok().and_then(|id| keys.get(id)).into_iter().collect(),
        };
        for entry in &entries {
            let id = entry.account_id();
            let has_some = !entry.rules.budgets().is_empty() || entry.plan().is_some();
            if self.is_full() || !has_some || !self.is_next(id) {
                continue;
            }
            if self.caller.authority.sees(READ, &Standing::of_key(entry)) {
                self.add(id, of_key(entry, self.now));
            }
        }
    }

    fn add_accounts(&mut self, level: Level, wanted: Option<&str>) -> Result<(), ApiError> {
        let accounts = &self.app.gateway.keys.accounts;
        let found = match wanted {
            None => accounts.list(level),
            Some(id) => {
                let id = id.parse::<AccountId>().ok().filter(|id| id.level == level);
                id.and_then(|id| accounts.get(id)).into_iter().collect()
            }
        };
        // Where people stand is asked of the database: not for whoever sees all of them anyway.
        let sees_all = self.caller.authority.sees(READ, &Standing::of_gateway());
        for account in &found {
            if self.is_full() || !self.is_next(account.id) || account.rules().budgets().is_empty() {
                continue;
            }
            if sees_all || self.caller.authority.sees(READ, &allowed::standing_of(self.app, account.id)?) {
                self.add(account.id, of_account(account, self.now));
            }
        }
        Ok(())
    }

    /// Of what the configuration in force calls: they are the gateway's own.
    fn add_called(&mut self, level: Level, wanted: Option<&str>) {
        if !self.caller.authority.sees(READ, &Standing::of_gateway()) {
            return;
        }
        let live = self.app.gateway.live();
        let mut quotas: Vec<AccountId> = live.snapshot.quotas.iter().map(|quota| quota.id).collect();
        quotas.retain(|id| id.level == level && wanted.is_none_or(|wanted| id.to_string() == wanted));
        quotas.sort_unstable();
        for account in quotas.into_iter().filter_map(|id| self.app.gateway.keys.accounts.get(id)) {
            if self.is_full() || !self.is_next(account.id) || account.rules().budgets().is_empty() {
                continue;
            }
            self.add(account.id, of_account(&account, self.now));
        }
    }
}

fn levels(name: Option<&str>) -> Result<Vec<Level>, ApiError> {
    let all = || Level::ALL.iter().chain(Level::CALLED).copied();
    let Some(name) = name else { return Ok(all().collect()) };
    all().find(|level| level.as_str() == name).map(|level| vec![level]).ok_or_else(|| {
        let names: Vec<&str> = all().map(Level::as_str).collect();
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

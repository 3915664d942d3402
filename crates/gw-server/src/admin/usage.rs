//! `GET /api/v1/usage`.

use super::analytics::name_of;
use super::by::By;
use super::error::ApiError;
use super::figures::{self, Calls, Given};
use super::query::{MAX_LIMIT, Page, paged, time as parse_time};
use crate::app::analytics::{MOST_SUMS, RECORDS_LIMIT};
use crate::app::authorization::{Caller, Resource, Standing};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use gw_model::{AccountId, Micros, time};
use gw_store::analytics::{RollupBy, RollupQuery, RollupRow, Span, SumBounds, sum_records};
use gw_store::types::{GroupBy, UsageFilter, UsageRow};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Micros = 3_600_000_000;

/// What to sum.
#[derive(Debug, Deserialize)]
pub(super) struct UsageQuery {
    group_by: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
    #[serde(flatten)]
    filters: Given,
}

/// Sums usage by a dimension.
pub(super) async fn rows(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<UsageQuery>,
) -> Result<Json<Value>, ApiError> {
    let group_by = match query.group_by.as_deref() {
        None => GroupBy::Key,
        Some(name) => GroupBy::from_name(name).ok_or_else(|| {
            let names: Vec<&str> = GroupBy::ALL.iter().map(|g| g.as_str()).collect();
            ApiError::invalid("group_by", format!("'group_by' must be one of {}", names.join(", ")))
        })?,
    };
    let ask = UsageAsk { group_by, calls: Calls::read(&caller, &query.filters)? };
    let from = parse_time("from", query.from.as_deref())?;
    let to = parse_time("to", query.to.as_deref())?;
    let _turn = if ask.is_of_records() { Some(figures::turn(&caller).await?) } else { None };
    let summed = move || ask.summed(&app, &caller, (from, to), RECORDS_LIMIT);
    let rows = tokio::task::spawn_blocking(summed).await??;
    let page = Page { limit: query.limit.or(Some(MAX_LIMIT)), cursor: query.cursor };
    let (rows, next) = paged(rows, &page)?;
    let data: Vec<Value> = rows.iter().map(|r| row(group_by, r)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// Which sums, of which calls.
pub(super) struct UsageAsk {
    pub(super) group_by: GroupBy,
    pub(super) calls: Calls,
}

impl UsageAsk {
    /// No sums are kept that tell it.
    pub(super) fn is_of_records(&self) -> bool {
        self.kept().is_none()
    }

    /// The sums from a time to another, as far as they may be seen; records are read for about twice `limit` at most.
    pub(super) fn summed(
        &self,
        app: &App,
        caller: &Caller,
        (from, to): (Option<Micros>, Option<Micros>),
        limit: Duration,
    ) -> Result<Vec<UsageRow>, ApiError> {
        let Some(kept) = self.kept() else { return self.of_records(app, (from, to), limit) };
        let is_restricted = kept.seen_from.is_some();
        let mut rows = app.storage.database.usage(&UsageFilter { from, to, ..kept })?;
        if is_restricted && is_seen_whole(self.group_by) {
            rows.retain(|row| sees(app, caller, row));
        }
        Ok(rows)
    }

    /// What is asked of sums that are kept, where they tell it: each call stands in those by key, team, model, provider and
    /// customer.
    fn kept(&self) -> Option<UsageFilter> {
        let (calls, group_by) = (&self.calls, self.group_by);
        let customer = match calls.apart.as_slice() {
            [] => None,
            [(RollupBy::Customer, id)] => Some(id.clone()),
            _ => return None,
        };
        let filter = &calls.filter;
        let is_of_call = filter.model.is_some() || filter.provider.is_some() || customer.is_some();
        let is_of_caller = filter.key_id.is_some() || filter.team_id.is_some();
        let is_of_more = !filter.accounts.is_empty()
            || filter.outcome.is_some()
            || filter.error.is_some()
            || filter.cache.is_some()
            || filter.class.is_some();
        let is_restricted = filter.seen_from.is_some();
        // To whoever may not see everything, accounts are told as wholes, and what else there is out of records.
        let is_whole = is_restricted && is_seen_whole(group_by);
        let tells = match (is_of_call, is_of_caller) {
            (true, _) => group_by.is_by_call() && !is_restricted,
            (false, true) => group_by.is_by_call() && !is_whole,
            (false, false) => true,
        };
        (tells && !is_of_more && !calls.is_of_records).then(|| UsageFilter {
            group_by,
            key_id: filter.key_id,
            team_id: filter.team_id.clone(),
            model: filter.model.clone(),
            provider: filter.provider.clone(),
            customer,
            seen_from: filter.seen_from.clone(),
            ..UsageFilter::default()
        })
    }

    /// Names of what is no more stand with the sums that are kept.
    fn name_those_gone(
        &self,
        app: &App,
        (from, to): (Option<Micros>, Option<Micros>),
        rows: &mut [UsageRow],
    ) -> Result<(), ApiError> {
        let is_named = self.group_by == GroupBy::Key || self.group_by.is_account();
        if !is_named || rows.iter().all(|row| row.name.is_some() || row.value.is_empty()) {
            return Ok(());
        }
        let kept = UsageFilter { group_by: self.group_by, from, to, ..UsageFilter::default() };
        let known = app.storage.database.usage(&kept)?.into_iter();
        let names: HashMap<String, Option<String>> = known.map(|row| (row.value, row.name)).collect();
        for row in rows.iter_mut().filter(|row| row.name.is_none()) {
            row.name = names.get(&row.value).cloned().flatten();
        }
        Ok(())
    }

    fn of_records(
        &self,
        app: &App,
        (from, to): (Option<Micros>, Option<Micros>),
        limit: Duration,
    ) -> Result<Vec<UsageRow>, ApiError> {
        let to = to.unwrap_or_else(|| app.gateway.clock().now().saturating_add(HOUR));
        let by = rolled_up_by(self.group_by);
        let query = RollupQuery {
            by_time: by.is_none(),
            group_by: by,
            filter: self.calls.filter.clone(),
            ..RollupQuery::over(Span::Hour, from.unwrap_or(0).max(0), to)
        };
        let bounds = SumBounds { time: limit, sums: MOST_SUMS };
        let sums = sum_records(&*app.storage.database, &query, &self.calls.more, bounds, true)?;
        if let Some(searched_to) = sums.searched_to {
            return Err(figures::unfinished(searched_to));
        }
        let mut rows: Vec<UsageRow> = Vec::new();
        for row in sums.rollups(&query) {
            let value = match by {
                Some(_) => row.value.clone().unwrap_or_default(),
                None => time::format_date(row.start).chars().take(DATE).collect(),
            };
            match rows.last_mut().filter(|last| last.value == value) {
                Some(last) => add(last, &row),
                None => {
                    let name = by.and_then(|by| name_of(app, by, &value));
                    rows.push(UsageRow { value, name, ..UsageRow::default() });
                    if let Some(last) = rows.last_mut() {
                        add(last, &row);
                    }
                }
            }
        }
        self.name_those_gone(app, (from, Some(to)), &mut rows)?;
        Ok(rows)
    }
}

/// Characters of a date.
const DATE: usize = "2026-11-21".len();

/// `None` for days.
const fn rolled_up_by(group_by: GroupBy) -> Option<RollupBy> {
    Some(match group_by {
        GroupBy::Day => return None,
        GroupBy::Key => RollupBy::Key,
        GroupBy::Organization => RollupBy::Organization,
        GroupBy::User => RollupBy::User,
        GroupBy::Team => RollupBy::Team,
        GroupBy::Project => RollupBy::Project,
        GroupBy::Customer => RollupBy::Customer,
        GroupBy::Tag => RollupBy::Tag,
        GroupBy::Model => RollupBy::Model,
        GroupBy::Provider => RollupBy::Provider,
    })
}

fn add(to: &mut UsageRow, row: &RollupRow) {
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let sums = &row.sums;
    to.requests = to.requests.saturating_add(count(sums.requests));
    to.errors = to.errors.saturating_add(count(sums.errors));
    to.input_tokens = to.input_tokens.saturating_add(count(sums.input_tokens));
    to.output_tokens = to.output_tokens.saturating_add(count(sums.output_tokens));
    to.cached_tokens = to.cached_tokens.saturating_add(count(sums.cached_tokens));
    to.cost = to.cost.plus(sums.cost());
    to.saved = to.saved.plus(sums.saved());
}

/// Are its sums those of whole accounts? Users and tags have calls of several tenants: their sums are of the calls that may
/// be seen.
const fn is_seen_whole(group_by: GroupBy) -> bool {
    group_by.level().is_some() && !matches!(group_by, GroupBy::User | GroupBy::Tag)
}

/// May he see the sums of that account?
fn sees(app: &App, caller: &Caller, row: &UsageRow) -> bool {
    let account = row.value.parse::<AccountId>().map(|id| Standing::of_account(app, id));
    account.is_ok_and(|standing| caller.authority.sees(Resource::Usage.read(), &standing))
}

fn row(group_by: GroupBy, sums: &UsageRow) -> Value {
    let mut row = Map::new();
    row.insert(group_by.as_str().to_owned(), json!(sums.value));
    if group_by == GroupBy::Key {
        row.insert("key_id".to_owned(), json!(sums.value));
        row.insert("key_name".to_owned(), json!(sums.name));
    } else if group_by.is_account() {
        row.insert("name".to_owned(), json!(sums.name));
    }
    let counts = [
        ("requests", json!(sums.requests)),
        ("errors", json!(sums.errors)),
        ("input_tokens", json!(sums.input_tokens)),
        ("output_tokens", json!(sums.output_tokens)),
        ("cached_tokens", json!(sums.cached_tokens)),
        ("cost_usd", json!(sums.cost.to_string())),
        ("saved_usd", json!(sums.saved.to_string())),
    ];
    row.extend(counts.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(row)
}

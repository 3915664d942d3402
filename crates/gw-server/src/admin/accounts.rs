//! `/api/v1/organizations`, `teams`, `projects`, `users`, `customers`, `tags` and `plans`: one set of handlers for all.

use super::account_input::{self as input, UserKind};
use super::by::By;
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::query::Page;
use super::{access, calls, guardrails, held, limits};
use crate::app::accounts::{self, AccountsError, allowed};
use crate::app::authorization::Caller;
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use gw_model::{AccountId, Level, Logging, Micros, time};
use gw_store::StoreError;
use gw_store::memory::{Rules, Tally};
use gw_store::types::{AccountFilter, AccountProfile, StoredAccount};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

type Answer = Result<Response, ApiError>;

/// Filters and paging.
#[derive(Debug, Deserialize)]
struct AccountsQuery {
    name: Option<String>,
    email: Option<String>,
    organization_id: Option<String>,
    team_id: Option<String>,
    project_id: Option<String>,
    kind: Option<String>,
    member_of: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// How to remove.
#[derive(Debug, Deserialize)]
struct RemoveQuery {
    cascade: Option<String>,
}

/// The resource of a level as a whole.
pub(super) fn all(level: Level) -> MethodRouter<Arc<App>> {
    get(move |State(app): State<Arc<App>>, Extension(caller): By, Query(query): Query<AccountsQuery>| {
        list(level, app, caller, query)
    })
    .post(move |State(app): State<Arc<App>>, Extension(caller): By, body: Bytes| {
        create(level, app, caller, body)
    })
}

/// One of a level.
pub(super) fn one(level: Level) -> MethodRouter<Arc<App>> {
    get(move |State(app): State<Arc<App>>, Extension(caller): By, Path(id): Path<String>| {
        show(level, app, caller, id)
    })
    .patch(
        move |State(app): State<Arc<App>>,
              Extension(caller): By,
              Path(id): Path<String>,
              headers: HeaderMap,
              body: Bytes| change(level, app, caller, id, headers, body),
    )
    .delete(
        move |State(app): State<Arc<App>>,
              Extension(caller): By,
              Path(id): Path<String>,
              Query(query): Query<RemoveQuery>,
              headers: HeaderMap| remove(level, app, caller, id, query, headers),
    )
}

async fn list(
    level: Level,
    app: Arc<App>,
    caller: Arc<Caller>,
    query: AccountsQuery,
) -> Result<Json<Value>, ApiError> {
    let limit = Page { limit: query.limit, cursor: None }.limit()?;
    let mut filter = AccountFilter::of(level, limit + 1);
    let given = |member: &str| match member {
        "organization_id" => &query.organization_id,
        "project_id" => &query.project_id,
        _ => &query.team_id,
    };
    for (member, wanted) in input::parents(level) {
        if let Some(text) = given(member) {
            filter.parent = Some(input::id_of(member, text, *wanted)?);
        }
    }
    if let Some(text) = &query.cursor {
        let after = text.parse::<AccountId>().ok().filter(|id| id.level == level);
        filter.after =
            Some(after.ok_or_else(|| ApiError::invalid("cursor", "'cursor' is not one of this list"))?);
    }
    if let Some(text) = &query.member_of {
        let wrong = |_| ApiError::invalid("member_of", "'member_of' must be the id of an account");
        filter.member_of = Some(vec![text.parse().map_err(wrong)?]);
    }
    // The document says which kinds there are.
    filter.belongs = query.kind.map(|kind| kind == UserKind::Service.as_str());
    filter.name = query.name;
    filter.email = query.email.map(|email| email.to_lowercase());
    let (reading, by) = (Arc::clone(&app), Arc::clone(&caller));
    let mut rows = tokio::task::spawn_blocking(move || accounts::list(&reading, &by, &filter)).await??;
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| is_more).map(|last| last.id.to_string());
    let mut data: Vec<Value> = rows.iter().map(|account| row(&app, &caller, account)).collect();
    let mut of_accounts: Vec<_> = rows.iter().map(|account| account.id).zip(&mut data).collect();
    held::complete_within(&app, &mut of_accounts).await;
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

async fn show(level: Level, app: Arc<App>, caller: Arc<Caller>, id: String) -> Answer {
    let id = parse(level, &id)?;
    let (reading, by) = (Arc::clone(&app), Arc::clone(&caller));
    let found = tokio::task::spawn_blocking(move || accounts::find(&reading, &by, id)).await??;
    let mut shown = row(&app, &caller, &found);
    held::complete_within(&app, &mut [(found.id, &mut shown)]).await;
    Ok(tagged(StatusCode::OK, found.revision, shown))
}

async fn create(level: Level, app: Arc<App>, caller: Arc<Caller>, body: Bytes) -> Answer {
    let given = input::read(level, &body)?;
    let mut profile = AccountProfile::default();
    let kind = input::kind(&given)?.unwrap_or_default();
    input::apply(level, kind, &given, &mut profile, |name| is_provider(&app, name))?;
    guardrails::check_names(&app, &profile.policy.guardrails)?;
    let parent = input::parent(level, &given)?.flatten();
    if level == Level::Project && parent.is_none() {
        return Err(ApiError::invalid("team_id", "'team_id' is missing: a project belongs to a team"));
    }
    if level == Level::User {
        input::check_owner(kind, parent)?;
    }
    let (writing, by) = (Arc::clone(&app), Arc::clone(&caller));
    let work = move || accounts::create(&writing, &by, level, parent, &profile);
    let made = tokio::task::spawn_blocking(work);
    let made = made.await?.map_err(|error| taken(level, kind, error))?;
    Ok(tagged(StatusCode::CREATED, made.revision, row(&app, &caller, &made)))
}

async fn change(
    level: Level,
    app: Arc<App>,
    caller: Arc<Caller>,
    id: String,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (id, revision) = (parse(level, &id)?, expected(&headers)?);
    let given = input::read(level, &body)?;
    let (writing, by) = (Arc::clone(&app), Arc::clone(&caller));
    let work = move || {
        accounts::update(&writing, &by, id, revision, |present| {
            if input::parent(level, &given)?.is_some_and(|parent| parent != present.parent) {
                let member = input::parents(level).first().map_or("id", |(member, _)| *member);
                let text = "what it belongs to cannot be changed: make another, and move the keys there";
                return Err(ApiError::invalid(member, text));
            }
            let mut profile = present.profile.clone();
            let kind = UserKind::of(present.service_of());
            if input::kind(&given)?.is_some_and(|given| given != kind) {
                let text =
                    "a person does not become a service account, nor the other way round: make another";
                return Err(ApiError::invalid("kind", text));
            }
            input::apply(level, kind, &given, &mut profile, |name| is_provider(&writing, name))?;
            if given.raw("guardrails").is_some() {
                guardrails::check_names(&writing, &profile.policy.guardrails)?;
            }
            Ok(profile)
        })
    };
    let changed = tokio::task::spawn_blocking(work).await??;
    Ok(tagged(StatusCode::OK, changed.revision, row(&app, &caller, &changed)))
}

async fn remove(
    level: Level,
    app: Arc<App>,
    caller: Arc<Caller>,
    id: String,
    query: RemoveQuery,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let (id, revision) = (parse(level, &id)?, expected(&headers)?);
    let cascade = match query.cascade.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(ApiError::invalid("cascade", "'cascade' must be true or false")),
    };
    tokio::task::spawn_blocking(move || accounts::remove(&app, &caller, id, cascade, revision)).await??;
    Ok(StatusCode::NO_CONTENT)
}

fn is_provider(app: &App, name: &str) -> bool {
    app.gateway.live().snapshot.providers.contains_key(name)
}

/// An id that is none, or one of another level, is of something that does not exist.
fn parse(level: Level, id: &str) -> Result<AccountId, ApiError> {
    let id = id.parse::<AccountId>().ok().filter(|id| id.level == level);
    id.ok_or_else(|| AccountsError::NotFound.into())
}

/// Of people it is the address that must differ.
fn taken(level: Level, kind: UserKind, error: AccountsError) -> ApiError {
    match error {
        AccountsError::Store(StoreError::NameTaken { .. })
            if level == Level::User && kind == UserKind::Person =>
        {
            ApiError::conflict("email", "another user has this address")
        }
        error => error.into(),
    }
}

impl From<AccountsError> for ApiError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Denied(denied) => denied.into(),
            AccountsError::NotFound => Self::not_found(error.to_string()),
            AccountsError::Unknown { ref field, .. } | AccountsError::Beyond { ref field } => {
                Self::invalid(field.clone(), error.to_string())
            }
            AccountsError::InUse(ref referring) => {
                let some = |ids: Vec<String>| ids.into_iter().take(10).collect::<Vec<_>>();
                let accounts = some(referring.accounts.iter().map(ToString::to_string).collect());
                let keys = some(referring.keys.iter().map(ToString::to_string).collect());
                let by = json!({ "accounts": accounts, "keys": keys });
                Self::conflict("id", error.to_string()).with("referred_by", by)
            }
            AccountsError::Keeps(_) => Self::conflict("record_retention_days", error.to_string()),
            AccountsError::Store(StoreError::NameTaken { .. }) => {
                Self::conflict("name", "another one beside it has this name (or address); choose another")
            }
            AccountsError::Store(StoreError::Changed { revision }) => Self::changed(revision),
            AccountsError::Store(StoreError::Missing { id }) => {
                let field = format!("{}_id", id.level.as_str());
                Self::from(accounts::unknown(&field, &id.to_string(), id.level))
            }
            AccountsError::Store(error @ StoreError::Referred) => {
                Self::conflict("id", format!("{error}; try again"))
            }
            AccountsError::Store(error) => Self::from(error),
        }
    }
}

fn row(app: &App, caller: &Caller, stored: &StoredAccount) -> Value {
    let (level, profile) = (stored.id.level, &stored.profile);
    let policy = &profile.policy;
    let account = app.gateway.keys.accounts.get(stored.id);
    let now = app.gateway.clock().now();
    let budgets = budgets(account.as_ref().map(|account| account.tally()), stored, now);
    let mut row = json!({
        "id": stored.id.to_string(),
        "name": profile.name,
        "models": policy.models,
        "endpoints": policy.endpoints.as_ref().map(|l| l.iter().map(|e| e.as_str()).collect::<Vec<_>>()),
        "providers": policy.providers,
        "max_output_tokens": policy.max_output_tokens,
        "guardrails": policy.guardrails,
        "limits": limits::shown(&policy.limits),
        "budget": budgets.first(),
        "budgets": budgets,
        "metadata": profile.metadata,
        "revision": stored.revision,
        "created_at": time::format(stored.created_at),
        "updated_at": time::format(stored.updated_at),
    });
    for (member, wanted) in input::parents(level) {
        let parent = stored.parent.filter(|parent| parent.level == *wanted);
        row[member] = json!(parent.map(|id| id.to_string()));
    }
    if matches!(level, Level::Organization | Level::Team | Level::Project) {
        row["member_keys"] = (!policy.no_member_keys).into();
    }
    if level == Level::Organization {
        row["record_retention_days"] = json!(policy.retention.record_days);
        row["body_retention_days"] = json!(policy.retention.body_days);
    }
    let access = policy.access.as_deref();
    row["hours"] = access.map(access::hours_shown).unwrap_or_default().into();
    row["required_metadata"] = json!(access.map(|access| &access.required_metadata[..]).unwrap_or_default());
    row["logging"] = json!(access.and_then(|access| access.logging).map(Logging::as_str));
    row["cache"] = access::cache_shown(access);
    if let Some(row) = row.as_object_mut() {
        row.append(&mut calls::shown(access.map(|access| &access.calls), false));
    }
    if !matches!(level, Level::Customer | Level::Tag) {
        row["allowed_ips"] = json!(access.map(|access| &access.allowed_ips[..]).unwrap_or_default());
        row["allowed_origins"] = json!(access.map(|access| &access.allowed_origins[..]).unwrap_or_default());
    }
    if level != Level::Plan {
        row["plan_id"] = json!(profile.plan.map(|id| id.to_string()));
        row["disabled"] = profile.disabled.into();
        row["requests_in_flight"] = account.map_or(0, |account| account.tally().parallel()).into();
    }
    if level == Level::User {
        let memberships = allowed::seen_memberships(app, caller, stored).into_iter().map(|membership| {
            json!({ "account_id": membership.account.to_string(), "role": membership.role.as_str() })
        });
        row["kind"] = UserKind::of(stored.parent).as_str().into();
        row["email"] = json!(profile.email);
        row["gateway_role"] = json!(profile.gateway_role.map(gw_model::Role::as_str));
        row["memberships"] = memberships.collect();
    }
    row
}

/// Its own budgets, and where they stand; those of a plan stand nowhere.
fn budgets(tally: Option<&Tally>, stored: &StoredAccount, now: Micros) -> Vec<Map<String, Value>> {
    let policy = &stored.profile.policy;
    let rules = Rules::new(&policy.limits, policy.budgets.clone());
    let nothing = Tally::default();
    let mut rows = limits::budgets_shown(tally.unwrap_or(&nothing), &rules, now);
    if stored.id.level == Level::Plan {
        for row in &mut rows {
            row.retain(|name, _| {
                !matches!(name.as_str(), "spent_usd" | "reserved_usd" | held::SCOPE | "resets_at")
            });
        }
    }
    rows
}

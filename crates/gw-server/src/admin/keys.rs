//! `/api/v1/keys`.

use super::by::By;
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::query::{Page, paged_by};
use super::{access, calls, effective, guardrails, held, key_input, last_used, limits};
use crate::app::accounts::{AccountsError, allowed};
use crate::app::authorization::Resource;
use crate::app::keys::{self, KeysError, Made};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gw_model::{KeyId, KeyPolicy, KeyTerms, Level, Logging, Micros, time};
use gw_store::StoreError;
use gw_store::memory::{Account, KeyEntry, KeySource, Rules};
use gw_store::types::StoredKey;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Answer = Result<Response, ApiError>;

/// Filters.
#[derive(Debug, Deserialize)]
pub(super) struct KeysQuery {
    name: Option<String>,
    team_id: Option<String>,
    project_id: Option<String>,
    user_id: Option<String>,
    plan_id: Option<String>,
    organization_id: Option<String>,
    state: Option<String>,
    managed_by: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Lists keys that are not revoked.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<KeysQuery>,
) -> Result<Json<Value>, ApiError> {
    let managed_by = query.managed_by.as_deref();
    let now = app.gateway.clock().now();
    let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
    let wanted = |e: &KeyEntry| {
        // Callers with tokens are no keys, and may be very many: who wants them says so.
        managed_by.map_or(e.source != KeySource::Token, |wanted| wanted == managing(e.source))
            && query.name.as_ref().is_none_or(|name| **name == *e.name)
            && is(&query.team_id, &e.policy.team_id)
            && is(&query.project_id, &e.policy.project_id)
            && query.user_id.as_ref().is_none_or(|id| e.user_id() == Some(id.as_str()))
            && is(&query.plan_id, &e.policy.plan_id)
            && (query.organization_id.is_none() || query.organization_id == organization(e))
            && query.state.as_ref().is_none_or(|wanted| *wanted == state(e, now))
    };
    let entries = keys::list(&app, &caller)?.filter(|e| wanted(e));
    let page = Page { limit: query.limit, cursor: query.cursor.clone() };
    let (entries, next) = paged_by(entries, &page, |e| e.id)?;
    let mut data: Vec<Value> = entries.iter().map(|e| row(&app, e)).collect();
    let mut rows: Vec<_> = entries.iter().map(|e| e.account_id()).zip(&mut data).collect();
    held::complete_within(&app, &mut rows).await;
    last_used::complete(&app, entries.iter().map(|entry| &**entry).zip(&mut data).collect()).await;
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// One key.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Answer {
    let id = parse(&id)?;
    let reading = Arc::clone(&app);
    let (entry, stored) = tokio::task::spawn_blocking(move || keys::find(&reading, &caller, id)).await??;
    let mut shown = match &stored {
        Some(stored) => row_of(&app, &entry, stored),
        None => row(&app, &entry),
    };
    held::complete_within(&app, &mut [(entry.account_id(), &mut shown)]).await;
    last_used::complete(&app, vec![(&entry, &mut shown)]).await;
    Ok(match stored {
        Some(stored) => tagged(StatusCode::OK, stored.revision, shown),
        None => Json(shown).into_response(),
    })
}

/// Makes a key; the answer is the only one that shows it.
pub(super) async fn create(State(app): State<Arc<App>>, Extension(caller): By, body: Bytes) -> Answer {
    let mut policy = KeyPolicy {
        terms: KeyTerms { models: vec!["*".to_owned()], ..KeyTerms::default() },
        ..KeyPolicy::default()
    };
    key_input::apply(&body, &mut policy)?;
    check_names(&app, &policy)?;
    let writing = Arc::clone(&app);
    let made = tokio::task::spawn_blocking(move || keys::create(&writing, &caller, policy)).await??;
    with_secret(&app, StatusCode::CREATED, &made).await
}

/// Changes the members that are given.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (id, revision) = (parse(&id)?, expected(&headers)?);
    let writing = Arc::clone(&app);
    let any_of = key_input::needed(&body);
    let work = move || {
        keys::update::<ApiError>(&writing, &caller, id, any_of, revision, |policy| {
            key_input::apply(&body, policy)?;
            check_names(&writing, policy)
        })
    };
    let stored = tokio::task::spawn_blocking(work).await??;
    let entry = app.gateway.keys.get(id).ok_or(KeysError::NotFound)?;
    let mut shown = row_of(&app, &entry, &stored);
    last_used::complete(&app, vec![(&entry, &mut shown)]).await;
    Ok(tagged(StatusCode::OK, stored.revision, shown))
}

/// Is there everything that it names?
fn check_names(app: &App, policy: &KeyPolicy) -> Result<(), ApiError> {
    guardrails::check_names(app, &policy.guardrails)?;
    let providers = policy.access.as_ref().and_then(|access| access.calls.providers.as_ref());
    let snapshot = &app.gateway.live().snapshot;
    calls::check_providers(providers, |name| snapshot.providers.contains_key(name))
}

/// What a caller says about a new secret.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RotateInput {
    grace_seconds: u32,
}

/// Longest time that an earlier secret stays good, in seconds: a month.
const MAX_GRACE_SECONDS: u32 = 31 * 86_400;

/// How long the earlier secret stays good, in seconds.
pub(super) fn grace_seconds(body: &[u8]) -> Result<u32, ApiError> {
    let wrong = |_| {
        let text = format!("the body may have 'grace_seconds', a whole number up to {MAX_GRACE_SECONDS}");
        ApiError::invalid("grace_seconds", text)
    };
    let input = match body.is_empty() {
        true => RotateInput::default(),
        false => serde_json::from_slice(body).map_err(wrong)?,
    };
    if input.grace_seconds > MAX_GRACE_SECONDS {
        let text = format!("'grace_seconds' must be at most {MAX_GRACE_SECONDS}");
        return Err(ApiError::invalid("grace_seconds", text));
    }
    Ok(input.grace_seconds)
}

/// Gives a key another secret; the answer is the only one that shows it.
pub(super) async fn rotate(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (id, revision, grace) = (parse(&id)?, expected(&headers)?, grace_seconds(&body)?);
    let writing = Arc::clone(&app);
    let work = move || keys::rotate(&writing, &caller, id, grace, revision);
    let made = tokio::task::spawn_blocking(work).await??;
    with_secret(&app, StatusCode::OK, &made).await
}

/// Whom calls are for, as they say it.
#[derive(Debug, Deserialize)]
pub(super) struct EffectiveQuery {
    customer: Option<String>,
    tags: Option<String>,
}

/// Every value that holds for a key, and where it comes from; with a customer and tags, for calls that name them.
pub(super) async fn effective(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    Query(query): Query<EffectiveQuery>,
) -> Result<Json<Value>, ApiError> {
    let entry = keys::seen(&app, &caller, parse(&id)?)?;
    let customer = query.customer.iter().map(|name| (Level::Customer, name.trim()));
    let tags = query.tags.iter().flat_map(|tags| tags.split(',')).map(|name| (Level::Tag, name.trim()));
    let (mut beside, mut unknown) = (Vec::<Arc<Account>>::new(), Vec::new());
    for (level, name) in customer.chain(tags).filter(|(_, name)| !name.is_empty()) {
        // What he may not see is told like what there is not: else everybody could try whom other tenants serve.
        let named = app.gateway.keys.accounts.named(level, name, entry.above());
        let seen = named.filter(|account| allowed::is_seen(&app, &caller, account.id).unwrap_or_default());
        match seen {
            Some(account) if beside.iter().any(|known| known.id == account.id) => {}
            Some(account) => beside.push(account),
            None => {
                let named = json!({ "level": level.as_str(), "name": name });
                if !unknown.contains(&named) {
                    unknown.push(named);
                }
            }
        }
    }
    let explain = move || {
        let may = |permission, account: &Account| {
            // Of what cannot be found out nothing is told.
            let standing = allowed::standing_of(&app, account.id).unwrap_or_default();
            caller.authority.sees(permission, &standing)
        };
        effective::explain(&entry, &beside, app.gateway.clock().now(), |account| effective::Told {
            name: may(allowed::resource(account.id.level).read(), account),
            budgets: may(Resource::Budgets.read(), account),
        })
    };
    let mut shown = tokio::task::spawn_blocking(explain).await?;
    shown["unknown"] = unknown.into();
    Ok(Json(shown))
}

/// Revokes a key.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let (id, revision) = (parse(&id)?, expected(&headers)?);
    tokio::task::spawn_blocking(move || keys::revoke(&app, &caller, id, revision)).await??;
    Ok(StatusCode::NO_CONTENT)
}

async fn with_secret(app: &Arc<App>, status: StatusCode, made: &Made) -> Answer {
    let entry = app.gateway.keys.get(made.stored.id).ok_or(KeysError::NotFound)?;
    let mut shown = row_of(app, &entry, &made.stored);
    shown["key"] = json!(made.key.expose());
    last_used::complete(app, vec![(&entry, &mut shown)]).await;
    Ok(tagged(status, made.stored.revision, shown))
}

/// A key as its row says.
fn row_of(app: &App, entry: &KeyEntry, stored: &StoredKey) -> Value {
    let mut shown = shown(app, entry, &stored.policy, stored.retiring.map(|retiring| retiring.until));
    shown["prefix"] = json!(stored.prefix);
    shown["last4"] = json!(stored.last4);
    shown["revision"] = stored.revision.into();
    shown["created_at"] = json!(time::format(stored.created_at));
    shown["updated_at"] = json!(time::format(stored.updated_at));
    shown
}

/// An id that is none is a key that does not exist.
fn parse(id: &str) -> Result<KeyId, ApiError> {
    id.parse().map_err(|_| ApiError::from(KeysError::NotFound))
}

impl From<KeysError> for ApiError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::NotFound => Self::not_found("there is no such key"),
            KeysError::ManagedByFile | KeysError::ManagedByIssuer => Self::conflict("id", error.to_string()),
            KeysError::NameTwice { .. } | KeysError::Store(StoreError::NameTaken { .. }) => {
                Self::conflict("name", "another key beside it has this name; choose another")
            }
            KeysError::Account(error) => error.into(),
            KeysError::Denied(denied) => denied.into(),
            KeysError::NotForMembers { field } | KeysError::OnlyNarrower { field } => {
                Self::refused(field, error.to_string())
            }
            KeysError::NoMemberKeys => Self::refused("team_id", error.to_string()),
            KeysError::NameForId { field, .. } => Self::invalid(field, error.to_string()),
            KeysError::OtherTeam { .. } | KeysError::BesideOwner { .. } => {
                Self::invalid("team_id", error.to_string())
            }
            KeysError::Store(StoreError::Changed { revision }) => Self::changed(revision),
            KeysError::Store(error @ StoreError::Missing { .. }) => AccountsError::Store(error).into(),
            KeysError::Store(error) => Self::from(error),
        }
    }
}

const fn managing(source: KeySource) -> &'static str {
    match source {
        KeySource::File => "file",
        KeySource::Api => "api",
        KeySource::Token => "token",
    }
}

/// What may be asked for of a key's own state. What stands above it may keep it from being used all the same: `effective` tells.
pub(super) const STATES: [&str; 3] = ["active", "disabled", "expired"];

fn state(entry: &KeyEntry, now: Micros) -> &'static str {
    let [active, disabled, expired] = STATES;
    match entry.expires_at {
        _ if entry.disabled => disabled,
        Some(end) if end <= now => expired,
        _ => active,
    }
}

/// The organization that it counts for.
fn organization(entry: &KeyEntry) -> Option<String> {
    let above = entry.above().iter().find(|account| account.id.level == Level::Organization);
    above.map(|organization| organization.id.to_string())
}

fn row(app: &App, entry: &KeyEntry) -> Value {
    shown(app, entry, &entry.whole_policy(), entry.retiring().map(|retiring| retiring.until))
}

/// What such a policy says, and where the key's counters stand.
fn shown(app: &App, entry: &KeyEntry, policy: &KeyPolicy, previous_until: Option<Micros>) -> Value {
    let now = app.gateway.clock().now();
    let access = policy.access.as_deref();
    let rules = Rules::new(&policy.limits, policy.budgets.clone());
    let budgets = limits::budgets_shown(&entry.tally, &rules, now);
    let previous = previous_until.filter(|until| *until > now);
    let mut row = json!({
        "id": entry.id.to_string(),
        "name": policy.name,
        "organization_id": organization(entry),
        "state": state(entry, now),
        "team_id": policy.team_id,
        "project_id": policy.project_id,
        "user_id": policy.user_id,
        "plan_id": policy.plan_id,
        "disabled": policy.disabled,
        "models": policy.models,
        "endpoints": policy.endpoints.as_ref().map(|l| l.iter().map(|e| e.as_str()).collect::<Vec<_>>()),
        "expires_at": policy.expires_at.map(time::format),
        "limits": limits::shown(&policy.limits),
        "budget": budgets.first(),
        "budgets": budgets,
        "priority": policy.priority.as_str(),
        "allowed_ips": access.map(|access| &access.allowed_ips[..]).unwrap_or_default(),
        "allowed_origins": access.map(|access| &access.allowed_origins[..]).unwrap_or_default(),
        "hours": access.map(access::hours_shown).unwrap_or_default(),
        "required_metadata": access.map(|access| &access.required_metadata[..]).unwrap_or_default(),
        "logging": access.and_then(|access| access.logging).map(Logging::as_str),
        "cache": access::cache_shown(access),
        "guardrails": policy.guardrails,
        "credentials": policy.credentials,
        "metadata": policy.metadata,
        "managed_by": managing(entry.source),
        "requests_in_flight": entry.tally.parallel(),
        "last_used_at": null,
        "previous_key_until": previous.map(time::format),
    });
    if let Some(row) = row.as_object_mut() {
        row.append(&mut calls::shown(access.map(|access| &access.calls), true));
    }
    row
}

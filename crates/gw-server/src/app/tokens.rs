//! Admin tokens: credentials of the admin API in a role, or as a person. They live in the database alone, and are read whenever
//! one is shown: what changes here is in force at once, at every node. Nobody lends more than he has.

use super::accounts::{self, AccountsError};
use super::audit;
use super::authorization::{Caller, Denied, Reach, Resource, Scopes, Standing};
use super::state::App;
use gw_model::{AccountId, Micros, Role, Secret, time};
use gw_store::StoreError;
use gw_store::audit::{AuditDraft, changed};
use gw_store::keys::{generate_admin_token, generate_token_id, shown_parts};
use gw_store::memory::Retiring;
use gw_store::traits::ControlStore;
use gw_store::types::{StoredAccount, StoredToken, TokenHolder, TokenId};
use serde_json::{Value, json};
use std::fmt;

/// Most tokens of one gateway.
const MAX_TOKENS: usize = 10_000;

/// Why a token cannot be made or changed.
#[derive(Debug)]
pub(crate) enum TokensError {
    /// There is no such token.
    NotFound,
    /// There are as many as there may be.
    TooMany,
    /// It would be good for more than what whoever asks showed himself.
    Exceeds {
        /// In what.
        field: &'static str,
    },
    /// It was changed meanwhile.
    Changed {
        /// Its revision now.
        revision: i64,
    },
    /// Whoever asks may not.
    Denied(Denied),
    /// Whom or what it is for does not exist.
    Account(AccountsError),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for TokensError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such admin token"),
            Self::TooMany => write!(f, "there are {MAX_TOKENS} admin tokens already; revoke one first"),
            Self::Exceeds { field } => {
                write!(f, "'{field}' goes beyond that of the token that you use; ask for no more than it has")
            }
            Self::Changed { revision } => {
                write!(f, "it was changed meanwhile and is now at revision {revision}")
            }
            Self::Denied(_) => f.write_str("whoever asks may not"),
            Self::Account(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for TokensError {}

impl From<StoreError> for TokensError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<AccountsError> for TokensError {
    fn from(error: AccountsError) -> Self {
        Self::Account(error)
    }
}

impl From<Denied> for TokensError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            denied => Self::Denied(denied),
        }
    }
}

/// What is wanted of a token.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) scopes: Scopes,
    pub(crate) expires_at: Option<Micros>,
}

/// A token whose secret was just made: the only time that its text is known.
pub(crate) struct MadeToken {
    pub(crate) stored: StoredToken,
    pub(crate) secret: Secret,
}

/// Those that somebody may see.
pub(crate) fn list(app: &App, caller: &Caller) -> Result<Vec<StoredToken>, TokensError> {
    let read = Resource::AdminTokens.read();
    caller.authority.may_somewhere(read)?;
    let mut all = app.storage.database.admin_tokens()?;
    all.retain(|token| caller.authority.sees(read, &standing(app, caller, token.holder)));
    Ok(all)
}

/// One that somebody may see.
pub(crate) fn find(app: &App, caller: &Caller, id: TokenId) -> Result<StoredToken, TokensError> {
    let token = app.storage.database.admin_token(id)?.ok_or(TokensError::NotFound)?;
    caller.authority.may(Resource::AdminTokens.read(), &standing(app, caller, token.holder))?;
    Ok(token)
}

/// Makes a token.
pub(crate) fn create(
    app: &App,
    caller: &Caller,
    holder: TokenHolder,
    wanted: Wanted,
) -> Result<MadeToken, TokensError> {
    let _changing = app.changing.lock();
    if let TokenHolder::Role { at: Some(id), .. } | TokenHolder::User(id) = holder {
        let field = if matches!(holder, TokenHolder::User(_)) { "user_id" } else { "account_id" };
        let is_himself = Some(id) == caller.authority.user();
        let is_there = accounts::known(app, id, field).is_ok();
        if !is_there || (!is_himself && !accounts::is_seen(app, caller, id)?) {
            return Err(accounts::unknown(field, &id.to_string(), id.level).into());
        }
    }
    may_hold(app, caller, holder).map_err(|error| match error {
        TokensError::NotFound => Denied::Missing(Resource::AdminTokens.write()).into(),
        error => error,
    })?;
    within(caller, &wanted)?;
    if app.storage.database.admin_tokens()?.len() >= MAX_TOKENS {
        return Err(TokensError::TooMany);
    }
    let secret = generate_admin_token()?;
    let (prefix, last4) = shown_parts(&secret);
    let now = app.gateway.clock().now();
    let stored = StoredToken {
        id: generate_token_id()?,
        name: wanted.name,
        digest: app.gateway.keys.digest(secret.expose()),
        retiring: None,
        prefix,
        last4,
        holder,
        scopes: wanted.scopes.texts(),
        expires_at: wanted.expires_at,
        created_by: caller.origin.actor.to_string(),
        created_at: now,
        updated_at: now,
        revision: 1,
    };
    let mut entry = noted(app, caller, "admin_token.create", &stored);
    entry.after = Some(told(&stored));
    let made = audit::with_entry(app, &entry, |store| store.create_admin_token(&stored).map(Some))?;
    made.ok_or(TokensError::NotFound)?;
    Ok(MadeToken { stored, secret })
}

/// Changes a token: `change` is given what it is now.
pub(crate) fn update<E: From<TokensError>>(
    app: &App,
    caller: &Caller,
    id: TokenId,
    if_revision: Option<i64>,
    change: impl FnOnce(Wanted) -> Result<Wanted, E>,
) -> Result<StoredToken, E> {
    let _changing = app.changing.lock();
    let present = own(app, caller, id, if_revision)?;
    let wanted = change(wanted(&present))?;
    within(caller, &wanted)?;
    let stored = StoredToken {
        name: wanted.name,
        scopes: wanted.scopes.texts(),
        expires_at: wanted.expires_at,
        updated_at: app.gateway.clock().now(),
        revision: present.revision + 1,
        ..present.clone()
    };
    let mut entry = noted(app, caller, "admin_token.update", &stored);
    let (before, after) = changed(&told(&present), &told(&stored));
    (entry.before, entry.after) = (Some(before), Some(after));
    write(app, &entry, &stored)?;
    Ok(stored)
}

/// Gives a token another secret; the present one stays good for so many seconds.
pub(crate) fn rotate(
    app: &App,
    caller: &Caller,
    id: TokenId,
    grace_seconds: u32,
    if_revision: Option<i64>,
) -> Result<MadeToken, TokensError> {
    let _changing = app.changing.lock();
    let present = own(app, caller, id, if_revision)?;
    // Whoever is shown it could use it.
    within(caller, &wanted(&present))?;
    let secret = generate_admin_token()?;
    let (prefix, last4) = shown_parts(&secret);
    let now = app.gateway.clock().now();
    let until = now.saturating_add(i64::from(grace_seconds) * 1_000_000);
    let stored = StoredToken {
        digest: app.gateway.keys.digest(secret.expose()),
        retiring: Some(Retiring { digest: present.digest, until }),
        prefix,
        last4,
        updated_at: now,
        revision: present.revision + 1,
        ..present
    };
    let mut entry = noted(app, caller, "admin_token.rotate", &stored);
    entry.after = Some(json!({
        "prefix": stored.prefix,
        "last4": stored.last4,
        "previous_token_until": time::format(until),
    }));
    write(app, &entry, &stored)?;
    Ok(MadeToken { stored, secret })
}

/// Ends a token for good.
pub(crate) fn revoke(
    app: &App,
    caller: &Caller,
    id: TokenId,
    if_revision: Option<i64>,
) -> Result<(), TokensError> {
    let _changing = app.changing.lock();
    let present = own(app, caller, id, if_revision)?;
    let mut entry = noted(app, caller, "admin_token.revoke", &present);
    entry.before = Some(told(&present));
    let delete = |store: &dyn ControlStore| Ok(store.delete_admin_token(id)?.then_some(()));
    audit::with_entry(app, &entry, delete)?.ok_or(TokensError::NotFound)
}

/// Ends every token with which somebody acts who may act no more.
pub(crate) fn end_all_of(app: &App, caller: &Caller, user: AccountId) -> Result<(), StoreError> {
    let _changing = app.changing.lock();
    let all = app.storage.database.admin_tokens()?;
    for token in all.iter().filter(|token| token.holder == TokenHolder::User(user)) {
        let mut entry = noted(app, caller, "admin_token.revoke", token);
        entry.before = Some(told(token));
        let delete = |store: &dyn ControlStore| Ok(store.delete_admin_token(token.id)?.then_some(()));
        audit::with_entry(app, &entry, delete)?;
    }
    Ok(())
}

fn write(app: &App, entry: &AuditDraft, stored: &StoredToken) -> Result<(), TokensError> {
    let update = |store: &dyn ControlStore| Ok(store.update_admin_token(stored)?.then_some(()));
    // Another node was faster.
    audit::with_entry(app, entry, update)?.ok_or(TokensError::Changed { revision: stored.revision })
}

/// A token that may be changed.
fn own(
    app: &App,
    caller: &Caller,
    id: TokenId,
    if_revision: Option<i64>,
) -> Result<StoredToken, TokensError> {
    let token = find(app, caller, id)?;
    may_hold(app, caller, token.holder)?;
    match if_revision {
        Some(expected) if expected != token.revision => {
            Err(TokensError::Changed { revision: token.revision })
        }
        _ => Ok(token),
    }
}

/// May he make, change and end tokens of that holder?
fn may_hold(app: &App, caller: &Caller, holder: TokenHolder) -> Result<(), TokensError> {
    let authority = &caller.authority;
    let write = Resource::AdminTokens.write();
    match holder {
        TokenHolder::Role { role, at } => Ok(authority.may_lend(&[(role, Standing::below(app, at))])?),
        TokenHolder::User(user) if Some(user) == authority.user() => {
            Ok(authority.may(write, &standing(app, caller, holder)).map(drop)?)
        }
        TokenHolder::User(user) => {
            let user = app.storage.database.account(user)?;
            // Whoever may act as others may do so everywhere; as a service account, whoever answers for it.
            let owner = user.as_ref().and_then(StoredAccount::service_of);
            if authority.may(write, &Standing::below(app, owner))? != Reach::All {
                return Err(Denied::Missing(write).into());
            }
            let Some(user) = user else { return Ok(()) };
            let everywhere = user.profile.gateway_role.map(|role| (role, Standing::of_gateway()));
            let memberships = user.profile.memberships.iter();
            let roles: Vec<(Role, Standing)> = memberships
                .map(|one| (one.role, Standing::below(app, Some(one.account))))
                .chain(everywhere)
                .collect();
            Ok(authority.may_lend(&roles)?)
        }
    }
}

fn within(caller: &Caller, wanted: &Wanted) -> Result<(), TokensError> {
    let exceeded = caller.authority.is_exceeded_by(&wanted.scopes, wanted.expires_at);
    exceeded.map_or(Ok(()), |field| Err(TokensError::Exceeds { field }))
}

fn standing(app: &App, caller: &Caller, holder: TokenHolder) -> Standing {
    match holder {
        TokenHolder::Role { at, .. } => Standing::hidden_below(app, at),
        TokenHolder::User(user) => {
            let is_himself = Some(user) == caller.authority.user();
            match is_himself {
                true => Standing::of_person(user, caller.authority.places()),
                false => Standing::of_service(app, user),
            }
        }
    }
}

fn wanted(token: &StoredToken) -> Wanted {
    let scopes = Scopes::stored(&token.scopes);
    Wanted { name: token.name.clone(), scopes, expires_at: token.expires_at }
}

fn noted(app: &App, caller: &Caller, action: &'static str, token: &StoredToken) -> AuditDraft {
    let mut draft = audit::draft(app, &caller.origin, action, "admin_token");
    (draft.id, draft.name) = (token.id.to_string(), token.name.clone());
    if let TokenHolder::Role { at: Some(at), .. } = token.holder {
        draft.places = Standing::in_common(&[Standing::of_account(app, at)]);
    }
    if let TokenHolder::User(user) = token.holder {
        draft.places = Standing::in_common(&[Standing::of_service(app, user)]);
    }
    draft
}

/// A token as the audit log tells of it.
fn told(token: &StoredToken) -> Value {
    let (role, at, user) = shown_holder(token.holder);
    json!({
        "name": token.name,
        "role": role,
        "account_id": at,
        "user_id": user,
        "scopes": token.scopes,
        "expires_at": token.expires_at.map(time::format),
    })
}

/// The role, where it holds, and the user, as far as there are such.
pub(crate) fn shown_holder(holder: TokenHolder) -> (Option<&'static str>, Option<String>, Option<String>) {
    let text = |id: AccountId| id.to_string();
    match holder {
        TokenHolder::Role { role, at } => (Some(role.as_str()), at.map(text), None),
        TokenHolder::User(user) => (None, None, Some(text(user))),
    }
}

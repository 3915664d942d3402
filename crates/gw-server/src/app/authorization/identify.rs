//! Finds out who holds a credential of the admin API. It must not tell why one is not good.

use super::caller::{Authority, Grant};
use super::scopes::Scopes;
use crate::app::state::App;
use gw_model::AccountId;
use gw_store::StoreError;
use gw_store::audit::Actor;
use gw_store::keys::TOKEN_PREFIX;
use gw_store::types::{StoredToken, TokenHolder};

/// Why nobody is known by it.
#[derive(Debug)]
pub(crate) enum Unidentified {
    /// It is not known, or no more good.
    Unknown,
    /// Only the database could tell.
    Store(StoreError),
}

impl From<StoreError> for Unidentified {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Who holds the master key or an admin token. Reads the database.
pub(crate) fn identify(app: &App, presented: &str) -> Result<(Actor, Authority), Unidentified> {
    if app.gateway.is_master(presented) {
        return Ok((Actor::Master, Authority::everything()));
    }
    if !presented.starts_with(TOKEN_PREFIX) {
        return Err(Unidentified::Unknown);
    }
    for digest in app.gateway.keys.digests(presented) {
        if let Some(token) = app.storage.database.admin_token_of(&digest)? {
            let authority = authority(app, &token, &digest)?;
            return Ok((Actor::Token(token.id), authority));
        }
    }
    Err(Unidentified::Unknown)
}

/// Who holds the key of that digest, as it is now. For whoever showed it before. Reads the database.
pub(crate) fn holder_of(app: &App, digest: &[u8; 32]) -> Result<(Actor, Authority), Unidentified> {
    let is_master = app.gateway.keys.digests(app.storage.master.expose()).any(|master| master == *digest);
    if is_master {
        return Ok((Actor::Master, Authority::everything()));
    }
    let token = app.storage.database.admin_token_of(digest)?.ok_or(Unidentified::Unknown)?;
    Ok((Actor::Token(token.id), authority(app, &token, digest)?))
}

/// A person or a service account as it is now; unknown when it is disabled or gone, or what it belongs to is.
pub(crate) fn of_user(app: &App, user: AccountId, scopes: Scopes) -> Result<Authority, Unidentified> {
    let found = app.storage.database.account(user)?.filter(|user| !user.profile.disabled);
    let found = found.ok_or(Unidentified::Unknown)?;
    if let Some(owner) = found.service_of() {
        let owner = app.gateway.keys.accounts.get(owner);
        owner.filter(|owner| !owner.is_closed()).ok_or(Unidentified::Unknown)?;
    }
    Ok(Authority::of_user(&found, scopes))
}

fn authority(app: &App, token: &StoredToken, shown: &[u8; 32]) -> Result<Authority, Unidentified> {
    let now = app.gateway.clock().now();
    let is_over = token.expires_at.is_some_and(|at| at <= now);
    let is_good = token.digest == *shown || token.retiring.is_some_and(|old| now < old.until);
    if is_over || !is_good {
        return Err(Unidentified::Unknown);
    }
    let scopes = Scopes::stored(&token.scopes);
    let authority = match token.holder {
        TokenHolder::User(user) => of_user(app, user, scopes)?,
        TokenHolder::Role { role, at } => {
            // What it was for is gone.
            if at.is_some_and(|at| app.gateway.keys.accounts.get(at).is_none()) {
                return Err(Unidentified::Unknown);
            }
            Authority::of(vec![Grant { role, at }], None, scopes)
        }
    };
    Ok(authority.until(token.expires_at))
}

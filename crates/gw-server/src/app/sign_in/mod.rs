//! How people sign in, and what a session is: with a password and a second factor, at an identity provider, or with a key. Sessions live in the database
//! alone and are read whenever one is shown: what ends one, or disables its holder, is in force at once at every gateway. It must
//! not know HTTP.

mod key;
mod links;
mod password;
mod provider;
mod second;
mod session;
mod throttle;

pub(crate) use key::with_key;
pub(crate) use links::{make_link, redeem};
pub(crate) use password::{Given, change, with_password};
pub(crate) use provider::{Unwelcome, refused, tried, with_provider};
pub(crate) use second::{confirm, enrol, remove};
pub(crate) use session::{
    Begun, SignedIn, csrf_token, end, end_own, holder, id_token, is_csrf_token, list, signed_in,
};

use super::accounts::AccountsError;
use super::audit;
use super::authorization::{Denied, Unidentified};
use super::state::App;
use crate::identity::sign_in::Desk;
use arc_swap::ArcSwap;
use gw_config::compile::SignInSettings;
use gw_model::{AccountId, Level};
use gw_store::StoreError;
use gw_store::audit::{AuditDraft, Origin};
use gw_store::keys::fingerprint;
use gw_store::types::{AccountFilter, StoredAccount, StoredLogin};
use std::fmt;
use std::sync::{Arc, OnceLock};
use throttle::{Failing, Throttle, TooMany};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Passwords that are tried at the same time: each needs some 20 MiB meanwhile.
const HASHING: usize = 2;

/// Tries that may wait for that. One more is refused, to be made again.
const WAITING: usize = 64;

/// What the process knows of sign-ins.
pub(crate) struct SignIns {
    pub(crate) settings: ArcSwap<SignInSettings>,
    throttle: Throttle,
    hashing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Asks identity providers.
    desk: OnceLock<Desk>,
}

/// A turn at trying a password.
pub(crate) struct Turn {
    _hashing: OwnedSemaphorePermit,
}

impl SignIns {
    pub(crate) fn new(settings: &Arc<SignInSettings>) -> Self {
        Self {
            settings: ArcSwap::new(Arc::clone(settings)),
            throttle: Throttle::default(),
            hashing: Arc::new(Semaphore::new(HASHING)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            desk: OnceLock::new(),
        }
    }

    /// Has identity providers asked there; once.
    pub(crate) fn set_desk(&self, desk: Desk) {
        // A second one would be of a thread that there is not.
        drop(self.desk.set(desk));
    }

    /// Asks identity providers; nothing before it is started.
    pub(crate) fn desk(&self) -> Option<Desk> {
        self.desk.get().cloned()
    }

    /// Waits for a turn at trying a password; nothing where too many wait already.
    pub(crate) async fn turn(&self) -> Option<Turn> {
        let _waits = Arc::clone(&self.waiting).try_acquire_owned().ok()?;
        let hashing = Arc::clone(&self.hashing).acquire_owned().await.ok()?;
        Some(Turn { _hashing: hashing })
    }
}

/// Why somebody is not signed in, or may not do that.
#[derive(Debug)]
pub(crate) enum SignInError {
    /// It is not known here: who, or with what, is not told.
    Invalid,
    /// The password is right, and the code beside it is not.
    WrongCode,
    /// The password is right, and a code is missing.
    CodeNeeded,
    /// Too many failures.
    TooMany {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// A member is not as it must be.
    Wrong {
        /// Which.
        field: &'static str,
        /// Why.
        why: String,
    },
    /// It is not so that this could be done.
    InTheWay(&'static str),
    /// There is no such thing.
    NotFound,
    /// Whoever asks may not.
    Denied(Denied),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => f.write_str(
                "these are not known here; look at the address and the password (or the key), or ask for a new link",
            ),
            Self::WrongCode => f.write_str(
                "this code is not right, or was used before; take the one that your app shows now, or a recovery code",
            ),
            Self::CodeNeeded => f.write_str("send 'code' too: the code that your authenticator app shows"),
            Self::TooMany { .. } => f.write_str("there were too many failures; wait a while, and try again"),
            Self::Wrong { why, .. } => f.write_str(why),
            Self::InTheWay(why) => f.write_str(why),
            Self::NotFound => f.write_str("there is nothing of this id here"),
            Self::Denied(_) => f.write_str("whoever asks may not"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for SignInError {}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<TooMany> for SignInError {
    fn from(error: TooMany) -> Self {
        Self::TooMany { retry_after_seconds: error.retry_after_seconds }
    }
}

impl From<Unidentified> for SignInError {
    fn from(error: Unidentified) -> Self {
        match error {
            Unidentified::Unknown => Self::Invalid,
            Unidentified::Store(error) => Self::Store(error),
        }
    }
}

impl From<AccountsError> for SignInError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Denied(denied) => Self::Denied(denied),
            AccountsError::Store(error) => Self::Store(error),
            _ => Self::NotFound,
        }
    }
}

/// The account that failures are counted for.
fn account_of(name: &str) -> Failing {
    Failing::Account(fingerprint("account", name.to_lowercase().as_bytes()))
}

/// Counts a try of that account, where there is one, from there.
fn admit(app: &App, account: Option<Failing>, origin: &Origin) -> Result<Vec<Failing>, SignInError> {
    let all: Vec<Failing> = account.into_iter().chain(Failing::address(&origin.address)).collect();
    let (settings, now) = (app.sign_ins.settings.load(), app.gateway.clock().now());
    app.sign_ins.throttle.admit(&settings, &all, now)?;
    Ok(all)
}

/// The user of that address, disabled or not.
fn user_of(app: &App, email: &str) -> Result<Option<StoredAccount>, StoreError> {
    let email = Some(email.trim().to_lowercase());
    let filter = AccountFilter { email, ..AccountFilter::of(Level::User, 1) };
    Ok(app.storage.database.accounts(&filter)?.into_iter().next())
}

/// How a user signs in; where nothing was said about that yet, nothing.
fn login_of(app: &App, user: AccountId) -> Result<StoredLogin, StoreError> {
    Ok(app.storage.database.login(user)?.unwrap_or_else(|| StoredLogin::none(user)))
}

/// The same, changed, as it is to be written.
fn next(app: &App, login: StoredLogin) -> StoredLogin {
    StoredLogin { updated_at: app.gateway.clock().now(), revision: login.revision + 1, ..login }
}

/// An entry about a user.
fn noted(app: &App, origin: &Origin, action: &'static str, user: &StoredAccount) -> AuditDraft {
    let mut draft = audit::draft(app, origin, action, "user");
    draft.id = user.id.to_string();
    draft.name = shown(user).to_owned();
    draft.places = super::accounts::allowed::places(app, user, &user.profile);
    draft
}

/// How a user is called in the audit log and in authenticator apps.
fn shown(user: &StoredAccount) -> &str {
    user.profile.email.as_deref().unwrap_or(&user.profile.name)
}

//! The second factor: codes of an authenticator app, and recovery codes for when that is lost. Secrets are sealed in the store.

use super::password::own;
use super::session::SignedIn;
use super::{SignInError, account_of, admit, login_of, next, noted, shown};
use crate::app::audit;
use crate::app::state::App;
use gw_identity::authorization::{from_url_text, url_text};
use gw_identity::{is_password, totp};
use gw_model::{AccountId, Secret};
use gw_store::StoreError;
use gw_store::keys::random;
use gw_store::types::StoredLogin;
use gw_store::vault::name_of_second_factor;
use serde_json::json;

/// Recovery codes that somebody gets.
const RECOVERY_CODES: usize = 10;

/// Bytes of each: too many to guess.
const RECOVERY_BYTES: usize = 10;

/// What is shown in apps beside the person's address.
const ISSUER: &str = "Gatewright";

const MICROS: i64 = 1_000_000;

/// Told to whoever was slower than another change.
pub(super) const CHANGED: &str = "it was changed meanwhile; try again";

/// A second factor that is not confirmed yet.
pub(crate) struct Enrolled {
    /// As people type it.
    pub(crate) secret: Secret,
    /// As apps read it from a picture.
    pub(crate) uri: Secret,
}

/// Begins to enrol an app; nothing changes until a code of it comes back.
pub(crate) fn enrol(app: &App, who: &SignedIn) -> Result<Enrolled, SignInError> {
    let user = own(who)?;
    let login = login_of(app, user.id)?;
    if login.totp.is_some() {
        return Err(SignInError::InTheWay("there is a second factor already: remove it first"));
    }
    if login.password.is_none() {
        let text = "you sign in at your identity provider, which asks for a second factor or does not; without a \
                    password there is nothing to add one to";
        return Err(SignInError::InTheWay(text));
    }
    let bytes: [u8; totp::SECRET_BYTES] = random()?;
    let sealed = app.storage.vault.seal(&name_of_second_factor(user.id), &Secret::new(url_text(&bytes)))?;
    let changed = next(app, StoredLogin { totp_pending: Some(sealed), ..login });
    if !app.storage.database.save_login(&changed)? {
        return Err(SignInError::InTheWay(CHANGED));
    }
    let uri = totp::otpauth_uri(&bytes, ISSUER, shown(user));
    Ok(Enrolled { secret: Secret::new(totp::base32(&bytes)), uri: Secret::new(uri) })
}

/// Confirms it with a code; gives the recovery codes, which are known only now.
pub(crate) fn confirm(app: &App, who: &SignedIn, code: &str) -> Result<Vec<Secret>, SignInError> {
    let user = own(who)?;
    let login = login_of(app, user.id)?;
    let Some(pending) = &login.totp_pending else {
        return Err(SignInError::InTheWay("there is nothing to confirm: ask for a secret first"));
    };
    let settings = app.sign_ins.settings.load_full();
    let tries = admit(app, Some(account_of(shown(user))), &who.caller.origin)?;
    let secret = open(app, user.id, pending)?;
    let code = tidy(code);
    let step = totp::step_of_code(&secret, &code, seconds(app), login.totp_step);
    let step = step.ok_or(SignInError::Wrong { field: "code", why: SignInError::WrongCode.to_string() })?;
    app.sign_ins.throttle.give_back(&settings, &tries);
    let codes = recovery_codes()?;
    let recovery = codes.iter().map(|code| app.gateway.keys.digest(&tidy(code.expose()))).collect();
    let totp = login.totp_pending.clone();
    let changed = next(app, StoredLogin { totp, totp_pending: None, totp_step: step, recovery, ..login });
    let mut entry = noted(app, &who.caller.origin, "user.totp_enable", user);
    entry.after = Some(json!({ "recovery_codes": codes.len() }));
    let done = audit::with_entry(app, &entry, |store| Ok(store.save_login(&changed)?.then_some(())))?;
    done.ok_or(SignInError::InTheWay(CHANGED))?;
    Ok(codes)
}

/// Removes it, by a code or the password. The latter takes a while.
pub(crate) fn remove(
    app: &App,
    who: &SignedIn,
    code: Option<&Secret>,
    password: Option<&Secret>,
) -> Result<(), SignInError> {
    let user = own(who)?;
    let login = login_of(app, user.id)?;
    if login.totp.is_none() {
        return Err(SignInError::NotFound);
    }
    let settings = app.sign_ins.settings.load_full();
    let tries = admit(app, Some(account_of(shown(user))), &who.caller.origin)?;
    let (is_right, field) = match (code, password) {
        (Some(code), _) => (used(app, &login, code.expose())?.is_some(), "code"),
        (None, Some(password)) => (is_password(password.expose(), login.password.as_deref()), "password"),
        (None, None) => (false, "code"),
    };
    if !is_right {
        audit::sign_in_refused(app, &who.caller.origin, Some(user), field);
        let why = "give 'code' (of the app, or a recovery code) or 'password', and the right one".to_owned();
        return Err(SignInError::Wrong { field, why });
    }
    app.sign_ins.throttle.give_back(&settings, &tries);
    let changed = StoredLogin { totp: None, totp_pending: None, recovery: Vec::new(), ..login };
    let changed = next(app, changed);
    let mut entry = noted(app, &who.caller.origin, "user.totp_disable", user);
    entry.before = Some(json!({ "totp": true }));
    let done = audit::with_entry(app, &entry, |store| Ok(store.save_login(&changed)?.then_some(())))?;
    done.ok_or(SignInError::InTheWay(CHANGED))
}

/// The login after that code was used; nothing where it is not good.
pub(super) fn used(app: &App, login: &StoredLogin, code: &str) -> Result<Option<StoredLogin>, StoreError> {
    let Some(sealed) = &login.totp else { return Ok(None) };
    let secret = open(app, login.user, sealed)?;
    let code = tidy(code);
    if let Some(step) = totp::step_of_code(&secret, &code, seconds(app), login.totp_step) {
        return Ok(Some(StoredLogin { totp_step: step, ..login.clone() }));
    }
    let digests: Vec<[u8; 32]> = app.gateway.keys.digests(&code).collect();
    let Some(at) = login.recovery.iter().position(|known| digests.contains(known)) else { return Ok(None) };
    let mut changed = login.clone();
    changed.recovery.remove(at);
    Ok(Some(changed))
}

fn seconds(app: &App) -> i64 {
    app.gateway.clock().now().div_euclid(MICROS)
}

/// Without what people type between the characters.
fn tidy(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect()
}

fn recovery_codes() -> Result<Vec<Secret>, StoreError> {
    let one = |_| {
        let text = totp::base32(&random::<RECOVERY_BYTES>()?);
        let groups: Vec<&str> =
            [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|at| text.get(at)).collect();
        Ok(Secret::new(groups.join("-")))
    };
    (0..RECOVERY_CODES).map(one).collect()
}

fn open(app: &App, user: AccountId, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let text = app.storage.vault.open(&name_of_second_factor(user), sealed)?;
    from_url_text(text.expose()).ok_or(StoreError::Damaged { what: "the secret of a second factor" })
}

//! Links with which somebody chooses a password, once: an invitation, or help for whoever forgot it.

use super::password::chosen;
use super::{SignInError, admit, login_of, next, noted};
use crate::app::accounts::{self, allowed};
use crate::app::audit;
use crate::app::authorization::Caller;
use crate::app::state::App;
use gw_model::{AccountId, Micros, Secret, time};
use gw_store::audit::{Actor, Origin};
use gw_store::keys::generate_link_token;
use gw_store::types::{PasswordLink, SessionHolder, StoredAccount, StoredLogin};
use serde_json::json;

const MICROS: i64 = 1_000_000;

/// A link that was made just now.
pub(crate) struct Link {
    /// What stands in it. It is known only now.
    pub(crate) token: Secret,
    pub(crate) until: Micros,
}

/// Makes a link for a user, in place of one before. Only whoever may act as the user may: whoever follows it can.
pub(crate) fn make_link(
    app: &App,
    caller: &Caller,
    id: AccountId,
    resets_totp: bool,
) -> Result<Link, SignInError> {
    let settings = app.sign_ins.settings.load_full();
    let _changing = app.changing.lock();
    let user = accounts::find(app, caller, id)?;
    allowed::act_as(app, caller, &user)?;
    if !settings.passwords {
        return Err(SignInError::InTheWay("passwords are turned off here (auth.sign_in.passwords)"));
    }
    if user.profile.email.is_none() {
        return Err(SignInError::InTheWay(
            "this user has no address to sign in with: give it an 'email' first",
        ));
    }
    let token = generate_link_token()?;
    let seconds = i64::try_from(settings.link_seconds).unwrap_or(i64::MAX);
    let until = app.gateway.clock().now().saturating_add(seconds.saturating_mul(MICROS));
    let link = PasswordLink { digest: app.gateway.keys.digest(token.expose()), until, resets_totp };
    let changed = next(app, StoredLogin { link: Some(link), ..login_of(app, id)? });
    let mut entry = noted(app, &caller.origin, "user.password_link", &user);
    entry.after = Some(json!({ "expires_at": time::format(until), "resets_totp": resets_totp }));
    let made = audit::with_entry(app, &entry, |store| Ok(store.save_login(&changed)?.then_some(())))?;
    made.ok_or(SignInError::InTheWay(super::second::CHANGED))?;
    Ok(Link { token, until })
}

/// Chooses a password by a link, and ends all sessions of the user. Takes a while.
pub(crate) fn redeem(
    app: &App,
    origin: &Origin,
    token: &str,
    new: &Secret,
) -> Result<StoredAccount, SignInError> {
    let settings = app.sign_ins.settings.load_full();
    let tries = admit(app, None, origin)?;
    let Some((user, login)) = followed(app, token.trim())? else {
        audit::sign_in_refused(app, origin, None, "link");
        let why = "this link is not good, or was used already; ask for another".to_owned();
        return Err(SignInError::Wrong { field: "token", why });
    };
    app.sign_ins.throttle.give_back(&settings, &tries);
    let password = Some(chosen(&settings, &user, new)?);
    let resets = login.link.is_some_and(|link| link.resets_totp);
    let mut changed = StoredLogin { password, link: None, ..login };
    if resets {
        (changed.totp, changed.totp_pending, changed.recovery) = (None, None, Vec::new());
    }
    let changed = next(app, changed);
    let origin = Origin { actor: Actor::User(user.id), ..origin.clone() };
    let mut entry = noted(app, &origin, "user.password_set", &user);
    entry.after = Some(json!({ "by": "link", "totp_reset": resets }));
    let done = audit::with_entry(app, &entry, |store| {
        if !store.save_login(&changed)? {
            return Ok(None);
        }
        store.delete_sessions_of(SessionHolder::User(user.id), None).map(Some)
    })?;
    done.ok_or(SignInError::InTheWay(super::second::CHANGED))?;
    app.sign_ins.throttle.forgive(super::account_of(super::shown(&user)));
    Ok(user)
}

/// Whose link that is, where it is good and its user may sign in.
fn followed(app: &App, token: &str) -> Result<Option<(StoredAccount, StoredLogin)>, SignInError> {
    let (database, now) = (&app.storage.database, app.gateway.clock().now());
    for digest in app.gateway.keys.digests(token) {
        let Some(login) = database.login_of_link(&digest)? else { continue };
        let is_good = login.link.is_some_and(|link| now < link.until);
        let user = database.account(login.user)?.filter(|user| is_good && !user.profile.disabled);
        return Ok(user.map(|user| (user, login)));
    }
    Ok(None)
}

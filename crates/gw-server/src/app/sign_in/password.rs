//! Signing in with a password, and changing it. Whoever does not know both, and the code where one is wanted, learns nothing,
//! and not by the time that it takes either.

use super::session::{Begun, Entrance, SignedIn, begin};
use super::{SignInError, account_of, admit, login_of, next, noted, second, user_of};
use crate::app::audit;
use crate::app::state::App;
use gw_config::compile::SignInSettings;
use gw_identity::{MAX_PASSWORD, hash_password, is_password};
use gw_model::Secret;
use gw_store::audit::Origin;
use gw_store::keys::random;
use gw_store::types::{SessionHolder, StoredAccount, Via};
use serde_json::json;

/// What somebody gives to sign in.
pub(crate) struct Given {
    pub(crate) email: String,
    pub(crate) password: Secret,
    /// Of an authenticator app, or one of those that stand in for it.
    pub(crate) code: Option<Secret>,
}

/// Signs somebody in. Takes a while.
pub(crate) fn with_password(app: &App, origin: &Origin, given: &Given) -> Result<Begun, SignInError> {
    let settings = app.sign_ins.settings.load_full();
    let account = account_of(given.email.trim());
    let tries = admit(app, Some(account), origin)?;
    let user = user_of(app, &given.email)?;
    let login = user.as_ref().map(|user| login_of(app, user.id)).transpose()?;
    let stored = login.as_ref().and_then(|login| login.password.as_deref()).filter(|_| settings.passwords);
    let is_right = is_password(given.password.expose(), stored);
    let (Some(user), Some(login), true) = (user.as_ref(), login, is_right) else {
        audit::sign_in_refused(app, origin, user.as_ref(), "password");
        return Err(SignInError::Invalid);
    };
    if user.profile.disabled {
        audit::sign_in_refused(app, origin, Some(user), "disabled");
        return Err(SignInError::Invalid);
    }
    let changed = match (&login.totp, given.code.as_ref()) {
        (None, _) => None,
        (Some(_), None) => {
            app.sign_ins.throttle.give_back(&settings, &tries);
            return Err(SignInError::CodeNeeded);
        }
        (Some(_), Some(code)) => match second::used(app, &login, code.expose())? {
            Some(changed) => Some(next(app, changed)),
            None => {
                audit::sign_in_refused(app, origin, Some(user), "code");
                return Err(SignInError::WrongCode);
            }
        },
    };
    let holder = SessionHolder::User(user.id);
    let entrance = Entrance { holder, via: Via::Password, provider: String::new(), id_token: None };
    // No code is good twice, not even at the same time.
    let begun = begin(app, origin, entrance, |store| match &changed {
        Some(changed) => store.save_login(changed),
        None => Ok(true),
    })?;
    app.sign_ins.throttle.give_back(&settings, &tries);
    app.sign_ins.throttle.forgive(account);
    Ok(begun)
}

/// Changes the password of whoever is signed in, and ends all his other sessions. Takes a while.
pub(crate) fn change(app: &App, who: &SignedIn, current: &Secret, new: &Secret) -> Result<(), SignInError> {
    let user = own(who)?;
    let settings = app.sign_ins.settings.load_full();
    let tries = admit(app, Some(account_of(super::shown(user))), &who.caller.origin)?;
    let login = login_of(app, user.id)?;
    if login.password.is_none() {
        let text = "you have no password yet: ask an owner or admin for a link to choose one";
        return Err(SignInError::InTheWay(text));
    }
    if !is_password(current.expose(), login.password.as_deref()) {
        audit::sign_in_refused(app, &who.caller.origin, Some(user), "password");
        let why = "this is not your present password".to_owned();
        return Err(SignInError::Wrong { field: "current", why });
    }
    app.sign_ins.throttle.give_back(&settings, &tries);
    let password = Some(chosen(&settings, user, new)?);
    let changed = next(app, gw_store::types::StoredLogin { password, link: None, ..login });
    let mut entry = noted(app, &who.caller.origin, "user.password_set", user);
    entry.after = Some(json!({ "by": "change" }));
    let done = audit::with_entry(app, &entry, |store| {
        if !store.save_login(&changed)? {
            return Ok(None);
        }
        store.delete_sessions_of(SessionHolder::User(user.id), Some(who.session.id)).map(Some)
    })?;
    done.map(drop).ok_or(SignInError::InTheWay(super::second::CHANGED))
}

/// The person who is signed in; whoever shows a key has no password.
pub(super) fn own(who: &SignedIn) -> Result<&StoredAccount, SignInError> {
    let is_person = matches!(who.session.holder, SessionHolder::User(_));
    who.user.as_ref().filter(|_| is_person).ok_or(SignInError::InTheWay(
        "you signed in with a key: sign in as a person, with a password or at an identity provider",
    ))
}

/// What becomes of a new password.
pub(super) fn chosen(
    settings: &SignInSettings,
    user: &StoredAccount,
    new: &Secret,
) -> Result<String, SignInError> {
    let wrong = |why: String| SignInError::Wrong { field: "new", why };
    if !settings.passwords {
        return Err(SignInError::InTheWay("passwords are turned off here (auth.sign_in.passwords)"));
    }
    let (text, least) = (new.expose(), settings.min_password_length);
    let length = text.chars().count();
    if length < least || length > MAX_PASSWORD {
        return Err(wrong(format!("a password has {least} to {MAX_PASSWORD} characters")));
    }
    let is_told = |known: &str| !known.is_empty() && known.eq_ignore_ascii_case(text.trim());
    if user.profile.email.as_deref().is_some_and(is_told) || is_told(&user.profile.name) {
        return Err(wrong("your name or address is no password: choose another".to_owned()));
    }
    let first = text.chars().next();
    if text.chars().all(|one| Some(one) == first) {
        return Err(wrong("one character again and again is no password: choose another".to_owned()));
    }
    let failed = || wrong("it could not be worked with; try again".to_owned());
    hash_password(text, random()?).ok_or_else(failed)
}

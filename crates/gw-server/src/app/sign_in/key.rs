//! Signing in with the master key or an admin token: the session may what that may, and ends with it. Tokens of service
//! accounts are for programs.

use super::session::{Begun, Entrance, begin};
use super::{SignInError, admit};
use crate::app::audit;
use crate::app::authorization::{Authority, Unidentified, identify};
use crate::app::state::App;
use gw_store::audit::Origin;
use gw_store::types::{SessionHolder, Via};

/// See the module.
pub(crate) fn with_key(app: &App, origin: &Origin, key: &str) -> Result<Begun, SignInError> {
    let key = key.trim();
    let tries = admit(app, None, origin)?;
    match identify(app, key) {
        Ok((_, authority)) if !is_service(app, &authority)? => {}
        Ok(_) | Err(Unidentified::Unknown) => {
            audit::sign_in_refused(app, origin, None, "key");
            return Err(SignInError::Invalid);
        }
        Err(error) => return Err(error.into()),
    }
    app.sign_ins.throttle.give_back(&app.sign_ins.settings.load(), &tries);
    // What it is now decides; a token that is replaced by a later one is good until its time is over.
    let digests = app.gateway.keys.digests(key);
    for digest in digests {
        let holder = SessionHolder::Key(digest);
        let entrance = Entrance { holder, via: Via::Key, provider: String::new(), id_token: None };
        match begin(app, origin, entrance, |_| Ok(true)) {
            Err(SignInError::Invalid) => {}
            done => return done,
        }
    }
    Err(SignInError::Invalid)
}

/// Does it act as a service account?
fn is_service(app: &App, authority: &Authority) -> Result<bool, SignInError> {
    let Some(user) = authority.user() else { return Ok(false) };
    Ok(app.storage.database.account(user)?.is_some_and(|user| user.service_of().is_some()))
}

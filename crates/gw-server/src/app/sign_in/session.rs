//! Sessions: begun, found by what a browser shows, listed and ended.

use super::{SignInError, shown};
use crate::app::audit;
use crate::app::authorization::{Authority, Caller, Scopes, Unidentified, holder_of};
use crate::app::state::App;
use gw_model::{Micros, Secret, time};
use gw_store::StoreError;
use gw_store::audit::{Actor, AuditDraft, Origin};
use gw_store::keys::{generate_session_id, generate_session_token};
use gw_store::traits::ControlStore;
use gw_store::types::{SessionHolder, SessionId, StoredAccount, StoredSession, Via};
use gw_store::vault::name_of_session;
use serde_json::json;

const MICROS: i64 = 1_000_000;

/// Longest time after which it is noted that a session is used.
const TOUCH_EVERY: Micros = 60 * MICROS;

/// Longest text that is kept of what a browser says it is, in characters.
const MAX_AGENT: usize = 256;

/// A session that began just now.
pub(crate) struct Begun {
    /// What the browser shows from now on. It is known only now.
    pub(crate) token: Secret,
    pub(crate) signed_in: SignedIn,
}

/// Somebody who shows a session.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) session: StoredSession,
    pub(crate) caller: Caller,
    /// The person, where it is one.
    pub(crate) user: Option<StoredAccount>,
}

/// How somebody came in.
pub(super) struct Entrance {
    pub(super) holder: SessionHolder,
    pub(super) via: Via,
    pub(super) provider: String,
    /// What the provider said of him.
    pub(super) id_token: Option<Secret>,
}

/// Who shows that, at this moment. Reads the database.
pub(crate) fn signed_in(app: &App, token: &str, origin: Origin) -> Result<SignedIn, Unidentified> {
    let found = holder(app, token, origin)?;
    touch(app, &found.session, app.gateway.clock().now());
    Ok(found)
}

/// The same, without noting that the session is used. Reads the database.
pub(crate) fn holder(app: &App, token: &str, origin: Origin) -> Result<SignedIn, Unidentified> {
    let database = &app.storage.database;
    for digest in app.gateway.keys.digests(token) {
        let Some(session) = database.session_of(&digest)? else { continue };
        let now = app.gateway.clock().now();
        if is_over(app, &session, now) {
            return Err(Unidentified::Unknown);
        }
        return known(app, session, origin);
    }
    Err(Unidentified::Unknown)
}

/// A session's holder as he is now; unknown when he is disabled or gone, or his key is no more good.
fn known(app: &App, session: StoredSession, origin: Origin) -> Result<SignedIn, Unidentified> {
    let (actor, authority, user) = match session.holder {
        SessionHolder::User(id) => {
            let user = app.storage.database.account(id)?.filter(|user| !user.profile.disabled);
            let user = user.ok_or(Unidentified::Unknown)?;
            (Actor::User(id), Authority::of_user(&user, Scopes::everything()), Some(user))
        }
        SessionHolder::Key(digest) => {
            let (actor, authority) = holder_of(app, &digest)?;
            let user = authority.user().map(|id| app.storage.database.account(id)).transpose()?.flatten();
            (actor, authority, user)
        }
    };
    Ok(SignedIn { session, caller: Caller { origin: Origin { actor, ..origin }, authority }, user })
}

fn is_over(app: &App, session: &StoredSession, now: Micros) -> bool {
    let settings = app.sign_ins.settings.load();
    let longest = session.created_at.saturating_add(micros(settings.max_seconds));
    let idle = session.used_at.saturating_add(micros(settings.idle_seconds));
    now >= session.expires_at.min(longest).min(idle)
}

fn micros(seconds: u64) -> Micros {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(MICROS)
}

/// Notes that it is used, now and then. What cannot be noted now is noted the next time.
fn touch(app: &App, session: &StoredSession, now: Micros) {
    let every = TOUCH_EVERY.min(micros(app.sign_ins.settings.load().idle_seconds) / 4);
    if now.saturating_sub(session.used_at) < every {
        return;
    }
    if let Err(error) = app.storage.database.touch_session(session.id, now) {
        tracing::debug!(%error, "it was not noted that a session is used");
    }
}

/// Begins a session, together with what its beginning changes besides: `with` says false where somebody was faster.
pub(super) fn begin(
    app: &App,
    origin: &Origin,
    entrance: Entrance,
    with: impl Fn(&dyn ControlStore) -> Result<bool, StoreError>,
) -> Result<Begun, SignInError> {
    // Whoever is disabled meanwhile is not signed in after.
    let _changing = app.changing.lock();
    let settings = app.sign_ins.settings.load_full();
    let (token, id, now) = (generate_session_token()?, generate_session_id()?, app.gateway.clock().now());
    let sealed =
        entrance.id_token.map(|token| app.storage.vault.seal(&name_of_session(id), &token)).transpose()?;
    let session = StoredSession {
        id,
        digest: app.gateway.keys.digest(token.expose()),
        holder: entrance.holder,
        via: entrance.via,
        provider: entrance.provider,
        id_token: sealed,
        created_at: now,
        used_at: now,
        expires_at: now.saturating_add(micros(settings.max_seconds)),
        address: origin.address.clone(),
        agent: origin.agent.chars().take(MAX_AGENT).collect(),
    };
    let signed_in = known(app, session.clone(), origin.clone())?;
    let mut entry = noted(app, "session.create", &signed_in);
    entry.after = Some(told(&session));
    let idle_since = now.saturating_sub(micros(settings.idle_seconds));
    let before = app.storage.database.sessions_of(session.holder)?;
    let surplus = before.get(settings.sessions_per_person.saturating_sub(1)..).unwrap_or_default();
    let begun = audit::with_entry(app, &entry, |store| {
        if !with(store)? {
            return Ok(None);
        }
        store.delete_sessions_over(now, idle_since)?;
        for old in surplus {
            store.delete_session(old.id)?;
        }
        store.create_session(&session).map(Some)
    });
    // Another node was disabling or removing him.
    let begun = begun.map_err(|error| match error {
        StoreError::Gone => Unidentified::Unknown,
        error => Unidentified::Store(error),
    })?;
    begun.ok_or(SignInError::WrongCode)?;
    Ok(Begun { token, signed_in })
}

/// Those of whoever asks, the latest first.
pub(crate) fn list(app: &App, who: &SignedIn) -> Result<Vec<StoredSession>, SignInError> {
    let now = app.gateway.clock().now();
    let mut all = app.storage.database.sessions_of(who.session.holder)?;
    all.retain(|session| !is_over(app, session, now));
    Ok(all)
}

/// Ends one of whoever asks.
pub(crate) fn end_own(app: &App, who: &SignedIn, id: SessionId) -> Result<(), SignInError> {
    let session = list(app, who)?.into_iter().find(|session| session.id == id);
    end(app, who, &session.ok_or(SignInError::NotFound)?)
}

/// Ends a session.
pub(crate) fn end(app: &App, who: &SignedIn, session: &StoredSession) -> Result<(), SignInError> {
    let mut entry = noted(app, "session.delete", who);
    entry.id = session.id.to_string();
    entry.before = Some(told(session));
    let delete = |store: &dyn ControlStore| Ok(store.delete_session(session.id)?.then_some(()));
    // One that is gone already is over as well.
    audit::with_entry(app, &entry, delete)?;
    Ok(())
}

/// What the identity provider said of whoever signed in there.
pub(crate) fn id_token(app: &App, session: &StoredSession) -> Option<Secret> {
    let sealed = session.id_token.as_ref()?;
    app.storage.vault.open(&name_of_session(session.id), sealed).ok()
}

/// What a page of ours sends with every write, so that no other page can: it belongs to what the browser shows.
pub(crate) fn csrf_token(app: &App, token: &str) -> String {
    gw_identity::authorization::url_text(&app.gateway.keys.digest(&format!("csrf\0{token}")))
}

/// Is it that one?
pub(crate) fn is_csrf_token(app: &App, token: &str, given: &str) -> bool {
    // Digests are compared, so that the time tells nothing of the texts.
    let digest = |text: &str| app.gateway.keys.digest(text);
    digest(given) == digest(&csrf_token(app, token))
}

fn noted(app: &App, action: &'static str, who: &SignedIn) -> AuditDraft {
    let mut draft = audit::draft(app, &who.caller.origin, action, "session");
    draft.id = who.session.id.to_string();
    if let Some(user) = &who.user {
        draft.name = shown(user).to_owned();
        draft.places = crate::app::accounts::allowed::places(app, user, &user.profile);
    }
    draft
}

fn told(session: &StoredSession) -> serde_json::Value {
    let mut told = json!({ "via": session.via.as_str(), "expires_at": time::format(session.expires_at) });
    if !session.provider.is_empty() {
        told["provider"] = session.provider.as_str().into();
    }
    told
}

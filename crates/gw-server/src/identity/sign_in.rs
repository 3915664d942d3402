//! What a sign-in at an identity provider asks of it: where people are sent, and who somebody is that comes back with a code. Asked
//! by handlers of the control plane, answered by the thread of this module, which keeps the providers' keys. It must not know what
//! the person is here, and must not print a token.

use super::fetch;
use super::rings::Rings;
use crate::app::state::App;
use gw_config::compile::OidcSettings;
use gw_identity::authorization::{self, Attempt, Granted};
use gw_identity::{Algorithm, Claims, Discovered, Expected, Refused, Token};
use gw_model::Secret;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Questions that may wait. One more is refused, to be asked again.
const QUEUE: usize = 64;

/// Questions that are worked on at the same time.
const AT_ONCE: usize = 16;

/// How long whoever asks waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Largest token of a provider, in bytes: one that names many groups is large.
const MAX_TOKEN: usize = 64 << 10;

const MICROS: i64 = 1_000_000;

/// Somebody whom a provider knows.
pub(crate) struct Person {
    /// What it says of him.
    pub(crate) claims: Claims,
    /// The token that says so.
    pub(crate) id_token: Secret,
}

/// What only whoever began a sign-in knows.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) redirect_uri: String,
    pub(crate) nonce: String,
    pub(crate) verifier: Secret,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The provider cannot be asked, or says nothing that can be used.
    Unavailable(String),
    /// It does not know the code, or its token is not good.
    Refused(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}

/// A question.
pub(super) enum Errand {
    Discover(Arc<OidcSettings>, oneshot::Sender<Result<Arc<Discovered>, Failed>>),
    Identify(Box<Return>, oneshot::Sender<Result<Person, Failed>>),
}

/// Somebody who came back with a code.
pub(super) struct Return {
    provider: Arc<OidcSettings>,
    begun: Begun,
    code: Secret,
}

/// Takes questions. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Desk(mpsc::Sender<Errand>);

impl Desk {
    pub(super) fn open() -> (Self, mpsc::Receiver<Errand>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), receiver)
    }

    /// What a provider says about itself.
    pub(crate) async fn discover(&self, provider: &Arc<OidcSettings>) -> Result<Arc<Discovered>, Failed> {
        self.ask(|answer| Errand::Discover(Arc::clone(provider), answer)).await
    }

    /// Who came back with that code.
    pub(crate) async fn identify(
        &self,
        provider: &Arc<OidcSettings>,
        begun: Begun,
        code: Secret,
    ) -> Result<Person, Failed> {
        let back = Return { provider: Arc::clone(provider), begun, code };
        self.ask(|answer| Errand::Identify(Box::new(back), answer)).await
    }

    async fn ask<T>(
        &self,
        errand: impl FnOnce(oneshot::Sender<Result<T, Failed>>) -> Errand,
    ) -> Result<T, Failed> {
        let (answer, answered) = oneshot::channel();
        let busy = || Failed::Unavailable("too many people sign in at this moment".to_owned());
        self.0.try_send(errand(answer)).map_err(|_| busy())?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(Failed::Unavailable("no answer in time".to_owned())),
        }
    }
}

/// Works on questions as they come.
pub(super) async fn serve(app: Arc<App>, rings: Rc<Rings>, mut errands: mpsc::Receiver<Errand>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(errand) = errands.recv().await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (app, rings) = (Arc::clone(&app), Rc::clone(&rings));
        #[expect(clippy::disallowed_methods, reason = "the thread's own task set, which ends with it")]
        tokio::task::spawn_local(async move {
            // Whoever asked may have left.
            match errand {
                Errand::Discover(provider, answer) => {
                    drop(answer.send(discover(&app, &rings, &provider).await))
                }
                Errand::Identify(back, answer) => drop(answer.send(identify(&app, &rings, &back).await)),
            }
            drop(place);
        });
    }
}

async fn discover(app: &App, rings: &Rings, provider: &OidcSettings) -> Result<Arc<Discovered>, Failed> {
    let accepted = app.issuers.load_full();
    let found = rings.discovered(&accepted, &provider.issuer).await;
    found.ok_or_else(|| Failed::Unavailable("its discovery document cannot be read".to_owned()))
}

async fn identify(app: &App, rings: &Rings, back: &Return) -> Result<Person, Failed> {
    let provider = &back.provider;
    let found = discover(app, rings, provider).await?;
    let granted = redeem(rings, back, &found).await?;
    let claims = check(app, rings, back, &granted.id_token).await?;
    let claims = match is_enough(provider, &claims) {
        true => claims,
        false => with_more(rings, provider, &found, &granted, claims).await?,
    };
    Ok(Person { claims, id_token: Secret::new(granted.id_token) })
}

/// An endpoint of a provider; what it says over an encrypted connection leads to no other.
fn endpoint<'u>(provider: &OidcSettings, url: Option<&'u str>, what: &str) -> Result<&'u str, Failed> {
    let is_safe = |url: &&str| !provider.issuer.issuer.starts_with("https:") || url.starts_with("https:");
    let missing = || Failed::Unavailable(format!("its discovery document names no {what} that can be used"));
    url.filter(is_safe).ok_or_else(missing)
}

/// Shows the code, and gets tokens for it.
async fn redeem(rings: &Rings, back: &Return, found: &Discovered) -> Result<Granted, Failed> {
    let provider = &back.provider;
    let url = endpoint(provider, found.token_endpoint.as_deref(), "token endpoint")?;
    let attempt = Attempt {
        client_id: &provider.client_id,
        redirect_uri: &back.begun.redirect_uri,
        scopes: &provider.scopes,
        state: "",
        nonce: &back.begun.nonce,
        verifier: back.begun.verifier.expose(),
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let code = back.code.expose();
    let body = match &provider.client_secret {
        None => authorization::public_code_form(&attempt, code),
        Some(secret) if provider.secret_in_body => {
            authorization::code_form(&attempt, code, Some(secret.expose()))
        }
        Some(secret) => {
            let text = authorization::client_credentials(&provider.client_id, secret.expose());
            headers.insert(AUTHORIZATION, sensitive(&text)?);
            authorization::code_form(&attempt, code, None)
        }
    };
    let answer =
        fetch::form(rings.exchange(), url, headers, body, provider.issuer.ca_file.as_deref()).await?;
    let missing = || Failed::Refused("its answer to the code has no token that says who it is".to_owned());
    authorization::granted(&answer).ok_or_else(missing)
}

fn sensitive(text: &str) -> Result<HeaderValue, Failed> {
    let wrong = |_| Failed::Unavailable("a credential does not fit into a header".to_owned());
    let mut value = HeaderValue::from_str(text).map_err(wrong)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Is the token good, and of this very sign-in?
async fn check(app: &App, rings: &Rings, back: &Return, text: &str) -> Result<Claims, Failed> {
    let provider = &back.provider;
    let accepted = app.issuers.load_full();
    let refused = |why: Refused| Failed::Refused(why.to_string());
    let token = Token::read(text, MAX_TOKEN).map_err(refused)?;
    let issuer = &provider.issuer;
    let expected = Expected {
        issuer: &issuer.issuer,
        audiences: &issuer.audiences,
        algorithms: Algorithm::ALL,
        leeway_seconds: issuer.leeway_seconds,
        max_age_seconds: None,
        nonce: Some(&back.begun.nonce),
    };
    let now = app.gateway.clock().now().div_euclid(MICROS);
    let unavailable = || Failed::Unavailable("its keys cannot be read".to_owned());
    let keys = rings.keys(&accepted, issuer).await.ok_or_else(unavailable)?;
    let claims = match gw_identity::verify(token.clone(), &keys, &expected, now) {
        // It may have new keys.
        Err(Refused::UnknownKey { id }) => match rings.newer(&accepted, issuer).await {
            Some(keys) => gw_identity::verify(token, &keys, &expected, now),
            None => Err(Refused::UnknownKey { id }),
        },
        outcome => outcome,
    };
    let claims = claims.map_err(refused)?;
    // A token for several says for which it was made.
    let is_for_us = match claims.text("azp") {
        Some(party) => party == provider.client_id,
        None => claims.texts("aud").len() == 1,
    };
    if is_for_us { Ok(claims) } else { Err(refused(Refused::Audience)) }
}

/// Does the token say all that is asked for?
fn is_enough(provider: &OidcSettings, claims: &Claims) -> bool {
    let names = &provider.claims;
    let has = |name: &String| claims.get(name).is_some();
    let wants_groups = provider.groups.iter().any(|rule| rule.group != "*");
    has(&names.email) && has(&names.name) && (!wants_groups || has(&names.groups))
}

/// What the provider says of the person besides.
async fn with_more(
    rings: &Rings,
    provider: &OidcSettings,
    found: &Discovered,
    granted: &Granted,
    claims: Claims,
) -> Result<Claims, Failed> {
    let (Some(url), Some(token)) = (found.userinfo_endpoint.as_deref(), &granted.access_token) else {
        return Ok(claims);
    };
    let url = endpoint(provider, Some(url), "place to ask about people")?;
    let bearer = sensitive(&format!("Bearer {token}"))?;
    let answer =
        fetch::with_bearer(rings.exchange(), url, bearer, provider.issuer.ca_file.as_deref()).await?;
    let said = match serde_json::from_slice(&answer) {
        Ok(members) => Claims::new(members),
        // Some sign what they say here too; the token is what counts then.
        Err(_) => return Ok(claims),
    };
    match said.text("sub") == claims.text("sub") {
        true => Ok(claims.or(said)),
        false => Err(Failed::Refused("what it says of the person is of another".to_owned())),
    }
}

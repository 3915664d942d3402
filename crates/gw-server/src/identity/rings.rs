//! Keys of issuers: read when they are first needed, read again now and then, and when a token names one that is not
//! known. What was read stays in force while the issuer cannot be reached.

use super::fetch;
use crate::app::state::App;
use crate::credentials::exchange::Exchange;
use gw_config::compile::{IssuerSettings, KeysAt, TokenSettings};
use gw_identity::{Discovered, KeySet};
use gw_model::Micros;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

const MICROS: u64 = 1_000_000;

/// Least time between two readings of keys of which none is known, in microseconds.
const FIRST_PAUSE_US: Micros = 1_000_000;

/// Largest file with keys, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Whose tokens are accepted, with the keys that stand in files.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) settings: Arc<TokenSettings>,
    files: HashMap<String, Arc<KeySet>>,
}

/// A file with keys is of no use.
#[derive(Debug)]
pub(crate) struct AcceptError {
    issuer: String,
    path: String,
    why: String,
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "auth.jwt.issuers.{}: the file {} {}", self.issuer, self.path, self.why)
    }
}

impl std::error::Error for AcceptError {}

impl Accepted {
    /// Reads the files that the settings name.
    pub(crate) fn new(settings: &Arc<TokenSettings>) -> Result<Self, AcceptError> {
        let mut files = HashMap::new();
        for issuer in &settings.issuers {
            if let KeysAt::File(path) = &issuer.keys {
                let keys = read(path).map_err(|why| AcceptError {
                    issuer: issuer.name.clone(),
                    path: path.display().to_string(),
                    why,
                })?;
                files.insert(issuer.name.clone(), Arc::new(keys));
            }
        }
        Ok(Self { settings: Arc::clone(settings), files })
    }

    /// Would a token be taken as before?
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.settings == other.settings && self.files == other.files
    }
}

fn read(path: &Path) -> Result<KeySet, String> {
    let failed = |error: std::io::Error| format!("cannot be read: {error}");
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_FILE {
        return Err(format!("is larger than {MAX_FILE} bytes"));
    }
    KeySet::read(&std::fs::read_to_string(path).map_err(failed)?).map_err(|error| error.to_string())
}

/// Where keys come from, and by whose certificates.
type Source = (KeysAt, Option<String>);

/// The keys of all issuers. For one thread.
pub(super) struct Rings {
    app: Arc<App>,
    exchange: Exchange,
    rings: RefCell<HashMap<Source, Rc<Ring>>>,
}

#[derive(Default)]
struct Ring {
    state: RefCell<State>,
    /// Held while the keys are read.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct State {
    keys: Option<Arc<KeySet>>,
    /// What the issuer says about itself, where it was asked.
    discovered: Option<Arc<Discovered>>,
    read_at: Micros,
    tried_at: Micros,
    is_failing: bool,
}

impl Rings {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app, exchange: Exchange::new(), rings: RefCell::default() }
    }

    /// An issuer's keys, as they are known. They are read first where none is.
    pub(super) async fn keys(&self, accepted: &Accepted, issuer: &IssuerSettings) -> Option<Arc<KeySet>> {
        if let KeysAt::File(_) = issuer.keys {
            return accepted.files.get(&issuer.name).cloned();
        }
        let ring = self.ring(issuer);
        let known = ring.state.borrow().keys.clone();
        if known.is_some() {
            return known;
        }
        self.read_again(&ring, issuer, FIRST_PAUSE_US).await;
        ring.state.borrow().keys.clone()
    }

    /// What an issuer says about itself. It is asked first where that is not known.
    pub(super) async fn discovered(
        &self,
        accepted: &Accepted,
        issuer: &IssuerSettings,
    ) -> Option<Arc<Discovered>> {
        self.keys(accepted, issuer).await?;
        self.ring(issuer).state.borrow().discovered.clone()
    }

    /// The client that asks issuers.
    pub(super) const fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The keys after a token named one that is not among them: read again, unless that was done just now.
    pub(super) async fn newer(&self, accepted: &Accepted, issuer: &IssuerSettings) -> Option<Arc<KeySet>> {
        if let KeysAt::File(_) = issuer.keys {
            return None;
        }
        let ring = self.ring(issuer);
        let before = ring.state.borrow().read_at;
        let pause = micros(accepted.settings.refresh_pause_seconds);
        self.read_again(&ring, issuer, pause).await;
        let state = ring.state.borrow();
        state.keys.clone().filter(|_| state.read_at != before)
    }

    /// Reads keys again that are due, beside what is going on.
    pub(super) fn tend(self: &Rc<Self>) {
        let accepted = self.app.issuers.load_full();
        // Those at which people sign in are issuers as well.
        let sign_ins = self.app.sign_ins.settings.load_full();
        let of_people = sign_ins.oidc.iter().map(|provider| &provider.issuer);
        let issuers: Vec<&Arc<IssuerSettings>> = accepted.settings.issuers.iter().chain(of_people).collect();
        let is_wanted = |source: &Source| issuers.iter().any(|issuer| self::source(issuer) == *source);
        self.rings.borrow_mut().retain(|source, _| is_wanted(source));
        let now = self.app.gateway.clock().now();
        for issuer in issuers.iter().filter(|issuer| !matches!(issuer.keys, KeysAt::File(_))) {
            let ring = self.ring(issuer);
            let state = ring.state.borrow().clone();
            let settings = &accepted.settings;
            let pause = match state.keys.is_some() && !state.is_failing {
                true => micros(settings.refresh_seconds),
                false => micros(settings.refresh_pause_seconds.min(settings.refresh_seconds)),
            };
            let is_due = state.tried_at == 0 || now >= state.tried_at.saturating_add(pause);
            if is_due && ring.reading.try_lock().is_ok() {
                let (rings, issuer) = (Rc::clone(self), Arc::clone(issuer));
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the thread's own task set, which ends with it"
                )]
                tokio::task::spawn_local(async move { rings.read_again(&ring, &issuer, pause).await });
            }
        }
    }

    fn ring(&self, issuer: &IssuerSettings) -> Rc<Ring> {
        Rc::clone(self.rings.borrow_mut().entry(source(issuer)).or_default())
    }

    /// Reads an issuer's keys, once for all who ask at the same time, and not sooner than `pause` after the last try.
    async fn read_again(&self, ring: &Ring, issuer: &IssuerSettings, pause: Micros) {
        let _one = ring.reading.lock().await;
        let now = self.app.gateway.clock().now();
        let tried_at = ring.state.borrow().tried_at;
        if tried_at != 0 && now < tried_at.saturating_add(pause) {
            return;
        }
        ring.state.borrow_mut().tried_at = now;
        let outcome = self.fetch(issuer).await;
        let now = self.app.gateway.clock().now();
        let mut state = ring.state.borrow_mut();
        match outcome {
            Ok((keys, discovered)) => {
                state.discovered = discovered;
                if state.keys.is_none() || state.is_failing {
                    tracing::info!(issuer = %issuer.name, keys = keys.len(), "the keys of an issuer of tokens were read");
                }
                (state.keys, state.read_at, state.is_failing) = (Some(Arc::new(keys)), now, false);
            }
            Err(error) => {
                if !state.is_failing {
                    let has_keys = state.keys.is_some();
                    tracing::warn!(
                        issuer = %issuer.name, %error, has_keys,
                        "the keys of an issuer of tokens cannot be read; it is tried again and again"
                    );
                }
                state.is_failing = true;
            }
        }
    }

    async fn fetch(&self, issuer: &IssuerSettings) -> Result<(KeySet, Option<Arc<Discovered>>), String> {
        let ca_file = issuer.ca_file.as_deref();
        let mut discovered = None;
        let url = match &issuer.keys {
            KeysAt::Jwks(url) => url.clone(),
            KeysAt::Discovery(url) => {
                let document = fetch::document(&self.exchange, url, ca_file).await?;
                let found =
                    Discovered::read(&document, &issuer.issuer).map_err(|error| format!("{url}: {error}"))?;
                if url.starts_with("https:") && !found.jwks_uri.starts_with("https:") {
                    return Err(format!("{url} names keys that do not come over https"));
                }
                let found = discovered.insert(Arc::new(found));
                found.jwks_uri.clone()
            }
            KeysAt::File(_) => return Err("keys of a file are not fetched".to_owned()),
        };
        let document = fetch::document(&self.exchange, &url, ca_file).await?;
        let keys = KeySet::from_jwks(&document).map_err(|error| format!("{url} {error}"))?;
        Ok((keys, discovered))
    }
}

fn source(issuer: &IssuerSettings) -> Source {
    (issuer.keys.clone(), issuer.ca_file.clone())
}

fn micros(seconds: u64) -> Micros {
    Micros::try_from(seconds.saturating_mul(MICROS)).unwrap_or(Micros::MAX)
}

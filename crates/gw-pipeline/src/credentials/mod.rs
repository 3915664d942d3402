//! Providers' credentials as the request path sees them: several per provider, some of which change while we run.
//! Whatever changes stands in a [`Cell`], which somebody else fills in the background; a worker only looks. It must
//! not obtain a token itself.

mod cell;
mod hand;
mod pins;
mod room;

pub use cell::{Cell, CellState, Failing};
pub(crate) use hand::Hand;
pub(crate) use pins::Pins;
pub use room::Room;

use crate::gateway::Gateway;
use crate::live::ProviderEndpoint;
use crate::worker::Worker;
use arc_swap::ArcSwapOption;
use gw_model::credential::CredentialSource;
use gw_model::snapshot::Provider;
use gw_model::{ErrorCode, Micros, Refusal};
use gw_providers::{PrepareError, PreparedProvider};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A provider's credentials, ready for requests; none when the provider's own is all there is.
pub(crate) struct Credentials {
    provider: Arc<Provider>,
    held: Vec<Held>,
}

/// One of them.
struct Held {
    name: Arc<str>,
    weight: u32,
    /// Until when others go before it: the provider refused it, or asked for a pause. Microseconds since the epoch.
    rests_until: AtomicI64,
    kind: Kind,
}

enum Kind {
    Fixed(Box<PreparedProvider>),
    Changing {
        cell: Arc<Cell>,
        /// Made from the cell's state of that version.
        made: ArcSwapOption<(u64, PreparedProvider)>,
    },
}

/// The provider, prepared with a credential.
pub(crate) enum Ready<'a> {
    Fixed(&'a PreparedProvider),
    Made(Arc<(u64, PreparedProvider)>),
}

impl std::ops::Deref for Ready<'_> {
    type Target = PreparedProvider;
    fn deref(&self) -> &PreparedProvider {
        match self {
            Self::Fixed(prepared) => prepared,
            Self::Made(made) => &made.1,
        }
    }
}

impl Credentials {
    /// Takes the provider's credentials in; those that change get their cells from the room.
    pub(crate) fn new(provider: &Arc<Provider>, room: &Room) -> Result<Self, PrepareError> {
        let mut held = Vec::with_capacity(provider.credentials.len());
        for credential in &provider.credentials {
            let kind = match &credential.source {
                CredentialSource::Fixed(value) => {
                    Kind::Fixed(Box::new(PreparedProvider::new(&provider.carrying(value))?))
                }
                _ => Kind::Changing { cell: room.cell(provider, credential), made: ArcSwapOption::empty() },
            };
            held.push(Held {
                name: Arc::clone(&credential.name),
                weight: credential.weight,
                rests_until: AtomicI64::new(0),
                kind,
            });
        }
        Ok(Self { provider: Arc::clone(provider), held })
    }

    /// The provider with credential `index`. Waits up to `limit_ms` for one that nobody could obtain yet.
    /// Errors: 503 `no_healthy_target`, with a cause that callers may know.
    pub(crate) async fn ready(&self, index: usize, now: Micros, limit_ms: u64) -> Result<Ready<'_>, Refusal> {
        let Some(held) = self.held.get(index) else { return Err(self.refuse("the credential is gone")) };
        let (cell, made) = match &held.kind {
            Kind::Fixed(prepared) => return Ok(Ready::Fixed(prepared)),
            Kind::Changing { cell, made } => (cell, made),
        };
        let state = match cell.usable(now) {
            Some(state) => state,
            None => cell.wait(now, limit_ms).await.map_err(|cause| self.refuse(&cause))?,
        };
        if let Some(known) = made.load_full().filter(|known| known.0 == state.version) {
            return Ok(Ready::Made(known));
        }
        let Some(value) = &state.value else { return Err(self.refuse("its credential is gone")) };
        let prepared = PreparedProvider::new(&self.provider.carrying(value))
            .map_err(|_| self.refuse("its credential cannot stand in a header"))?;
        let new = Arc::new((state.version, prepared));
        made.store(Some(Arc::clone(&new)));
        Ok(Ready::Made(new))
    }

    /// Notes that the provider refused the credential, or asked for a pause. A token may have been taken back before
    /// its time: a new one is obtained.
    pub(crate) fn rest(&self, index: usize, until: Micros, is_refused: bool) {
        let Some(held) = self.held.get(index) else { return };
        held.rests_until.store(until, Ordering::Relaxed);
        if let (Kind::Changing { cell, .. }, true) = (&held.kind, is_refused) {
            cell.ask_anew();
        }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// The name of credential `index`.
    pub(crate) fn name(&self, index: usize) -> Option<&Arc<str>> {
        self.held.get(index).map(|held| &held.name)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.held.iter().position(|held| *held.name == *name)
    }

    fn refuse(&self, cause: &str) -> Refusal {
        let text = format!("the provider '{}' cannot be called: {cause}", self.provider.name);
        Refusal::new(ErrorCode::NoHealthyTarget, text).retry_after(5)
    }
}

impl ProviderEndpoint {
    /// The provider with the first credential that is there, for requests that are not tried with another. `named` is
    /// the only one that may be used.
    pub(crate) async fn ready(
        &self,
        named: Option<&str>,
        worker: &Worker,
        limit_ms: u64,
    ) -> Result<Ready<'_>, Refusal> {
        let hand = self.credentials.deal(named, worker.now(), || worker.random_u64())?;
        self.first_ready(hand, || worker.now(), limit_ms).await
    }

    /// The same for a question that belongs to no worker and no caller.
    pub(crate) async fn any_ready(
        &self,
        clock: &impl gw_model::Clock,
        limit_ms: u64,
    ) -> Result<Ready<'_>, Refusal> {
        let hand = self.credentials.deal(None, clock.now(), || fastrand::u64(..))?;
        self.first_ready(hand, || clock.now(), limit_ms).await
    }

    async fn first_ready(
        &self,
        mut hand: Hand,
        now: impl Fn() -> Micros,
        limit_ms: u64,
    ) -> Result<Ready<'_>, Refusal> {
        loop {
            let Some(index) = hand.current() else { return Ok(Ready::Fixed(&self.prepared)) };
            match self.credentials.ready(index, now(), limit_ms).await {
                Ok(ready) => return Ok(ready),
                Err(refusal) if !hand.advance() => return Err(refusal),
                Err(_) => {}
            }
        }
    }
}

/// What can be told of a credential.
#[derive(Clone, Debug)]
pub struct CredentialView {
    /// Its name.
    pub name: Arc<str>,
    /// Its share of the requests.
    pub weight: u32,
    /// Where it comes from, in a word.
    pub source: &'static str,
    /// Requests can carry it now.
    pub ready: bool,
    /// What is known of one that changes.
    pub state: Option<Arc<CellState>>,
}

impl Gateway {
    /// The credentials of a provider in force.
    #[must_use]
    pub fn credentials(&self, provider: &Provider) -> Vec<CredentialView> {
        let now = gw_model::Clock::now(&*self.clock);
        let live = self.live();
        let Some(endpoint) = live.endpoint(provider) else { return Vec::new() };
        let all = provider.credentials.iter().zip(&endpoint.credentials.held);
        all.map(|(credential, held)| {
            let state = match &held.kind {
                Kind::Fixed(_) => None,
                Kind::Changing { cell, .. } => Some(cell.state()),
            };
            CredentialView {
                name: Arc::clone(&credential.name),
                weight: credential.weight,
                source: credential.source.as_str(),
                ready: state.as_ref().is_none_or(|state| state.is_good(now)),
                state,
            }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests;

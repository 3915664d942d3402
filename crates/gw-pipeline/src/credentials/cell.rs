//! Where a credential that changes stands: filled by one task in the background, looked at by every worker without a
//! lock. The last good one counts until it expires, whatever fails meanwhile.

use arc_swap::ArcSwap;
use gw_model::Micros;
use gw_model::credential::{CredentialSource, CredentialValue};
use gw_model::snapshot::ConnectOptions;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// What a cell holds.
#[derive(Clone, Debug, Default)]
pub struct CellState {
    /// Grows with every other value.
    pub(crate) version: u64,
    /// What requests carry; `None` until there is one.
    pub value: Option<CredentialValue>,
    /// From when on it is of no use, microseconds since the epoch; `None` when nobody says.
    pub expires_at: Option<Micros>,
    /// When it was obtained.
    pub obtained_at: Option<Micros>,
    /// Why the latest try to obtain one failed; `None` after a good one.
    pub failing: Option<Failing>,
}

/// Tries that failed.
#[derive(Clone, Debug)]
pub struct Failing {
    /// What callers may know.
    pub cause: String,
    /// What the operator sees.
    pub detail: String,
    /// Since the last good one.
    pub times: u32,
    /// When the latest failed, microseconds since the epoch.
    pub at: Micros,
}

impl CellState {
    /// Can requests carry it now?
    #[must_use]
    pub fn is_good(&self, now: Micros) -> bool {
        self.value.is_some() && self.expires_at.is_none_or(|at| now < at)
    }
}

/// See the module.
pub struct Cell {
    /// The provider's name.
    pub provider: Arc<str>,
    /// The credential's name.
    pub name: Arc<str>,
    /// Where it comes from.
    pub source: CredentialSource,
    /// How the provider is reached; its token endpoint is reached the same way.
    pub connect: ConnectOptions,
    state: ArcSwap<CellState>,
    /// The state changed.
    changed: Notify,
    /// A new value is wanted before its time.
    wanted: Notify,
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cell")
            .field("provider", &self.provider)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Cell {
    pub(super) fn new(
        provider: Arc<str>,
        name: Arc<str>,
        source: CredentialSource,
        connect: ConnectOptions,
    ) -> Self {
        Self {
            provider,
            name,
            source,
            connect,
            state: ArcSwap::default(),
            changed: Notify::new(),
            wanted: Notify::new(),
        }
    }

    /// What it holds now.
    #[must_use]
    pub fn state(&self) -> Arc<CellState> {
        self.state.load_full()
    }

    /// Puts a new value in. For the one task that fills the cell.
    pub fn fill(&self, value: CredentialValue, expires_at: Option<Micros>, now: Micros) {
        let old = self.state.load();
        // The same value must not be prepared anew.
        let version = if old.value.as_ref() == Some(&value) { old.version } else { old.version + 1 };
        let new =
            CellState { version, value: Some(value), expires_at, obtained_at: Some(now), failing: None };
        self.set(new);
    }

    /// Takes the value out: it is known that there is none.
    pub fn empty(&self, failing: Failing) {
        let version = self.state.load().version + 1;
        self.set(CellState { version, failing: Some(failing), ..CellState::default() });
    }

    /// Notes that no new value could be obtained. For the one task that fills the cell.
    pub fn fail(&self, cause: String, detail: String, now: Micros) {
        let old = self.state();
        let times = old.failing.as_ref().map_or(0, |failing| failing.times).saturating_add(1);
        let failing = Some(Failing { cause, detail, times, at: now });
        self.set(CellState { failing, ..(*old).clone() });
    }

    fn set(&self, state: CellState) {
        self.state.store(Arc::new(state));
        self.changed.notify_waiters();
    }

    /// Resolves when a new value is wanted before its time.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    pub(super) fn ask_anew(&self) {
        self.wanted.notify_one();
    }

    /// The state, when its value can be used.
    pub(super) fn usable(&self, now: Micros) -> Option<Arc<CellState>> {
        let state = self.state.load();
        state.is_good(now).then(|| Arc::clone(&state))
    }

    /// Waits for a first value. The error is the cause, in words for callers; it comes at once when the latest try
    /// failed, since the next one may be long in coming.
    pub(super) async fn wait(&self, now: Micros, limit_ms: u64) -> Result<Arc<CellState>, String> {
        let waiting = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                // Before the look, so that a change after it is not missed.
                changed.as_mut().enable();
                let state = self.state();
                if state.is_good(now) {
                    return Ok(state);
                }
                if let Some(failing) = &state.failing {
                    return Err(failing.cause.clone());
                }
                changed.await;
            }
        };
        match tokio::time::timeout(Duration::from_millis(limit_ms), waiting).await {
            Ok(found) => found,
            Err(_) => Err("its token endpoint did not answer in time".to_owned()),
        }
    }
}

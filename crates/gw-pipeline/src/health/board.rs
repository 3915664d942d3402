//! All deployments of the process, across configurations: one that stands unchanged in a new configuration keeps what
//! is known of it. Changes are told to whoever shares them with other gateways.

use super::deployment::{Deployment, Identity};
use super::fingerprint::Fingerprint;
use super::outliers::Outliers;
use super::traffic::Said;
use crate::waiting::WaitingRoom;
use gw_model::Micros;
use gw_model::routing::{HealthPolicy, stable_hash};
use gw_model::snapshot::{Model, Provider, Target};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};

/// Deployments above which those that nobody uses are forgotten.
const MAX_IDLE: usize = 4_096;

/// What changed at a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its provider asked for a pause.
    Parked {
        /// Until then, microseconds since the epoch.
        until: Micros,
    },
    /// It is taken for down.
    Tripped {
        /// When it will be tried again, microseconds since the epoch.
        until: Micros,
    },
    /// It is back.
    Closed,
}

/// A change, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthChange {
    /// Which deployment.
    pub deployment: Fingerprint,
    /// What changed.
    pub change: Change,
}

type Listener = Box<dyn Fn(HealthChange) + Send + Sync>;

/// Who is told of changes.
#[derive(Default)]
pub(super) struct Notices(OnceLock<Listener>);

impl std::fmt::Debug for Notices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notices").finish_non_exhaustive()
    }
}

impl Notices {
    /// Notes a change that is of no use to others.
    pub(super) fn note(id: &Identity, change: Change) {
        tracing::info!(provider = %id.provider, model = %id.model, ?change, "a deployment's health changed");
    }

    /// Notes a change, and tells it to whoever listens.
    pub(super) fn tell(&self, id: &Identity, deployment: Fingerprint, change: Change) {
        Self::note(id, change);
        if let Some(listener) = self.0.get() {
            listener(HealthChange { deployment, change });
        }
    }
}

/// Tells one key of a provider from another; a secret cannot be read from it.
fn account(target: &Target) -> u64 {
    let provider = &target.provider;
    let key = provider.api_key.as_ref().map_or("", |key| key.expose());
    let aws = provider.aws.as_ref().map_or("", |aws| aws.secret_access_key.expose());
    stable_hash([key.as_bytes(), aws.as_bytes()])
}

/// See the module.
#[derive(Debug, Default)]
pub struct Board {
    deployments: Mutex<HashMap<Fingerprint, Arc<Deployment>>>,
    /// By model, where its configuration has them.
    outliers: Mutex<HashMap<Arc<str>, Weak<Outliers>>>,
    notices: Arc<Notices>,
    /// Where calls wait for a place at one of them.
    room: Arc<WaitingRoom>,
}

/// What can be told of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentView {
    /// The provider's configured name.
    pub provider: Arc<str>,
    /// The model there.
    pub model: Arc<str>,
    /// The credential, where the target is bound to one.
    pub credential: Option<Arc<str>>,
    /// Requests that are there now.
    pub in_flight: u32,
    /// Expected time to first byte in microseconds; 0 when nothing is known.
    pub latency_us: u64,
    /// Until when its provider wants to be left alone.
    pub parked_until: Option<Micros>,
    /// Until when it is taken for down.
    pub tripped_until: Option<Micros>,
    /// How often it was taken for down.
    pub trips: u64,
    /// How often its provider asked for a pause.
    pub pauses: u64,
    /// Until when some model has it behind its peers.
    pub ejected_until: Option<Micros>,
    /// How often a model put it behind its peers.
    pub ejections: u64,
    /// Requests of the breaker's window that went well.
    pub good: u64,
    /// And those that failed.
    pub bad: u64,
    /// Where it is.
    pub base_url: Arc<str>,
    /// What its provider said last of its own limits.
    pub said: Option<Said>,
    /// Requests of the last minute.
    pub requests: u64,
    /// And their tokens.
    pub tokens: u64,
    /// Calls that wait for a place there.
    pub waiting: u32,
}

impl Board {
    /// The deployment behind a target: the one that is known, or a new one.
    pub(crate) fn deployment(&self, target: &Target) -> Arc<Deployment> {
        let id = Identity {
            provider: Arc::clone(&target.provider.name),
            base_url: Arc::clone(&target.provider.base_url),
            model: Arc::clone(&target.model),
            credential: target.credential.clone(),
        };
        let fingerprint = Fingerprint::of(&id);
        let mut deployments = self.deployments.lock();
        if let Some(known) = deployments.get(&fingerprint) {
            known.meet(account(target));
            return Arc::clone(known);
        }
        if deployments.len() >= MAX_IDLE {
            deployments.retain(|_, deployment| Arc::strong_count(deployment) > 1);
        }
        let new =
            Arc::new(Deployment::new(id, fingerprint, Arc::clone(&self.notices), Arc::clone(&self.room)));
        new.meet(account(target));
        deployments.insert(fingerprint, Arc::clone(&new));
        new
    }

    /// Who of the model's targets is ejected, where it wants that: as it is known, if that has not changed.
    pub(crate) fn outliers(&self, model: &Model, deployments: &[Arc<Deployment>]) -> Option<Arc<Outliers>> {
        let policy = model.outlier?;
        let mut all = self.outliers.lock();
        let known = all.get(&model.name).and_then(Weak::upgrade);
        if let Some(known) = known.filter(|known| known.is_of(&policy, deployments)) {
            return Some(known);
        }
        all.retain(|_, outliers| outliers.strong_count() > 0);
        let new = Arc::new(Outliers::new(model, policy, deployments));
        all.insert(Arc::clone(&model.name), Arc::downgrade(&new));
        Some(new)
    }

    /// From now on `listener` is told of every change that this process saw itself. Only the first one is taken; it
    /// must return at once.
    pub fn listen(&self, listener: impl Fn(HealthChange) + Send + Sync + 'static) {
        // A second listener would be a mistake of the process's own start.
        let _ = self.notices.0.set(Box::new(listener));
    }

    /// Takes in what another gateway saw; true when the deployment is known here. None is made for it, and none stays
    /// away for longer than what happens here could keep it away.
    pub fn hear(&self, heard: HealthChange, policy: &HealthPolicy, now: Micros) -> bool {
        let known = self.deployments.lock().get(&heard.deployment).map(Arc::clone);
        let Some(deployment) = known else { return false };
        deployment.hear(heard.change, policy, now);
        true
    }

    /// The deployments of a provider.
    pub(super) fn of(&self, provider: &Provider) -> Vec<Arc<Deployment>> {
        let is_its = |deployment: &&Arc<Deployment>| {
            deployment.id.provider == provider.name && deployment.id.base_url == provider.base_url
        };
        self.deployments.lock().values().filter(is_its).map(Arc::clone).collect()
    }

    /// How many calls wait, by model.
    pub(crate) fn waiting(&self) -> Vec<(Arc<str>, usize)> {
        self.room.waiting()
    }

    /// What is known of each deployment.
    #[must_use]
    pub fn views(&self, policy: &HealthPolicy, now: Micros) -> Vec<DeploymentView> {
        let deployments: Vec<Arc<Deployment>> = self.deployments.lock().values().map(Arc::clone).collect();
        let outliers: Vec<Arc<Outliers>> = self.outliers.lock().values().filter_map(Weak::upgrade).collect();
        let view = |deployment: Arc<Deployment>| {
            let ejected = outliers.iter().map(|outliers| outliers.view(&deployment, now));
            let ejected = ejected.fold((None, 0), |all, one| (one.0.max(all.0), all.1 + one.1));
            let (good, bad) = deployment.counts(policy, now);
            let (said, requests, tokens) = deployment.seen(now);
            DeploymentView {
                provider: Arc::clone(&deployment.id.provider),
                model: Arc::clone(&deployment.id.model),
                credential: deployment.id.credential.clone(),
                in_flight: deployment.in_flight(),
                latency_us: deployment.latency_us(now),
                parked_until: Some(deployment.parked_until()).filter(|until| now < *until),
                tripped_until: Some(deployment.tripped_until()).filter(|until| *until != 0),
                trips: deployment.trips(),
                pauses: deployment.pauses(),
                ejected_until: ejected.0,
                ejections: ejected.1,
                good,
                bad,
                base_url: Arc::clone(&deployment.id.base_url),
                said,
                requests,
                tokens,
                waiting: deployment.waiting(),
            }
        };
        let mut views: Vec<DeploymentView> = deployments.into_iter().map(view).collect();
        views.sort_by(|a, b| {
            (&a.provider, &a.model, &a.credential).cmp(&(&b.provider, &b.model, &b.credential))
        });
        views
    }
}

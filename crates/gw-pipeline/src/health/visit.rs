//! One request at one deployment, from its way there until its end. Whatever becomes of it, its place is free again, and a
//! probe that came to nothing gives its turn to the next.

use super::deployment::Deployment;
use gw_model::Micros;
use gw_model::failure::ErrorClass;
use gw_model::routing::HealthPolicy;
use std::sync::Arc;

/// A place at a deployment. Dropped, it is free again, and whoever waits for it is told.
#[derive(Debug)]
pub(crate) struct Slot {
    deployment: Arc<Deployment>,
}

impl Slot {
    /// Takes one of `most` places. `None`: there is none, or others wait for it.
    fn take(deployment: &Arc<Deployment>, most: Option<u32>) -> Option<Self> {
        deployment.take_place(most).then(|| Self { deployment: Arc::clone(deployment) })
    }

    /// Takes one of `most` places for whoever waits for it.
    pub(crate) fn take_for_next(deployment: &Arc<Deployment>, most: u32) -> Option<Self> {
        deployment.take_place_of(most).then(|| Self { deployment: Arc::clone(deployment) })
    }

    /// Is it at that deployment?
    pub(crate) fn is_at(&self, deployment: &Arc<Deployment>) -> bool {
        Arc::ptr_eq(&self.deployment, deployment)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.deployment.give_back_place();
    }
}

/// Why a request does not go to a deployment now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotNow {
    /// It is taken for down, and this request is not the one to try it.
    Closed,
    /// It has no place.
    Full,
}

/// What a request is on its way with.
#[derive(Debug)]
pub(crate) struct Entry {
    /// A place that it has already.
    pub(crate) slot: Option<Slot>,
    /// Most requests that may be there.
    pub(crate) most: Option<u32>,
    /// What it adds to the deployment's traffic.
    pub(crate) tokens: u64,
    /// It goes there though it is taken for down: nothing else is left.
    pub(crate) is_forced: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Visit {
    slot: Slot,
    started: Micros,
    /// Nobody else tries it meanwhile, and it is not known yet whether it is back.
    is_open_probe: bool,
    /// Tokens that the deployment's traffic was charged with at the start.
    expected: u64,
    is_stream: bool,
    /// Others may wait for its place, and want to know how long that may take.
    is_timed: bool,
}

impl Visit {
    /// Goes to the deployment.
    pub(crate) fn begin(deployment: &Arc<Deployment>, entry: Entry, now: Micros) -> Result<Self, NotNow> {
        let Entry { slot, most, tokens, is_forced } = entry;
        if !is_forced && deployment.is_closed(now) {
            return Err(NotNow::Closed);
        }
        let slot = slot.or_else(|| Slot::take(deployment, most)).ok_or(NotNow::Full)?;
        let is_open_probe = deployment.enter(tokens, is_forced, now).ok_or(NotNow::Closed)?;
        Ok(Self {
            slot,
            started: now,
            is_open_probe,
            expected: tokens,
            is_timed: most.is_some(),
            is_stream: false,
        })
    }

    /// Its answer is to be a stream, or whole: which of them began how fast is kept apart.
    pub(crate) const fn of_stream(mut self, is_stream: bool) -> Self {
        self.is_stream = is_stream;
        self
    }

    /// An answer began: the deployment is up.
    pub(crate) fn answered(&mut self, now: Micros) {
        self.is_open_probe = false;
        self.slot.deployment.answered(self.is_stream, self.took_us(now), now);
    }

    /// Another deployment answered first.
    pub(crate) fn outpaced(self, now: Micros) {
        self.note_stay(now);
        self.slot.deployment.outpaced(self.is_stream, self.took_us(now), now);
    }

    /// It ended well, having used so many tokens.
    pub(crate) fn good(self, tokens: u64, policy: &HealthPolicy, now: Micros) {
        self.note_stay(now);
        self.slot.deployment.good(tokens.saturating_sub(self.expected), policy, now);
    }

    /// It failed. Only what the deployment is to blame for counts against it.
    pub(crate) fn bad(mut self, class: ErrorClass, policy: &HealthPolicy, now: Micros, jitter: u64) {
        self.note_stay(now);
        let deployment = &self.slot.deployment;
        // What was under way before it came back says nothing of it now.
        if class.blames_target() && self.started >= deployment.back_since() {
            self.is_open_probe = false;
            deployment.bad(policy, now, jitter);
        } else if class.blames_caller() {
            deployment.is_back(now);
        }
    }

    fn took_us(&self, now: Micros) -> u64 {
        u64::try_from(now - self.started).unwrap_or(0)
    }

    fn note_stay(&self, now: Micros) {
        if self.is_timed {
            self.slot.deployment.note_stay(self.took_us(now));
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if self.is_open_probe {
            self.slot.deployment.give_up_probe();
        }
    }
}

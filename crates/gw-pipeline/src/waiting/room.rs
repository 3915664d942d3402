//! The hall, shared by all workers, behind one lock that is taken only while somebody waits. A place that becomes free is
//! taken for whoever is next before they are woken, so nobody can come between; who is gone meanwhile gives it back by
//! being dropped. It must not hold the lock while it wakes or drops anything.

use super::Id;
use super::hall::{Entered, Entrant, Hall};
use crate::health::{Deployment, Fingerprint, Slot};
use gw_model::routing::QueuePolicy;
use gw_model::{KeyId, Priority};
use parking_lot::Mutex;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Longest time that a refused caller is told to stay away, in seconds.
const MAX_RETRY_AFTER_SECONDS: u64 = 60;

/// See the module.
#[derive(Default)]
pub(crate) struct WaitingRoom {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    hall: Hall<Fingerprint>,
    callers: HashMap<Id, oneshot::Sender<Turn>>,
    /// Those that somebody waits for.
    deployments: HashMap<Fingerprint, Arc<Deployment>>,
}

impl std::fmt::Debug for WaitingRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WaitingRoom").finish_non_exhaustive()
    }
}

/// Who wants to wait, and for what.
pub(crate) struct Ask<'a> {
    pub(crate) model: &'a Arc<str>,
    pub(crate) queue: QueuePolicy,
    pub(crate) priority: Priority,
    pub(crate) key: KeyId,
    /// Deployments that would do, each with the most calls that may be there.
    pub(crate) deployments: SmallVec<[(Arc<Deployment>, u32); 4]>,
    /// What is left of the call's own time, in microseconds.
    pub(crate) left_us: u64,
}

/// What a wait comes to.
#[derive(Debug)]
pub(crate) enum Turn {
    /// A place at a deployment.
    Yours(Slot),
    /// Another call matters more.
    GiveWay,
}

/// Why a call does not wait, or waits no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ShedReason {
    /// As many wait as may.
    QueueFull,
    /// One that matters more came when as many waited as may.
    Displaced,
    /// It waited as long as may be waited.
    WaitedTooLong,
    /// Its turn would come too late for the queue's own limit.
    WouldWaitTooLong,
    /// Its turn would come when its time is up.
    Deadline,
}

impl ShedReason {
    /// The word in metrics and records.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Displaced => "displaced",
            Self::WaitedTooLong => "waited_too_long",
            Self::WouldWaitTooLong => "would_wait_too_long",
            Self::Deadline => "deadline",
        }
    }
}

/// A call that does not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shed {
    pub(crate) reason: ShedReason,
    /// When there may be room again, as far as that can be told.
    pub(crate) retry_after_seconds: u32,
}

/// What is to be told to whom once the lock is free.
type Woken = SmallVec<[(Option<oneshot::Sender<Turn>>, Turn); 2]>;

impl WaitingRoom {
    /// Comes in to wait. Errors: there is no room, or no point in it.
    pub(crate) fn enter(self: &Arc<Self>, ask: &Ask<'_>) -> Result<Waiting, Shed> {
        let (sender, turn) = oneshot::channel();
        let mut woken = Woken::new();
        let id = self.inner.lock().enter(ask, sender, &mut woken);
        tell(woken);
        id.map(|id| Waiting { room: Arc::clone(self), id, turn })
    }

    /// A place at a deployment that somebody waits for became free.
    pub(crate) fn freed(&self, deployment: &Deployment) {
        let mut woken = Woken::new();
        self.inner.lock().give_out(deployment.fingerprint(), &mut woken);
        tell(woken);
    }

    /// Waits no longer.
    fn leave(&self, id: Id) {
        let caller = self.inner.lock().take_out(id, None);
        drop(caller);
    }

    /// How many wait, by model.
    pub(crate) fn waiting(&self) -> Vec<(Arc<str>, usize)> {
        let inner = self.inner.lock();
        inner.hall.crowds().map(|(model, count)| (Arc::clone(model), count)).collect()
    }
}

impl Inner {
    fn enter(&mut self, ask: &Ask<'_>, sender: oneshot::Sender<Turn>, woken: &mut Woken) -> Result<Id, Shed> {
        let spots = ask.deployments.iter().map(|(deployment, most)| (deployment.fingerprint(), *most));
        let entrant = Entrant {
            model: Arc::clone(ask.model),
            priority: ask.priority,
            key: ask.key,
            spots: spots.collect(),
        };
        let before = self.hall.before(&entrant);
        let pace = Pace::of(&ask.deployments);
        let shed = |reason, waiting: usize| Shed { reason, retry_after_seconds: pace.seconds(waiting + 1) };
        // Where it is not known how long calls take, nobody is sent away for that.
        if pace.us(before + 1).is_some_and(|us| us > ask.left_us) {
            return Err(shed(ShedReason::Deadline, before));
        }
        if pace.us(before).is_some_and(|us| us > ask.queue.max_wait_ms.saturating_mul(1000)) {
            return Err(shed(ShedReason::WouldWaitTooLong, before));
        }
        let most = usize::try_from(ask.queue.max_waiting).unwrap_or(usize::MAX);
        let waiting = self.hall.waiting_for(ask.model);
        let Entered::As { id, instead_of } = self.hall.enter(entrant, most) else {
            return Err(shed(ShedReason::QueueFull, waiting));
        };
        for (deployment, _) in &ask.deployments {
            deployment.note_waiting(true);
            self.deployments.entry(deployment.fingerprint()).or_insert_with(|| Arc::clone(deployment));
        }
        self.callers.insert(id, sender);
        if let Some(id) = instead_of {
            woken.push((self.take_out(id, None), Turn::GiveWay));
        }
        // A place may have become free before anybody knew that somebody waits.
        for (deployment, _) in &ask.deployments {
            self.give_out(deployment.fingerprint(), woken);
        }
        Ok(id)
    }

    /// Gives free places of a deployment to those who are next.
    fn give_out(&mut self, place: Fingerprint, woken: &mut Woken) {
        while let Some(deployment) = self.deployments.get(&place).map(Arc::clone) {
            let Some((id, most)) = self.hall.next(place, |most| deployment.in_flight() < most) else {
                return;
            };
            // Another alias may allow more at the same deployment, and have taken it.
            let Some(slot) = Slot::take_for_next(&deployment, most) else { continue };
            woken.push((self.take_out(id, Some(place)), Turn::Yours(slot)));
        }
    }

    fn take_out(&mut self, id: Id, served: Option<Fingerprint>) -> Option<oneshot::Sender<Turn>> {
        let entrant = self.hall.leave(id, served)?;
        for (place, _) in &entrant.spots {
            if let Some(deployment) = self.deployments.get(place)
                && deployment.note_waiting(false) == 0
            {
                self.deployments.remove(place);
            }
        }
        self.callers.remove(&id)
    }
}

/// Tells callers what has become of their wait. Who is gone drops what it was told, and so gives a place back.
fn tell(woken: Woken) {
    for (caller, turn) in woken {
        match caller {
            Some(caller) => drop(caller.send(turn)),
            None => drop(turn),
        }
    }
}

/// How soon places become free, from how long calls took of late.
struct Pace {
    /// Places a second; 0 when nothing is known.
    per_second: f64,
}

impl Pace {
    fn of(deployments: &[(Arc<Deployment>, u32)]) -> Self {
        let mut per_second = 0.0;
        for (deployment, most) in deployments {
            let Some(took_us) = deployment.stay_us() else { return Self { per_second: 0.0 } };
            per_second += f64::from(*most) * 1e6 / divisor(took_us);
        }
        Self { per_second }
    }

    /// Microseconds until so many places have become free.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate of a time; what is too large becomes the largest"
    )]
    fn us(&self, places: usize) -> Option<u64> {
        (self.per_second > 0.0).then(|| (places as f64 * 1e6 / self.per_second) as u64)
    }

    fn seconds(&self, places: usize) -> u32 {
        let seconds = self.us(places).map_or(1, |us| us.div_ceil(1_000_000));
        u32::try_from(seconds.clamp(1, MAX_RETRY_AFTER_SECONDS)).unwrap_or(1)
    }
}

/// A time as a divisor.
#[expect(clippy::cast_precision_loss, reason = "an estimate of a time")]
fn divisor(us: u64) -> f64 {
    us.max(1) as f64
}

/// A call that waits. Dropped, it waits no longer, and gives back what it was given.
#[derive(Debug)]
pub(crate) struct Waiting {
    room: Arc<WaitingRoom>,
    id: Id,
    turn: oneshot::Receiver<Turn>,
}

impl Waiting {
    /// Waits for what comes.
    pub(crate) async fn turn(&mut self) -> Turn {
        // Nobody is forgotten: whoever is taken out of the hall is told.
        (&mut self.turn).await.unwrap_or(Turn::GiveWay)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.room.leave(self.id);
    }
}

#[cfg(test)]
mod tests;

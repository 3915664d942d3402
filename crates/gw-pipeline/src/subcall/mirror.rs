//! Copies of requests for another model, to see how it would do. A copy is sampled, paid for like any call, read to its
//! end and thrown away. The request never waits for it, and its caller never learns of it.

use super::{drain, open};
use crate::lineup::Lineup;
use crate::reserve::Funded;
use crate::run::{fund, run_sub_call};
use gw_model::subcalls::Mirror;
use gw_model::{Call, Earlier, Endpoint, SubCallRole};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where a model's requests are copied to. Made once per configuration.
pub(crate) struct Mirroring {
    lineup: Arc<Lineup>,
    percent: u64,
    max_in_flight: u32,
    in_flight: AtomicU32,
}

impl Mirroring {
    pub(crate) const fn new(mirror: &Mirror, lineup: Arc<Lineup>) -> Self {
        Self {
            lineup,
            percent: mirror.percent as u64,
            max_in_flight: mirror.max_in_flight,
            in_flight: AtomicU32::new(0),
        }
    }

    /// A place for one more copy.
    fn enter(self: &Arc<Self>) -> Option<InFlight> {
        // Taken before it is looked at, so that two workers can not both take the last.
        let place = InFlight(Arc::clone(self));
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        (before < self.max_in_flight).then_some(place)
    }
}

/// A copy under way.
struct InFlight(Arc<Mirroring>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sends a copy of the call, if it is to have one.
pub(crate) fn mirror(funded: &mut Funded) {
    let Some(mirror) = funded.model.mirror().map(Arc::clone) else { return };
    let draw = funded.ticket.worker().random_u64() % 100;
    if draw >= mirror.percent || !can_be_copied(&funded.call) {
        return;
    }
    if let Err(reason) = send(funded, &mirror) {
        let metrics = &funded.ticket.worker().gateway().metrics;
        metrics.note_skipped_mirror(&funded.model.name, reason);
    }
}

/// Conversations, vectors and rankings; not what goes on from what only one provider has.
fn can_be_copied(call: &Call) -> bool {
    let is_text = matches!(
        call.format.endpoint(),
        Endpoint::Chat | Endpoint::Completions | Endpoint::Embeddings | Endpoint::Rerank
    );
    let is_bound = matches!(call.facts.earlier.as_deref(), Some(Earlier::AtProvider(_)));
    is_text && call.raw.is_none() && call.format.counts().is_none() && !is_bound
}

/// Errors: why there is no copy.
#[expect(clippy::disallowed_methods, reason = "the worker's own task set, which ends with it")]
fn send(funded: &mut Funded, mirror: &Arc<Mirroring>) -> Result<(), &'static str> {
    let place = mirror.enter().ok_or("full")?;
    let call = funded.call.clone();
    let screened =
        open(&mut funded.ticket, SubCallRole::Mirror, &funded.live, call, &mirror.lineup).ok_or("refused")?;
    let limit = funded.live.snapshot.settings.max_translated_bytes;
    let (worker, name) = (Rc::clone(funded.ticket.worker()), Arc::clone(&funded.model.name));
    tokio::task::spawn_local(async move {
        let _place = place;
        let copy = match fund(screened).await {
            Ok(copy) => copy,
            Err(rejected) => {
                rejected.ticket.refused(rejected.refusal.code);
                worker.gateway().metrics.note_skipped_mirror(&name, "unaffordable");
                return;
            }
        };
        match run_sub_call(copy).await {
            Ok(reply) => drop(drain(reply.into_body(), limit, drop).await),
            Err(rejected) => rejected.ticket.refused(rejected.refusal.code),
        }
    });
    Ok(())
}

//! All answers that are on their way: who asks for one that is fetched already joins in. Serves the cache stage. Shared by
//! all workers, which meet here for as long as it takes to look a key up.

use super::flight::{Bounds, Flight, Passenger};
use ahash::AHashMap;
use gw_store::answers::AnswerKey;
use parking_lot::Mutex;
use prometheus_client::metrics::gauge::Gauge;
use std::sync::Arc;

/// A power of two.
const SHARDS: usize = 16;

/// See the module. There are never more than there are calls in flight.
pub(super) struct Flights {
    /// Callers that wait for an answer or are getting it.
    pub(super) passengers: Gauge,
    shards: [Mutex<AHashMap<AnswerKey, Arc<Flight>>>; SHARDS],
}

/// What a call does about an answer that is not there.
pub(super) enum Part<T> {
    /// Wait for another call that fetches it.
    Join(Passenger),
    /// Fetch it; others may join.
    Lead(Arc<Flight>),
    /// It has come in the meantime.
    There(T),
}

impl Flights {
    pub(super) fn new(passengers: Gauge) -> Self {
        Self { passengers, shards: Default::default() }
    }

    fn shard(&self, key: &AnswerKey) -> &Mutex<AHashMap<AnswerKey, Arc<Flight>>> {
        &self.shards[usize::from(key.0[30]) % SHARDS]
    }

    /// Does somebody fetch that answer?
    pub(super) fn has(&self, key: &AnswerKey) -> bool {
        self.shard(key).lock().contains_key(key)
    }

    /// `look` is asked again where nobody fetches the answer: whoever did may just have brought it.
    pub(super) fn join_or_lead<T>(
        &self,
        key: AnswerKey,
        bounds: Bounds,
        look: impl FnOnce() -> Option<T>,
    ) -> Part<T> {
        let mut flights = self.shard(&key).lock();
        if let Some(passenger) = flights.get(&key).and_then(|flight| flight.board()) {
            return Part::Join(passenger);
        }
        if let Some(found) = look() {
            return Part::There(found);
        }
        let flight = Flight::new(bounds, self.passengers.clone());
        flights.insert(key, Arc::clone(&flight));
        Part::Lead(flight)
    }

    /// A flight that nobody else joins, unless there is none.
    pub(super) fn lead(&self, key: AnswerKey, bounds: Bounds) -> (Arc<Flight>, bool) {
        let mut flights = self.shard(&key).lock();
        let flight = Flight::new(bounds, self.passengers.clone());
        let is_first = !flights.contains_key(&key);
        if is_first {
            flights.insert(key, Arc::clone(&flight));
        }
        (flight, is_first)
    }

    /// Nobody joins any of those that there are.
    pub(super) fn close_doors(&self) {
        self.shards.iter().for_each(|shard| shard.lock().clear());
    }

    /// Nobody joins it any more.
    pub(super) fn remove(&self, key: &AnswerKey, flight: &Arc<Flight>) {
        let mut flights = self.shard(key).lock();
        if flights.get(key).is_some_and(|known| Arc::ptr_eq(known, flight)) {
            flights.remove(key);
        }
    }
}

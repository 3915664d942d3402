//! A circuit breaker's memory: what came of the latest requests, and how often it opened. Pure: time is given. It must
//! not know why a request failed; who calls has decided whose fault it was.

use gw_model::Micros;
use gw_model::routing::HealthPolicy;

/// Parts of the window.
const BUCKETS: usize = 10;

/// How long after a recovery the next failure counts as a new trouble, in microseconds.
const FORGET_US: Micros = 60_000_000;

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// Which part of time, counted from the epoch.
    slot: i64,
    good: u32,
    bad: u32,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Breaker {
    buckets: [Bucket; BUCKETS],
    /// Failures since the latest success.
    consecutive: u32,
    /// How often it opened without a good time between.
    trips: u32,
    /// When it closed the last time; never, while it is open.
    closed_at: Micros,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { buckets: Default::default(), consecutive: 0, trips: 0, closed_at: Micros::MAX }
    }
}

impl Breaker {
    /// Counts a request that went well.
    pub(crate) fn good(&mut self, policy: &HealthPolicy, now: Micros) {
        self.consecutive = 0;
        let bucket = self.bucket(policy, now);
        bucket.good = bucket.good.saturating_add(1);
    }

    /// Counts a failure. True when the deployment is to be taken out.
    pub(crate) fn bad(&mut self, policy: &HealthPolicy, now: Micros) -> bool {
        self.consecutive = self.consecutive.saturating_add(1);
        let bucket = self.bucket(policy, now);
        bucket.bad = bucket.bad.saturating_add(1);
        if policy.consecutive_failures > 0 && self.consecutive >= policy.consecutive_failures {
            return true;
        }
        let (good, bad) = self.counts(policy, now);
        let all = good + bad;
        policy.failure_rate_permille > 0
            && all >= u64::from(policy.min_requests)
            && bad * 1000 >= all * u64::from(policy.failure_rate_permille)
    }

    /// How long it is to stay out, in milliseconds; longer each time. `jitter` spreads gateways that saw the same.
    pub(crate) fn open(&mut self, policy: &HealthPolicy, now: Micros, jitter: u64) -> u64 {
        if now.saturating_sub(self.closed_at) > FORGET_US {
            self.trips = 0;
        }
        self.closed_at = Micros::MAX;
        let out = policy.open_ms.saturating_mul(1 << self.trips.min(20)).min(policy.max_open_ms);
        self.trips = self.trips.saturating_add(1);
        out.saturating_add(jitter % (out / 10 + 1))
    }

    /// Longest time that [`Self::open`] gives.
    pub(super) fn longest_ms(policy: &HealthPolicy) -> u64 {
        policy.max_open_ms.saturating_add(policy.max_open_ms / 10)
    }

    /// A probe went well: what was before says nothing any more.
    pub(crate) fn close(&mut self, now: Micros) {
        self.buckets = Default::default();
        self.consecutive = 0;
        self.closed_at = now;
    }

    /// Good and failed requests of the window.
    pub(super) fn counts(&self, policy: &HealthPolicy, now: Micros) -> (u64, u64) {
        let oldest = slot(policy, now) - BUCKETS as i64;
        let within = self.buckets.iter().filter(|bucket| bucket.slot > oldest);
        within.fold((0, 0), |(good, bad), b| (good + u64::from(b.good), bad + u64::from(b.bad)))
    }

    fn bucket(&mut self, policy: &HealthPolicy, now: Micros) -> &mut Bucket {
        let slot = slot(policy, now);
        let index = usize::try_from(slot.rem_euclid(BUCKETS as i64)).unwrap_or(0) % BUCKETS;
        let bucket = &mut self.buckets[index];
        if bucket.slot != slot {
            *bucket = Bucket { slot, good: 0, bad: 0 };
        }
        bucket
    }
}

fn slot(policy: &HealthPolicy, now: Micros) -> i64 {
    let length = i64::try_from(policy.window_ms.max(BUCKETS as u64) * 1000 / BUCKETS as u64);
    now.div_euclid(length.unwrap_or(1_000_000).max(1))
}

//! One deployment: a model at a provider, with everything that is known of how it fares. Shared by all aliases that
//! lead to it, all workers and all configurations that have it. Reading takes no lock but where capacity is stated. It
//! has places where a target states how many calls it takes; what waits for one stands in `waiting`.

use super::board::{Change, Notices};
use super::breaker::Breaker;
use super::fingerprint::Fingerprint;
use super::history::{History, Recent};
use super::latency::Latency;
use super::tail::Tail;
use super::traffic::{Said, Traffic};
use crate::waiting::WaitingRoom;
use gw_model::Micros;
use gw_model::routing::{Capacity, HealthPolicy};
use gw_providers::Headroom;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Longest time that one probe keeps others from probing, in microseconds.
const PROBE_LEASE_US: Micros = 30_000_000;

/// Least share of its traffic that a deployment gets back at once, in thousandths.
const WARM_FROM_PERMILLE: i64 = 100;

/// Where among its answers one must stand to count that another outpaced, in thousandths: whoever was asked second had
/// little time.
const OUTPACED_FROM_PERMILLE: u32 = 900;
/// What part of the average a call's stay makes is one in so many.
const STAY_WEIGHT: u64 = 8;

/// Which deployment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) provider: Arc<str>,
    pub(crate) base_url: Arc<str>,
    pub(crate) model: Arc<str>,
    pub(crate) credential: Option<Arc<str>>,
}

/// How a deployment may be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing is known against it.
    Fit,
    /// It came back a while ago and takes this share of its traffic, in thousandths.
    Warming(u32),
    /// It was taken out, and the time has come to try it with one request.
    Due,
    /// It has no capacity left.
    Full,
    /// It is much worse than its peers, and goes behind them.
    Ejected,
    /// It is taken for down.
    Tripped,
    /// Its provider asked for a pause.
    Parked {
        /// Until then, microseconds since the epoch.
        until: Micros,
    },
}

/// The share of its traffic that a deployment takes which came back at `from`, in thousandths; `None` is all of it.
pub(super) fn ramp_permille(from: Micros, policy: &HealthPolicy, now: Micros) -> Option<u32> {
    let ramp = i64::try_from(policy.slow_start_ms.saturating_mul(1000)).unwrap_or(i64::MAX);
    let since = now - from;
    if since >= ramp {
        return None;
    }
    let share = WARM_FROM_PERMILLE + (1000 - WARM_FROM_PERMILLE) * since.max(0) / ramp.max(1);
    u32::try_from(share).ok()
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) id: Identity,
    fingerprint: Fingerprint,
    in_flight: AtomicU32,
    /// Calls that wait for a place here.
    waiting: AtomicU32,
    room: Arc<WaitingRoom>,
    /// How long calls have been here of late, in microseconds; 0 when that is not known.
    stay_us: AtomicU64,
    parked_until: AtomicI64,
    /// Until when it is taken for down; 0 when it is not.
    tripped_until: AtomicI64,
    /// Until when a probe that is under way keeps others away.
    probe_until: AtomicI64,
    /// When it came back; 0 once that is long ago.
    warm_from: AtomicI64,
    latency: Latency,
    /// Where hedging asks for it.
    tails: OnceLock<Box<Tails>>,
    /// It is compared with others.
    has_history: AtomicBool,
    /// Which key it was last configured with.
    account: AtomicU64,
    trips: AtomicU64,
    pauses: AtomicU64,
    /// Health checks that failed in a row.
    failed_checks: AtomicU32,
    counted: Mutex<Counted>,
    notices: Arc<Notices>,
}

/// Distributions of times to first byte: a stream's token comes sooner than a whole answer.
#[derive(Debug, Default)]
struct Tails {
    streams: Tail,
    whole: Tail,
}

impl Tails {
    const fn of(&self, is_stream: bool) -> &Tail {
        if is_stream { &self.streams } else { &self.whole }
    }
}

#[derive(Debug, Default)]
struct Counted {
    breaker: Breaker,
    traffic: Traffic,
    /// Where it is compared with others.
    history: Option<Box<History>>,
}

impl Deployment {
    pub(super) fn new(
        id: Identity,
        fingerprint: Fingerprint,
        notices: Arc<Notices>,
        room: Arc<WaitingRoom>,
    ) -> Self {
        Self {
            id,
            fingerprint,
            in_flight: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            room,
            stay_us: AtomicU64::new(0),
            parked_until: AtomicI64::new(0),
            tripped_until: AtomicI64::new(0),
            probe_until: AtomicI64::new(0),
            warm_from: AtomicI64::new(0),
            latency: Latency::default(),
            tails: OnceLock::new(),
            has_history: AtomicBool::new(false),
            account: AtomicU64::new(0),
            trips: AtomicU64::new(0),
            pauses: AtomicU64::new(0),
            failed_checks: AtomicU32::new(0),
            counted: Mutex::default(),
            notices,
        }
    }

    /// How it may be used now. `tokens` are what a request would add to its traffic.
    pub(crate) fn standing(
        &self,
        policy: &HealthPolicy,
        capacity: Option<&Capacity>,
        tokens: u64,
        now: Micros,
    ) -> Standing {
        let until = self.parked_until.load(Ordering::Relaxed);
        if now < until {
            return Standing::Parked { until };
        }
        let tripped = self.tripped_until.load(Ordering::Relaxed);
        if tripped != 0 {
            let is_due = now >= tripped && now >= self.probe_until.load(Ordering::Relaxed);
            return if is_due { Standing::Due } else { Standing::Tripped };
        }
        if let Some(capacity) = capacity
            && self.is_full(capacity, tokens, now)
        {
            return Standing::Full;
        }
        self.warming(policy, now).map_or(Standing::Fit, Standing::Warming)
    }

    fn warming(&self, policy: &HealthPolicy, now: Micros) -> Option<u32> {
        let from = self.warm_from.load(Ordering::Relaxed);
        if from == 0 {
            return None;
        }
        let share = ramp_permille(from, policy, now);
        if share.is_none() {
            self.warm_from.store(0, Ordering::Relaxed);
        }
        share
    }

    fn is_full(&self, capacity: &Capacity, tokens: u64, now: Micros) -> bool {
        let is_busy = capacity.max_parallel.is_some_and(|most| self.in_flight() >= most);
        is_busy || self.counted.lock().traffic.headroom(Some(capacity), tokens, now) == 0
    }

    /// What is left of its capacity, in thousandths.
    pub(crate) fn headroom(&self, capacity: Option<&Capacity>, tokens: u64, now: Micros) -> u32 {
        self.counted.lock().traffic.headroom(capacity, tokens, now)
    }

    /// Requests that are at the deployment now.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Expected time to first byte in microseconds; 0 when nothing is known.
    pub(crate) fn latency_us(&self, now: Micros) -> u64 {
        self.latency.now(now)
    }

    /// From now on keeps how its times to first byte are distributed.
    pub(crate) fn keep_tails(&self) {
        self.tails.get_or_init(Box::default);
    }

    /// From now on keeps what came of its latest requests.
    pub(super) fn keep_history(&self) {
        self.counted.lock().history.get_or_insert_default();
        self.has_history.store(true, Ordering::Relaxed);
    }

    /// What came of the requests of that window, and of none before `since`.
    pub(super) fn recent(&self, window_ms: u64, since: Micros, now: Micros) -> Recent {
        let counted = self.counted.lock();
        counted.history.as_ref().map(|history| history.recent(window_ms, since, now)).unwrap_or_default()
    }

    fn note_time(&self, took_us: u64, now: Micros) {
        // Most are not compared, and need no lock for this.
        if self.has_history.load(Ordering::Relaxed)
            && let Some(history) = &mut self.counted.lock().history
        {
            history.began(took_us, now);
        }
    }

    /// What so many of a thousand of its streams, or whole answers, took at most to begin, in microseconds; `None` when
    /// too little is known, or it was not kept.
    pub(crate) fn tail_us(&self, is_stream: bool, permille: u32) -> Option<u64> {
        self.tails.get()?.of(is_stream).at(permille)
    }

    /// Since when it is back, while its traffic grows; 0 at other times.
    pub(super) fn back_since(&self) -> Micros {
        self.warm_from.load(Ordering::Relaxed)
    }

    /// Until when its provider wants to be left alone; 0 or past when it does not.
    pub(crate) fn parked_until(&self) -> Micros {
        self.parked_until.load(Ordering::Relaxed)
    }

    /// Until when it is taken for down; 0 when it is not.
    pub(super) fn tripped_until(&self) -> Micros {
        self.tripped_until.load(Ordering::Relaxed)
    }

    /// How often it was taken for down.
    pub(super) fn trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    /// How often its provider asked for a pause.
    pub(super) fn pauses(&self) -> u64 {
        self.pauses.load(Ordering::Relaxed)
    }

    /// Good and failed requests of the breaker's window.
    pub(super) fn counts(&self, policy: &HealthPolicy, now: Micros) -> (u64, u64) {
        self.counted.lock().breaker.counts(policy, now)
    }

    /// Leaves it alone for that long, from now.
    pub(crate) fn park(&self, ms: u64, policy: &HealthPolicy, now: Micros) {
        let ms = i64::try_from(ms.min(policy.max_park_ms)).unwrap_or(i64::MAX);
        let until = now.saturating_add(ms.saturating_mul(1000));
        if self.parked_until.fetch_max(until, Ordering::Relaxed) < until {
            self.pauses.fetch_add(1, Ordering::Relaxed);
            self.notices.tell(&self.id, self.fingerprint, Change::Parked { until });
        }
    }

    /// Another key may be good where the one before was not.
    pub(super) fn meet(&self, account: u64) {
        let before = self.account.swap(account, Ordering::Relaxed);
        if before != account && before != 0 {
            self.tripped_until.store(0, Ordering::Relaxed);
            self.parked_until.store(0, Ordering::Relaxed);
        }
    }

    /// Lets others go first for that long, without a word on how it fares. Other gateways are not told: what was
    /// refused is this one's own.
    pub(crate) fn take_out(&self, ms: u64, now: Micros) {
        let until = now.saturating_add(i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX));
        self.tripped_until.store(until, Ordering::Relaxed);
        self.probe_until.store(0, Ordering::Relaxed);
        self.trips.fetch_add(1, Ordering::Relaxed);
        Notices::note(&self.id, Change::Tripped { until });
    }

    /// It is up, whatever it said.
    pub(super) fn is_back(&self, now: Micros) {
        if self.tripped_until.load(Ordering::Relaxed) != 0 && self.reopen(now) {
            self.notices.tell(&self.id, self.fingerprint, Change::Closed);
        }
    }

    /// Another gateway saw a change. It may be wrong about the time, or mean harm: no time is longer than a park or a
    /// trip of our own.
    pub(super) fn hear(&self, change: Change, policy: &HealthPolicy, now: Micros) {
        let within = |until: Micros, ms: u64| {
            until.min(now.saturating_add(i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX)))
        };
        match change {
            Change::Parked { until } => {
                self.parked_until.fetch_max(within(until, policy.max_park_ms), Ordering::Relaxed);
            }
            Change::Tripped { until } => {
                let longest = Breaker::longest_ms(policy);
                self.tripped_until.fetch_max(within(until, longest), Ordering::Relaxed);
            }
            Change::Closed => {
                self.reopen(now);
            }
        }
    }

    fn reopen(&self, now: Micros) -> bool {
        if self.tripped_until.swap(0, Ordering::Relaxed) == 0 {
            return false;
        }
        self.warm_from.store(now, Ordering::Relaxed);
        self.probe_until.store(0, Ordering::Relaxed);
        self.failed_checks.store(0, Ordering::Relaxed);
        self.counted.lock().breaker.close(now);
        true
    }

    /// Is it taken for down, and no time to try it?
    pub(super) fn is_closed(&self, now: Micros) -> bool {
        let tripped = self.tripped_until.load(Ordering::Relaxed);
        tripped != 0 && (now < tripped || now < self.probe_until.load(Ordering::Relaxed))
    }

    /// Comes in, with a place: `None` when it is taken for down and somebody else is trying it, or nobody is to; else
    /// whether this is the one to try it.
    pub(super) fn enter(&self, tokens: u64, is_forced: bool, now: Micros) -> Option<bool> {
        let is_probe = self.tripped_until.load(Ordering::Relaxed) != 0;
        if is_probe && !self.take_probe(now) && !is_forced {
            return None;
        }
        self.counted.lock().traffic.add(1, tokens, now);
        Some(is_probe)
    }

    /// Takes a place, of `most`. False: there is none, or others wait for it.
    pub(super) fn take_place(&self, most: Option<u32>) -> bool {
        let Some(most) = most else {
            self.in_flight.fetch_add(1, Ordering::SeqCst);
            return true;
        };
        self.waiting.load(Ordering::SeqCst) == 0 && self.take_place_of(most)
    }

    /// Takes a place, of `most`, whoever waits.
    pub(super) fn take_place_of(&self, most: u32) -> bool {
        let more = |count: u32| (count < most).then_some(count + 1);
        self.in_flight.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }

    /// Gives a place back. Who waits notes that before looking for places once more, and here it is the other way
    /// round: so one of the two sees the other.
    pub(super) fn give_back_place(&self) {
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.room.freed(self);
        }
    }

    /// One more waits for a place here, or one fewer; how many do then.
    pub(crate) fn note_waiting(&self, is_more: bool) -> u32 {
        match is_more {
            true => self.waiting.fetch_add(1, Ordering::SeqCst) + 1,
            false => self.waiting.fetch_sub(1, Ordering::SeqCst) - 1,
        }
    }

    /// Where calls wait for a place.
    pub(crate) const fn room(&self) -> &Arc<WaitingRoom> {
        &self.room
    }

    pub(crate) const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// A call was here for so long.
    pub(super) fn note_stay(&self, us: u64) {
        let before = self.stay_us.load(Ordering::Relaxed);
        let new = if before == 0 { us } else { before - before / STAY_WEIGHT + us / STAY_WEIGHT };
        self.stay_us.store(new.max(1), Ordering::Relaxed);
    }

    /// How long calls are here at present, in microseconds; `None` when that is not known.
    pub(crate) fn stay_us(&self) -> Option<u64> {
        Some(self.stay_us.load(Ordering::Relaxed)).filter(|us| *us > 0)
    }

    fn take_probe(&self, now: Micros) -> bool {
        if now < self.tripped_until.load(Ordering::Relaxed) {
            return false;
        }
        let lease = self.probe_until.load(Ordering::Relaxed);
        now >= lease
            && self
                .probe_until
                .compare_exchange(lease, now + PROBE_LEASE_US, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// A probe came to nothing.
    pub(super) fn give_up_probe(&self) {
        self.probe_until.store(0, Ordering::Relaxed);
    }

    /// An answer began.
    pub(super) fn answered(&self, is_stream: bool, took_us: u64, now: Micros) {
        self.latency.observe(took_us, now);
        if let Some(tails) = self.tails.get() {
            tails.of(is_stream).observe(took_us, now);
        }
        self.note_time(took_us, now);
        self.is_back(now);
    }

    /// Another one answered first: it would have taken at least that long. Only what makes it slower than it is taken for
    /// says anything.
    pub(super) fn outpaced(&self, is_stream: bool, after_us: u64, now: Micros) {
        if after_us > self.latency.now(now) {
            self.latency.observe(after_us, now);
            self.note_time(after_us, now);
        }
        if let Some(tail) = self.tails.get().map(|tails| tails.of(is_stream))
            && tail.at(OUTPACED_FROM_PERMILLE).is_some_and(|us| after_us >= us)
        {
            tail.observe(after_us, now);
        }
    }

    /// A request ended well; it used so many tokens more than was expected.
    pub(super) fn good(&self, more_tokens: u64, policy: &HealthPolicy, now: Micros) {
        let mut counted = self.counted.lock();
        counted.breaker.good(policy, now);
        if let Some(history) = &mut counted.history {
            history.ended(true, now);
        }
        if more_tokens > 0 {
            counted.traffic.add(0, more_tokens, now);
        }
    }

    /// A request failed, and the deployment is to blame.
    pub(super) fn bad(&self, policy: &HealthPolicy, now: Micros, jitter: u64) {
        let out_ms = {
            let mut counted = self.counted.lock();
            if let Some(history) = &mut counted.history {
                history.ended(false, now);
            }
            let is_out = self.tripped_until.load(Ordering::Relaxed);
            // A failed probe keeps it out; failures of requests that were under way before say nothing new.
            let trips = counted.breaker.bad(policy, now) || (is_out != 0 && now >= is_out);
            (trips && (is_out == 0 || now >= is_out)).then(|| counted.breaker.open(policy, now, jitter))
        };
        if let Some(out_ms) = out_ms {
            self.trip(out_ms, now);
        }
    }

    fn trip(&self, out_ms: u64, now: Micros) {
        let until = now.saturating_add(i64::try_from(out_ms.saturating_mul(1000)).unwrap_or(i64::MAX));
        self.tripped_until.store(until, Ordering::Relaxed);
        self.probe_until.store(0, Ordering::Relaxed);
        self.trips.fetch_add(1, Ordering::Relaxed);
        self.notices.tell(&self.id, self.fingerprint, Change::Tripped { until });
    }

    /// A health check found its provider up: the next request may try it.
    pub(super) fn seen_up(&self, now: Micros) {
        self.failed_checks.store(0, Ordering::Relaxed);
        let until = self.tripped_until.load(Ordering::Relaxed);
        // It may have tripped again meanwhile.
        let set = |new| self.tripped_until.compare_exchange(until, new, Ordering::Relaxed, Ordering::Relaxed);
        if until > now && set(now).is_ok() {
            self.probe_until.store(0, Ordering::Relaxed);
        }
    }

    /// A health check found its provider down. What is out stays out, so that no request need try it; what is not is
    /// taken out after as many checks in a row as requests, where they count.
    pub(super) fn seen_down(&self, counts: bool, policy: &HealthPolicy, now: Micros, jitter: u64) {
        let failed = self.failed_checks.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let most = policy.consecutive_failures;
        let trips = match self.tripped_until.load(Ordering::Relaxed) {
            0 => counts && most > 0 && failed >= most,
            until => now >= until,
        };
        if trips {
            let out_ms = self.counted.lock().breaker.open(policy, now, jitter);
            self.trip(out_ms, now);
        }
    }

    /// What its provider said last of its own limits, and requests and tokens of the last minute.
    pub(super) fn seen(&self, now: Micros) -> (Option<Said>, u64, u64) {
        self.counted.lock().traffic.seen(now)
    }

    /// Calls that wait for a place here.
    pub(super) fn waiting(&self) -> u32 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// What the provider says of its limits.
    pub(crate) fn state(&self, headroom: &Headroom, now: Micros) {
        self.counted.lock().traffic.state(headroom, now);
    }
}

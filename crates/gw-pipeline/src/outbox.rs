//! Requests that have ended, on their way to whoever tells a collector of them. Workers put them in, one thread takes them out. It is
//! bounded, and nobody waits for it: what does not fit is dropped and counted. It must not know what becomes of them.

use crate::metrics::TelemetryMetrics;
use gw_model::telemetry::Signal;
use gw_model::trace::{Brought, ContentPlace, ContentRoom, TracePolicy};
use gw_model::{Ended, Outcome, Record, Telemetry, Trace};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// So many waiting requests wake whoever takes them out.
const WAKE_AT: usize = 256;

/// Something is told.
const ANY: u64 = 1;
/// Traces are.
const TRACES: u64 = 1 << 1;
/// Metrics are: of every request.
const METRICS: u64 = 1 << 2;
/// Events are.
const LOGS: u64 = 1 << 3;
/// Also of requests that were answered well.
const ALL_LOGS: u64 = 1 << 4;
/// Failures are kept whatever was decided about their trace.
const ERRORS: u64 = 1 << 5;
const PARENT_BASED: u64 = 1 << 6;
const TO_PROVIDERS: u64 = 1 << 7;
const BAGGAGE: u64 = 1 << 8;
/// What was asked and said is told.
const CONTENT: u64 = 1 << 9;
/// Above these: the share of traces, and the bound of the queue.
const SHARE_AT: u32 = 16;
const BOUND_AT: u32 = 32;

/// See the module.
#[derive(Debug)]
pub struct Outbox {
    /// What is wanted: one number, so that one reading of it decides.
    wanted: AtomicU64,
    waiting: Mutex<Vec<Ended>>,
    arrived: Notify,
    content: ContentRoom,
    /// What is counted of telemetry.
    pub metrics: TelemetryMetrics,
}

impl Outbox {
    pub(crate) fn new(metrics: TelemetryMetrics, telemetry: Option<&Telemetry>) -> Self {
        let outbox = Self {
            wanted: AtomicU64::new(0),
            waiting: Mutex::default(),
            arrived: Notify::new(),
            content: ContentRoom::default(),
            metrics,
        };
        outbox.follow(telemetry);
        outbox
    }

    /// From now on, this is wanted.
    pub(crate) fn follow(&self, telemetry: Option<&Telemetry>) {
        self.wanted.store(telemetry.map_or(0, wanted), Ordering::Relaxed);
    }

    /// Is anything told of requests? Where not, nothing is noted of them.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) & ANY != 0
    }

    /// Is a caller's `baggage` passed on?
    #[must_use]
    pub fn passes_baggage(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) & BAGGAGE != 0
    }

    /// A place for what is asked and said in a call of that trace, where that is told.
    pub(crate) fn content_place(&self, trace: &Trace) -> Option<Arc<ContentPlace>> {
        let wanted = self.wanted.load(Ordering::Relaxed);
        let is_kept = trace.is_sampled || wanted & ERRORS != 0;
        (wanted & CONTENT != 0 && is_kept).then(|| self.content.place())
    }

    /// What is noted of a request that begins now; `random` is asked for ids.
    pub(crate) fn begin(
        &self,
        brought: Option<Brought>,
        random: impl FnOnce() -> (u128, u64),
    ) -> Option<Box<Trace>> {
        let wanted = self.wanted.load(Ordering::Relaxed);
        if wanted & ANY == 0 {
            return None;
        }
        let (id, span) = random();
        Some(Box::new(Trace::begin(brought.unwrap_or_default(), &policy(wanted), id, span)))
    }

    /// Does somebody want to hear of a request that ended so?
    pub(crate) fn wants(&self, record: &Record, trace: &Trace) -> bool {
        let wanted = self.wanted.load(Ordering::Relaxed);
        let has = |flag| wanted & flag != 0;
        has(METRICS)
            || (has(TRACES) && (trace.is_sampled || (has(ERRORS) && gw_model::trace::is_failure(record))))
            || (has(LOGS) && (has(ALL_LOGS) || record.outcome != Outcome::Success))
    }

    /// Puts a request in, or drops it.
    pub(crate) fn put(&self, ended: Ended) {
        let bound = (self.wanted.load(Ordering::Relaxed) >> BOUND_AT) as usize;
        let mut waiting = self.waiting.lock();
        if waiting.len() >= bound {
            drop(waiting);
            self.metrics.note_overflow(self.is_wanted());
            return;
        }
        waiting.push(ended);
        let wakes = waiting.len() == WAKE_AT;
        drop(waiting);
        if wakes {
            self.arrived.notify_one();
        }
    }

    fn is_wanted(&self) -> impl Iterator<Item = Signal> {
        let wanted = self.wanted.load(Ordering::Relaxed);
        let list = [(TRACES, Signal::Traces), (METRICS, Signal::Metrics), (LOGS, Signal::Logs)];
        list.into_iter().filter(move |(flag, _)| wanted & flag != 0).map(|(_, signal)| signal)
    }

    /// Takes all out.
    pub fn take(&self) -> Vec<Ended> {
        std::mem::take(&mut *self.waiting.lock())
    }

    /// Waits until there are many.
    pub async fn filled(&self) {
        self.arrived.notified().await;
    }
}

/// All that the request path must know, in one number.
fn wanted(telemetry: &Telemetry) -> u64 {
    let flag = |is_set: bool, flag: u64| if is_set { flag } else { 0 };
    let traces = telemetry.traces.as_ref().map(|traces| traces.policy);
    let policy = traces.unwrap_or(TracePolicy::OFF);
    let bound = u64::try_from(telemetry.max_waiting).unwrap_or(u64::MAX).min(u64::from(u32::MAX));
    ANY | flag(traces.is_some(), TRACES)
        | flag(telemetry.metrics.is_some(), METRICS)
        | flag(telemetry.logs.is_some(), LOGS)
        | flag(telemetry.logs.as_ref().is_some_and(|logs| logs.all), ALL_LOGS)
        | flag(policy.errors, ERRORS)
        | flag(policy.parent_based, PARENT_BASED)
        | flag(policy.to_providers, TO_PROVIDERS)
        | flag(policy.baggage, BAGGAGE)
        | flag(telemetry.traces.as_ref().is_some_and(|traces| traces.content.is_some()), CONTENT)
        | u64::from(policy.sample_permille.min(1000)) << SHARE_AT
        | bound << BOUND_AT
}

fn policy(wanted: u64) -> TracePolicy {
    let has = |flag| wanted & flag != 0;
    TracePolicy {
        sample_permille: (wanted >> SHARE_AT & 0xFFFF) as u32,
        parent_based: has(PARENT_BASED),
        errors: has(ERRORS),
        to_providers: has(TO_PROVIDERS),
        baggage: has(BAGGAGE),
    }
}

#[cfg(test)]
mod tests;

//! Between authenticate and receive: has the gateway itself too much to do? New calls are refused before their bodies are
//! read, those that matter least first. It must not know of models: what waits for those is the queue's.

mod lag;

pub use lag::watch_lag;

use crate::authenticate::Authenticated;
use crate::inbound::{CallerContext, Inbound};
use crate::ticket::{Rejected, Ticket};
use gw_model::routing::SaturationPolicy;
use gw_model::{ErrorCode, Micros, Priority, Refusal};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// Seconds after which a refused caller may try again.
const RETRY_AFTER_SECONDS: u32 = 1;

/// Longest time that a caller may state, in milliseconds.
const MAX_TIMEOUT_MS: u64 = 86_400_000;

/// What the process has to do, and how much it may; shared by all workers.
#[derive(Debug, Default)]
pub(crate) struct Saturation {
    in_flight: AtomicU32,
    /// As the configuration in force has it, in atomics of its own: every call asks.
    max_in_flight: AtomicU32,
    shed_lag_us: AtomicI64,
}

impl Saturation {
    pub(crate) fn set(&self, policy: SaturationPolicy) {
        self.max_in_flight.store(policy.max_in_flight, Ordering::Relaxed);
        let lag_us = i64::try_from(policy.shed_lag_ms.saturating_mul(1000)).unwrap_or(Micros::MAX);
        self.shed_lag_us.store(lag_us, Ordering::Relaxed);
    }

    fn shed_lag_us(&self) -> Micros {
        self.shed_lag_us.load(Ordering::Relaxed)
    }

    /// Counts a call in. `Ok(None)`: they are not counted. Errors: the most that there may be.
    fn enter(self: &Arc<Self>, priority: Priority) -> Result<Option<InFlight>, u32> {
        let most = self.max_in_flight.load(Ordering::Relaxed);
        if most == 0 {
            return Ok(None);
        }
        let room = most - kept_for_others(most, priority);
        let more = |count: u32| (count < room).then_some(count + 1);
        let taken = self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.map(|_| Some(InFlight(Arc::clone(self)))).map_err(|_| most)
    }

    /// Is a worker that is so late too late for a call of that priority?
    fn is_too_late(&self, lag_us: Micros, priority: Priority) -> bool {
        let factor = match priority {
            Priority::Low => 1,
            Priority::Normal => 2,
            Priority::High => 4,
        };
        let limit = self.shed_lag_us();
        limit > 0 && lag_us > limit.saturating_mul(factor)
    }
}

/// The last tenth is not for calls of low priority, and the last twentieth for those of high priority only.
const fn kept_for_others(most: u32, priority: Priority) -> u32 {
    match priority {
        Priority::Low => most / 10,
        Priority::Normal => most / 20,
        Priority::High => 0,
    }
}

/// A call that is counted. Dropped, it is counted out.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Saturation>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A call that the gateway takes on. Made here only.
pub(crate) struct Accepted {
    pub(crate) ticket: Ticket,
    _proof: (),
}

/// Takes a call on, unless there is too much to do.
pub(crate) fn accept<B>(authenticated: Authenticated, inbound: &Inbound<B>) -> Result<Accepted, Rejected> {
    let Authenticated { mut ticket, .. } = authenticated;
    let refused = state(&mut ticket, &inbound.context).and_then(|()| enter(&mut ticket));
    match refused {
        Ok(()) => Ok(Accepted { ticket, _proof: () }),
        Err(refusal) => Err(ticket.reject(refusal)),
    }
}

fn enter(ticket: &mut Ticket) -> Result<(), Refusal> {
    let worker = ticket.worker();
    let saturation = &worker.gateway().saturation;
    let priority = ticket.priority;
    let (reason, text) = if saturation.is_too_late(worker.lag_us(), priority) {
        ("lag", "the gateway has more to do than it can, and refuses calls of this priority".to_owned())
    } else {
        match saturation.enter(priority) {
            Ok(in_flight) => {
                ticket.in_flight = in_flight;
                return Ok(());
            }
            Err(most) => (
                "max_in_flight",
                format!("the gateway has as many calls at the same time as it may ({most})"),
            ),
        }
    };
    worker.gateway().metrics.note_shed(reason, priority);
    ticket.record.error_detail = format!("overloaded: {reason}");
    let text = format!("{text}; try again in {RETRY_AFTER_SECONDS} s");
    Err(Refusal::new(ErrorCode::Overloaded, text).retry_after(RETRY_AFTER_SECONDS))
}

/// Notes how much the call matters and how long its caller waits. A caller may ask for less than its key has.
fn state(ticket: &mut Ticket, context: &CallerContext) -> Result<(), Refusal> {
    let asked = context.priority.as_deref().map(priority).transpose()?;
    let of_key = ticket.key().map(|key| key.policy.priority);
    ticket.priority = match (asked, of_key) {
        (Some(asked), Some(most)) => asked.min(most),
        // The master key may ask for anything.
        (asked, of_key) => asked.or(of_key).unwrap_or_default(),
    };
    ticket.timeout_ms = context.timeout_ms.as_deref().map(timeout_ms).transpose()?;
    Ok(())
}

fn priority(text: &str) -> Result<Priority, Refusal> {
    Priority::from_name(text).ok_or_else(|| {
        let text = "'x-gatewright-priority' must be low, normal or high";
        Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-priority")
    })
}

fn timeout_ms(text: &str) -> Result<u64, Refusal> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|ms| is_number && (1..=MAX_TIMEOUT_MS).contains(ms));
    number.ok_or_else(|| {
        let text = format!(
            "'x-gatewright-timeout-ms' must be a whole number of milliseconds from 1 to {MAX_TIMEOUT_MS}"
        );
        Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-timeout-ms")
    })
}

#[cfg(test)]
mod tests;

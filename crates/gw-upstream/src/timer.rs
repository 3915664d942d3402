//! A timer for tasks that are polled far more often than it fires: with every piece of every stream. It is asked
//! only when it has to be armed anew. It must not read the clock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// See the module.
#[derive(Debug, Default)]
pub struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    /// Whom it wakes as it stands.
    armed_for: Option<Waker>,
}

impl Timer {
    /// Has it been set? It stays so after it has fired.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.sleep.is_some()
    }

    /// Fires after `duration`.
    pub fn set(&mut self, duration: Duration) {
        self.armed_for = None;
        match &mut self.sleep {
            Some(standing) => standing.set(sleep(duration)),
            None => self.sleep = Some(Box::pin(sleep(duration))),
        }
    }

    /// Fires at `instant`.
    pub(crate) fn set_at(&mut self, instant: Instant) {
        self.armed_for = None;
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(instant),
            None => self.sleep = Some(Box::pin(sleep_until(instant))),
        }
    }

    /// When it fires; `None` when it was never set.
    pub(crate) fn instant(&self) -> Option<Instant> {
        self.sleep.as_ref().map(|sleep| sleep.deadline())
    }

    /// Ready once it has fired, until it is set again; never, when it was not set.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(sleep) = &mut self.sleep else { return Poll::Pending };
        let is_armed = self.armed_for.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        if is_armed && !sleep.is_elapsed() {
            return Poll::Pending;
        }
        // A task without budget gets no answer, and nothing is armed for it.
        let is_asked = has_budget_remaining();
        let answer = sleep.as_mut().poll(cx);
        self.armed_for = (answer.is_pending() && is_asked).then(|| cx.waker().clone());
        answer
    }
}

#[cfg(test)]
mod tests;

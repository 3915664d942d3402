//! A time limit that is cheap to move: one timer per connection, re-armed only when it fires or must fire
//! earlier than it would. This is the only place of the crate that reads the clock.

use crate::timer::Timer;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// The current time.
#[expect(clippy::disallowed_methods, reason = "the crate's one reading of the clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A movable time limit.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    at: Option<Instant>,
    /// May stand earlier than `at`; then it is moved when it fires.
    timer: Timer,
}

impl Deadline {
    /// Sets the limit to `limit` from now; `None` takes it away.
    pub(crate) fn set(&mut self, limit: Option<Duration>) {
        self.at = limit.and_then(|l| now().checked_add(l));
    }

    /// Takes the limit away. The timer stays where it is and at worst wakes the task once for nothing.
    pub(crate) fn clear(&mut self) {
        self.at = None;
    }

    /// A limit is set.
    pub(crate) const fn is_set(&self) -> bool {
        self.at.is_some()
    }

    /// Ready once the limit has passed.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        if self.timer.instant().is_none_or(|instant| instant > at) {
            self.timer.set_at(at);
        }
        loop {
            if self.timer.poll(cx).is_pending() {
                return Poll::Pending;
            }
            if self.timer.instant().is_none_or(|instant| instant >= at) {
                return Poll::Ready(());
            }
            self.timer.set_at(at);
        }
    }
}

//! The process's clock: wall time that never runs backwards. The only module that may read the system's
//! clocks.

use gw_model::{Clock, Micros};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Wall time derived from the monotonic clock and an offset. [`SystemClock::resync`] moves the offset
/// forward when the wall clock was stepped ahead; a clock stepped back is not followed, as windows and
/// ids must not repeat.
#[derive(Debug)]
pub struct SystemClock {
    base: Instant,
    offset_us: AtomicI64,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl SystemClock {
    /// A clock that agrees with the system's now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn new() -> Self {
        Self { base: Instant::now(), offset_us: AtomicI64::new(wall()) }
    }

    /// Follows the system's wall clock if it is ahead by more than 10 ms. Call it every minute or so.
    pub fn resync(&self) {
        let ahead = wall() - self.now();
        if ahead > 10_000 {
            self.offset_us.fetch_add(ahead, Ordering::Relaxed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn wall() -> Micros {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

fn micros(duration: Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX)
}

impl Clock for SystemClock {
    fn now(&self) -> Micros {
        self.offset_us.load(Ordering::Relaxed) + micros(self.base.elapsed())
    }
}

/// One reading of the clock for all that a worker does about a call without waiting: a dozen stages ask for the time, and
/// what they do takes microseconds. Whoever asks at other times reads the clock.
#[derive(Debug, Default)]
pub(crate) struct TurnClock {
    in_turn: Cell<bool>,
    read: Cell<Option<Micros>>,
}

impl TurnClock {
    /// The time: within a turn that of its first reading.
    pub(crate) fn now(&self, clock: &impl Clock) -> Micros {
        if let Some(read) = self.read.get() {
            return read;
        }
        let now = clock.now();
        self.read.set(self.in_turn.get().then_some(now));
        now
    }

    /// Does a turn's work. It must not wait.
    pub(crate) fn turn<T>(&self, work: impl FnOnce() -> T) -> T {
        let _over = TurnOver(self);
        self.in_turn.set(true);
        work()
    }
}

/// Ends a turn, whichever way it is left.
struct TurnOver<'a>(&'a TurnClock);

impl Drop for TurnOver<'_> {
    fn drop(&mut self) {
        self.0.in_turn.set(false);
        self.0.read.set(None);
    }
}

#[cfg(test)]
mod tests;

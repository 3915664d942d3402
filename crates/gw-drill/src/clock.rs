//! The time of a run, in microseconds since it began. The only place of the crate that reads the machine's clock.

use std::time::{Duration, Instant};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    begun: Instant,
}

impl Clock {
    /// Begins now.
    #[expect(clippy::disallowed_methods, reason = "a drill happens in the machine's time")]
    pub(crate) fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    /// Microseconds since the beginning.
    pub(crate) fn now_us(self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Waits until that moment; not at all when it is over.
    pub(crate) async fn until(self, moment_us: u64) {
        let left = moment_us.saturating_sub(self.now_us());
        if left > 0 {
            tokio::time::sleep(Duration::from_micros(left)).await;
        }
    }
}

//! When a deployment is taken for down, and how it comes back.

use crate::shape::{Whole, settings};

settings! {
    /// Circuit breakers of deployments, and pauses that providers ask for.
    pub struct HealthSettings {
        /// Failures in a row that take a deployment out. 0 turns that off.
        default(5) consecutive_failures: Whole<0, 10_000>,
        /// Share of failures within the window that takes it out, in percent. 0 turns that off.
        default(50) failure_rate_percent: Whole<0, 100>,
        /// Requests within the window below which the share says nothing.
        default(10) min_requests: Whole<1, 1_000_000>,
        /// Length of the window, in milliseconds.
        default(10_000) window_ms: Whole<1_000, 3_600_000>,
        /// How long it stays out the first time, in milliseconds; doubles each time that it fails again.
        default(1_000) open_ms: Whole<1, 3_600_000>,
        /// Longest time out, in milliseconds.
        default(10_000) max_open_ms: Whole<1, 86_400_000>,
        /// Over how long its traffic grows back, in milliseconds. 0 gives it all of it at once.
        default(10_000) slow_start_ms: Whole<0, 3_600_000>,
        /// Longest pause that is kept when a provider asks for one, in milliseconds.
        default(3_600_000) max_park_ms: Whole<0, 86_400_000>,
    }
}

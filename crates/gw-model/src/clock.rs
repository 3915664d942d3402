//! Time comes in through a trait, so that limits, budgets and expiry can be tested without waiting.

/// Microseconds since 1970-01-01 UTC.
pub type Micros = i64;

/// Wall-clock time. Implementations must not go backwards within a process.
pub trait Clock: Send + Sync {
    /// Now, in microseconds since the epoch.
    fn now(&self) -> Micros;
}

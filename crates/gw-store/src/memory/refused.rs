//! Why nothing was taken: a limit is reached, or a budget has not that much left. Plain data for the refusal
//! that a caller gets.

use super::rules::Holder;
use gw_model::NanoUsd;
use gw_model::limits::LimitUnit;

/// A limit is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitExceeded {
    /// Whose.
    pub holder: Holder,
    /// What it counts.
    pub unit: LimitUnit,
    /// The limit itself.
    pub max: u64,
    /// Its window in seconds; 0 for parallel calls.
    pub per_seconds: u32,
    /// Microseconds after which another try may succeed.
    pub retry_after_us: u64,
}

/// Why a hold was refused; nothing was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldRefused {
    /// A limit has not that much left.
    Limit(LimitExceeded),
    /// It is more than a limit lets through at once, so that no wait is long enough.
    TooLarge {
        /// Whose.
        holder: Holder,
        /// What it counts.
        unit: LimitUnit,
        /// Most that can be held at once.
        limit: u64,
        /// Its window in seconds.
        per_seconds: u32,
        /// What was asked for.
        needed: u64,
    },
    /// What is left cannot be asked now, and nothing may go out without.
    Unavailable,
    /// The larger hold could not be written to the journal.
    NotRecorded,
    /// The call itself may not cost so much, whatever is left.
    Cap {
        /// Most that it may cost.
        limit: NanoUsd,
        /// What it would come to.
        needed: NanoUsd,
    },
    /// A budget has not that much left.
    Budget {
        /// Whose.
        holder: Holder,
        /// Bound.
        limit: NanoUsd,
        /// Spent in the current window.
        spent: NanoUsd,
        /// Held by calls in flight.
        reserved: NanoUsd,
        /// What was asked for.
        needed: NanoUsd,
    },
}

//! What happens when there is more to do than can be done: calls wait for a model, or are refused by the gateway.

use crate::shape::{Whole, choices, settings};
use gw_model::Priority;
use gw_model::routing::{QueuePolicy, SaturationPolicy};

settings! {
    /// How calls wait while all targets are at their `max_parallel`.
    pub struct QueueSettings {
        /// Most calls that wait at the same time. 0 refuses at once.
        default(100) max_waiting: Whole<0, 10_000>,
        /// Longest wait of one call, in milliseconds.
        default(2_000) max_wait_ms: Whole<0, 600_000>,
    }
}

settings! {
    /// When the gateway itself has too much to do. Calls of low priority are refused first.
    pub struct SaturationSettings {
        /// Most calls that this process has at the same time; further ones are refused with 503. 0 turns that off.
        default(0) max_in_flight: Whole<0, 10_000_000>,
        /// How late a worker may come back to what is due before calls of low priority are refused, in milliseconds; at twice that those of normal priority are too, at four times all. 0 turns that off.
        default(0) shed_lag_ms: Whole<0, 60_000>,
    }
}

choices! {
    /// How much calls matter.
    pub enum PriorityName {
        /// Waits for all others.
        Low = "low",
        /// As everybody.
        Normal = "normal",
        /// Goes before all others.
        High = "high",
    }
}

impl From<PriorityName> for Priority {
    fn from(name: PriorityName) -> Self {
        match name {
            PriorityName::Low => Self::Low,
            PriorityName::Normal => Self::Normal,
            PriorityName::High => Self::High,
        }
    }
}

impl QueueSettings {
    /// For the request path.
    #[must_use]
    pub fn policy(&self) -> QueuePolicy {
        QueuePolicy { max_waiting: self.max_waiting.value.small(), max_wait_ms: self.max_wait_ms.value.get() }
    }
}

impl SaturationSettings {
    /// For the request path.
    #[must_use]
    pub fn policy(&self) -> SaturationPolicy {
        SaturationPolicy {
            max_in_flight: self.max_in_flight.value.small(),
            shed_lag_ms: self.shed_lag_ms.value.get(),
        }
    }
}

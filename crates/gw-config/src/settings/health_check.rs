//! Health checks of a provider.

use crate::shape::{Text, Whole, choices, settings};
use gw_model::routing::CheckWhen;

settings! {
    /// Asks a provider by itself whether it is there. Off unless given.
    pub struct HealthCheckSettings {
        /// `down`: only while one of its deployments is taken for down; `always`: also before, and failures take it out.
        default("down") when: CheckTime,
        /// Pause between two checks, in milliseconds; a tenth longer or shorter.
        default(5_000) interval_ms: Whole<250, 3_600_000>,
        /// Longest time for an answer, in milliseconds.
        default(2_000) timeout_ms: Whole<10, 60_000>,
        /// What is asked for by GET, below the base URL; the provider's list of models unless given.
        optional path: Text,
    }
}

choices! {
    /// When a provider is asked.
    pub enum CheckTime {
        /// While a deployment is taken for down.
        Down = "down",
        /// All the time.
        Always = "always",
    }
}

impl CheckTime {
    /// As the request path has it.
    #[must_use]
    pub const fn when(self) -> CheckWhen {
        match self {
            Self::Down => CheckWhen::Down,
            Self::Always => CheckWhen::Always,
        }
    }
}

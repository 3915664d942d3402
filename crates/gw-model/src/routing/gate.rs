//! What a dynamic route has besides groups: gates, which let so many requests pass, and ends. It must not count.

use crate::limits::{Period, Sharing};
use crate::money::NanoUsd;
use crate::refusal::{ErrorCode, Refusal};
use std::sync::Arc;

/// A limit on a member: a request above it is not asked of that member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Names the counter, with whom it counts for: the route and the node.
    pub counter: u64,
    /// Who has a counter of their own.
    pub by: GateBy,
    /// How much may pass.
    pub limit: GateLimit,
}

/// How much may pass a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateLimit {
    /// So much in any window of time.
    Rate {
        /// What is counted.
        unit: GateUnit,
        /// How many of them may pass within the window.
        max: u64,
        /// Length of the window in seconds.
        per_seconds: u32,
        /// How it holds where several gateways meet.
        sharing: Sharing,
    },
    /// What the requests cost that pass and are served behind the gate.
    Budget {
        /// So much money.
        limit: NanoUsd,
        /// In a calendar window.
        period: Period,
    },
}

/// Most gates with a budget of one route, and so of one request.
pub const MAX_BUDGET_GATES: usize = 8;

/// What a gate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateUnit {
    /// Requests.
    Requests,
    /// Estimated input tokens.
    Tokens,
}

/// Whose requests are counted together. Those that do not say who they are share one counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateBy {
    /// All of them.
    Route,
    /// Those of a virtual key.
    Key,
    /// Those of the end user that they name.
    User,
    /// Those of `x-gatewright-customer`.
    Customer,
    /// Those of `x-gatewright-session`.
    Session,
    /// Those of the key's team.
    Team,
}

/// Where a route ends without a model: the request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The node; empty when it is none of its own.
    pub node: Arc<str>,
    /// Decides the status.
    pub code: ErrorCode,
    /// For the caller.
    pub message: Arc<str>,
}

impl End {
    /// The refusal that a caller gets.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        Refusal::new(self.code, self.message.to_string())
    }
}

//! What a dynamic route has besides groups: gates, which let so many requests pass, and ends. It must not count.

use crate::refusal::{ErrorCode, Refusal};
use std::sync::Arc;

/// A limit on a member: a request above it is not asked of that member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Names the counter, with whom it counts for: the route and the node.
    pub counter: u64,
    /// What is counted.
    pub unit: GateUnit,
    /// How many of them may pass within the window.
    pub max: u64,
    /// Length of the window in seconds.
    pub per_seconds: u32,
    /// Who has a counter of their own.
    pub by: GateBy,
}

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

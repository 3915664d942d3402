//! What is left of limits, for response headers. Plain data.

/// What is left of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// The limit, per minute.
    pub limit: u64,
    /// What is left now.
    pub remaining: u64,
    /// Microseconds until all of it is free again, if nothing more is used.
    pub reset_us: u64,
}

impl LimitsView {
    /// Of each the lesser.
    pub(super) fn least(&self, other: &Self) -> Self {
        let least = |one: Option<Remaining>, other: Option<Remaining>| match (one, other) {
            (Some(one), Some(other)) if other.remaining < one.remaining => Some(other),
            (one, other) => one.or(other),
        };
        Self { requests: least(self.requests, other.requests), tokens: least(self.tokens, other.tokens) }
    }
}

/// What is left of a key's limits; `None` where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsView {
    /// Requests per minute.
    pub requests: Option<Remaining>,
    /// Tokens per minute.
    pub tokens: Option<Remaining>,
}

//! How a model's target is chosen: groups of members, which are targets or groups again. Serves the route stage; the
//! order itself is made there. It must not know the state of anything.

mod auto;
mod gate;
mod hash;
mod hedge;
mod outlier;
mod semantic;

pub use auto::{Auto, Task, TaskClass, Weights};
pub use gate::{End, Gate, GateBy, GateLimit, GateUnit, MAX_BUDGET_GATES};
pub use hash::{mixed, stable_hash};
pub use hedge::{Hedge, HedgeAfter};
pub use outlier::OutlierPolicy;
pub use semantic::{EmbedderName, MAX_UTTERANCES, OnSemanticError, Semantic};

use crate::policy::Condition;
use std::sync::Arc;

/// Members and the strategy that orders them. A model has one, and each member may be another.
#[derive(Clone, Debug)]
pub struct Group {
    /// Counts from 0 within its model, so that each group can keep a turn of its own.
    pub id: u16,
    /// How the members are ordered.
    pub strategy: Strategy,
    /// In the order of the configuration; never empty.
    pub members: Vec<Member>,
    /// `cumulative[i]` is the sum of the weights of members `0..=i`, for draws.
    cumulative: Vec<u64>,
    conditional: bool,
    /// Only the first member that may be asked is: the others do not follow when it fails.
    pub exclusive: bool,
    /// The node of a dynamic route that it stands for.
    pub node: Option<Arc<str>>,
}

impl Group {
    /// A group; its sums are made here.
    #[must_use]
    pub fn new(id: u16, strategy: Strategy, members: Vec<Member>) -> Self {
        let mut sum = 0u64;
        let cumulative = members
            .iter()
            .map(|member| {
                sum = sum.saturating_add(u64::from(member.weight));
                sum
            })
            .collect();
        let conditional = members.iter().any(|member| member.when.is_some());
        Self { id, strategy, members, cumulative, conditional, exclusive: false, node: None }
    }

    /// The targets `0..count`, tried in that order.
    #[must_use]
    pub fn in_order(count: usize) -> Self {
        let members = (0..count).map(|target| Member::target(target, 1)).collect();
        Self::new(0, Strategy::Fallback, members)
    }

    /// Sum of all weights.
    #[must_use]
    pub fn total_weight(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// Does any member have a condition?
    #[must_use]
    pub const fn is_conditional(&self) -> bool {
        self.conditional
    }

    /// Calls `see` with every condition of the group and of the groups within it.
    pub fn conditions<'g>(&'g self, see: &mut dyn FnMut(&'g Arc<dyn Condition>)) {
        for member in &self.members {
            if let Some(when) = &member.when {
                see(when);
            }
            if let Destination::Group(inner) = &member.to {
                inner.conditions(see);
            }
        }
    }

    /// Calls `see` with every gate of the group and of the groups within it.
    pub fn gates<'g>(&'g self, see: &mut dyn FnMut(&'g Gate)) {
        for member in &self.members {
            if let Some(gate) = &member.gate {
                see(gate);
            }
            if let Destination::Group(inner) = &member.to {
                inner.gates(see);
            }
        }
    }

    /// The member whose share of the weights covers `point`, which is below [`Self::total_weight`].
    #[must_use]
    pub fn at_weight(&self, point: u64) -> usize {
        self.cumulative.partition_point(|sum| *sum <= point)
    }
}

/// One choice within a group.
#[derive(Clone, Debug)]
pub struct Member {
    /// What it stands for.
    pub to: Destination,
    /// Its share, for strategies that draw; 0 takes no traffic unless all others fail.
    pub weight: u32,
    /// For [`Strategy::Priority`]: smaller goes first.
    pub priority: u32,
    /// Stable identity, for hashing: a member keeps its callers when others come or go.
    pub salt: u64,
    /// A call of which it does not hold is never asked of this member. `None` always holds.
    pub when: Option<Arc<dyn Condition>>,
    /// Requests above its limit are not asked of this member.
    pub gate: Option<Arc<Gate>>,
}

impl Member {
    /// What is asked always, with a share and a stable identity.
    #[must_use]
    pub const fn to(to: Destination, weight: u32, salt: u64) -> Self {
        Self { to, weight, priority: 0, salt, when: None, gate: None }
    }

    /// A target by its index in the model.
    #[must_use]
    pub const fn target(index: usize, weight: u32) -> Self {
        Self::to(Destination::Target(index), weight, index as u64)
    }
}

/// What a member stands for.
#[derive(Clone, Debug)]
pub enum Destination {
    /// An index into the model's targets.
    Target(usize),
    /// More members, ordered by a strategy of their own: another alias, or a group written in place.
    Group(Box<Group>),
    /// Nothing: whoever comes here first is refused, and what failed before goes no further.
    End(Arc<End>),
}

/// How the members of a group are ordered. The first takes the request, the others follow when it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// In the order written. With conditions this is strategy `conditional`: the first that holds goes first.
    Fallback,
    /// By priority, and drawn by weight among equals.
    Priority,
    /// Drawn by weight, evenly over time; the rest follow, drawn by weight too.
    Weighted,
    /// Each in turn.
    RoundRobin,
    /// Fewest requests in flight, per weight.
    LeastBusy,
    /// The better of two, by time to first byte and requests in flight.
    Latency,
    /// What the request may cost at most.
    Cost,
    /// Most of its capacity left.
    Usage,
    /// The same member for the same caller; shares follow the weights.
    Sticky(Arc<[StickyBy]>),
    /// Whose utterances the prompt is most like; the rest follow in the order written.
    Semantic(Arc<Semantic>),
    /// The best score of quality for the request's class of tasks, cost and latency; the rest by their scores.
    Auto(Arc<Auto>),
}

impl Strategy {
    /// What is compared with the meaning of prompts, where that decides.
    #[must_use]
    pub fn meaning(&self) -> Option<&Arc<Semantic>> {
        match self {
            Self::Semantic(semantic) => Some(semantic),
            Self::Auto(auto) => auto.meaning.as_ref(),
            _ => None,
        }
    }
}

/// What makes two requests stick together. The first of a list that a request has decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StickyBy {
    /// The virtual key.
    Key,
    /// The end user that the request names (`user`, `metadata.user_id`).
    User,
    /// `x-gatewright-customer`.
    Customer,
    /// `x-gatewright-session`.
    Session,
    /// The beginning of the conversation, so that a provider's prompt cache is met again.
    Prefix,
}

impl StickyBy {
    /// Every one, as in configuration.
    pub const ALL: [Self; 5] = [Self::Key, Self::User, Self::Customer, Self::Session, Self::Prefix];

    /// The word in configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::User => "user",
            Self::Customer => "customer",
            Self::Session => "session",
            Self::Prefix => "prefix",
        }
    }
}

/// What a deployment can take, as its provider grants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Requests per minute.
    pub rpm: Option<u64>,
    /// Tokens per minute, input and output together.
    pub tpm: Option<u64>,
    /// Requests at the same time; further ones wait.
    pub max_parallel: Option<u32>,
}

impl Capacity {
    /// What is stated here, and of the rest what `other` states.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            rpm: self.rpm.or(other.rpm),
            tpm: self.tpm.or(other.tpm),
            max_parallel: self.max_parallel.or(other.max_parallel),
        }
    }
}

/// How calls wait for a model whose targets are all full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePolicy {
    /// Most calls that wait at the same time; 0 refuses at once.
    pub max_waiting: u32,
    /// Longest wait of one call, in milliseconds.
    pub max_wait_ms: u64,
}

impl Default for QueuePolicy {
    fn default() -> Self {
        Self { max_waiting: 100, max_wait_ms: 2_000 }
    }
}

/// When the gateway itself has too much to do. 0 turns either off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaturationPolicy {
    /// Most calls that the process has at the same time.
    pub max_in_flight: u32,
    /// How late a worker may come back to what is due before calls of low priority are refused, in milliseconds.
    pub shed_lag_ms: u64,
}

/// What becomes of a request that a target failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// Failures that another target may mend go on to the next one.
    #[default]
    Normal,
    /// As `normal`, but only to targets that serve the model of the first: never to a lesser one.
    FailClosed,
    /// Whatever the failure, until one answers: targets that pause or are taken for down are tried too.
    AlwaysAnswer,
}

/// Where a request goes when a model cannot serve it, as groups over the model's own targets.
#[derive(Clone, Debug, Default)]
pub struct Fallbacks {
    /// Every failure that another model may mend.
    pub default: Option<Group>,
    /// The prompt does not fit.
    pub context_window: Option<Group>,
    /// The provider's content filter refused the prompt.
    pub content_policy: Option<Group>,
}

/// When a deployment is taken for down, and how it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthPolicy {
    /// Failures in a row that take it out; 0 turns that off.
    pub consecutive_failures: u32,
    /// Share of failures within the window that takes it out, in thousandths; 0 turns that off.
    pub failure_rate_permille: u32,
    /// Requests within the window below which the share says nothing.
    pub min_requests: u32,
    /// Length of the window in milliseconds.
    pub window_ms: u64,
    /// How long it stays out the first time, in milliseconds; doubles each time that it fails again.
    pub open_ms: u64,
    /// Longest time out, in milliseconds.
    pub max_open_ms: u64,
    /// Over how long its traffic grows back, in milliseconds; 0 turns that off.
    pub slow_start_ms: u64,
    /// Longest pause that a provider may ask for, in milliseconds.
    pub max_park_ms: u64,
}

impl Default for HealthPolicy {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            failure_rate_permille: 500,
            min_requests: 10,
            window_ms: 10_000,
            open_ms: 1_000,
            max_open_ms: 10_000,
            slow_start_ms: 10_000,
            max_park_ms: 3_600_000,
        }
    }
}

/// When a provider is asked by itself whether it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckWhen {
    /// While a deployment of it is taken for down.
    #[default]
    Down,
    /// All the time; failures take its deployments out.
    Always,
}

/// A cheap question to a provider by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// When.
    pub when: CheckWhen,
    /// Pause between two, in milliseconds.
    pub interval_ms: u64,
    /// Longest time for an answer, in milliseconds.
    pub timeout_ms: u64,
    /// Path, and query, below the base URL.
    pub path: Arc<str>,
}

#[cfg(test)]
mod tests;

//! Dynamic routes: graphs of nodes, written in the file or sent to the admin API.

use super::limits::{SharingMode, WithoutRedis};
use super::overload::QueueSettings;
use super::retry::RetrySettings;
use crate::place::At;
use crate::shape::{BudgetPeriod, Named, Text, Usd, Whole, choices, settings};

settings! {
    /// One route: a request begins at `start` and goes from node to node until it comes to a model or an end.
    pub struct RouteSettings {
        /// The node that requests begin at.
        required start: Text,
        /// Nodes by id; at most 200.
        required nodes: Named<NodeSettings>,
        /// How calls wait while all targets are at their `max_parallel`.
        section queue: QueueSettings,
    }
}

settings! {
    /// One node. Which keys it takes depends on its `type`.
    pub struct NodeSettings {
        /// `condition`, `percentage`, `rate_limit`, `budget_limit`, `model` or `end`.
        required r#type: NodeType,
        /// Of a condition: an expression (docs/policy.md).
        optional when: Text,
        /// Of a condition: the node for requests of which it holds.
        optional then: Text,
        /// Of a condition: the node for all others.
        optional r#else: Text,
        /// Of a percentage: whose requests stay together, `key` unless given. Of a limit: who has a counter of their own, `route` (one for all) unless given.
        optional by: SubjectName,
        /// Of a percentage: its branches; their percentages sum to 100.
        optional branches: Vec<At<BranchSettings>>,
        /// Of a rate limit: how much may pass.
        optional limit: NodeLimitSettings,
        /// Of a rate limit or a budget limit: the node for requests within it.
        optional within: Text,
        /// Of a rate limit, with Redis, for whom it counts: `strict` (all gateways together, asked by each request that comes there), `leased` (all together, from what each has set aside) or `local` (each by itself); `strict` unless given.
        optional mode: SharingMode,
        /// Of a rate limit: what holds while Redis cannot be asked: `local` (the gateway's share), `closed` (nothing is within it) or `open` (what the gateway's own count allows); `local` unless given.
        optional on_unavailable: WithoutRedis,
        /// Of a rate limit: the node for requests above it. They are refused with 429 unless given.
        optional exceeded: Text,
        /// Of a budget limit: how many US dollars the requests may cost that go on to `within`.
        optional limit_usd: Usd,
        /// Of a budget limit: in which calendar window (UTC), `day`, `week`, `month` or `total`.
        optional period: BudgetPeriod,
        /// Of a budget limit: the node for requests that do not fit any more. They are refused with 402 unless given.
        optional over: Text,
        /// Of a model: an alias of `models`, or `provider/model`.
        optional model: Text,
        /// Of a model: time limits in place of the alias's.
        optional timeout: NodeTimeoutSettings,
        /// Of a model: retries in place of the alias's.
        optional retry: RetrySettings,
        /// Of a model: the node to go to when it fails.
        optional next: Text,
        /// Of an end: the status of the refusal, 400, 402, 403, 429 or 503; 503 unless given.
        optional status: Whole<400, 599>,
        /// Of an end: what the caller is told.
        optional message: Text,
    }
}

settings! {
    /// One branch of a percentage.
    pub struct BranchSettings {
        /// Its share of the requests.
        required percent: Whole<0, 100>,
        /// The node that they go to.
        required to: Text,
    }
}

settings! {
    /// How much may pass a rate limit: `requests` or `tokens`.
    pub struct NodeLimitSettings {
        /// So many requests.
        optional requests: Whole<0, 1_000_000_000>,
        /// So many estimated input tokens.
        optional tokens: Whole<0, 1_000_000_000_000>,
        /// In any so many seconds.
        default(60) per_seconds: Whole<1, 86_400>,
    }
}

settings! {
    /// Time limits at one node, each in milliseconds; what is not given is the alias's.
    pub struct NodeTimeoutSettings {
        /// For TCP and TLS to the provider.
        optional connect_ms: Whole<1, 600_000>,
        /// From the last byte of the request to the head of the answer.
        optional first_byte_ms: Whole<1, 3_600_000>,
        /// From the head of a stream to its first token, while another target is left.
        optional first_token_ms: Whole<1, 3_600_000>,
        /// Between two pieces of the answer.
        optional idle_ms: Whole<1, 3_600_000>,
    }
}

choices! {
    /// What a node does.
    pub enum NodeType {
        /// Goes one of two ways.
        Condition = "condition",
        /// Goes one of several ways, in shares.
        Percentage = "percentage",
        /// Lets so much pass.
        RateLimit = "rate_limit",
        /// Lets so much money pass.
        BudgetLimit = "budget_limit",
        /// Asks a model.
        Model = "model",
        /// Refuses.
        End = "end",
    }
}

choices! {
    /// Whose requests belong together.
    pub enum SubjectName {
        /// All of the route.
        Route = "route",
        /// The virtual key.
        Key = "key",
        /// The end user that the request names.
        User = "user",
        /// `x-gatewright-customer`.
        Customer = "customer",
        /// `x-gatewright-session`.
        Session = "session",
        /// The team of the virtual key.
        Team = "team",
        /// The beginning of the conversation.
        Prefix = "prefix",
    }
}

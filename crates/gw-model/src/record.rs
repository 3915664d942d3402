//! What is written down about a request: one record whatever the ending, with one entry per attempt.

mod details;
mod parameters;

use crate::format::WireFormat;
use crate::ids::{KeyId, RequestId};
use crate::money::NanoUsd;
use crate::tenancy::AccountId;
use crate::usage::{Usage, UsageSource};
pub use details::{AttemptTimes, ClientIp, PriceLine, RecordDetails, Verdict, VerdictFinding};
pub use parameters::{Parameter, Parameters};
use serde::{Deserialize, Serialize};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The caller got a whole answer.
    Success,
    /// The gateway refused it.
    Refused,
    /// Every upstream failed, or one refused it.
    UpstreamError,
    /// The upstream died in the midst of a stream.
    StreamCut,
    /// The caller left.
    ClientDisconnect,
    /// The gateway shut down.
    Shutdown,
    /// The gateway died; charged at its hold.
    Lost,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] = &[
        Self::Success,
        Self::Refused,
        Self::UpstreamError,
        Self::StreamCut,
        Self::ClientDisconnect,
        Self::Shutdown,
        Self::Lost,
    ];

    /// The name in logs and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::UpstreamError => "upstream_error",
            Self::StreamCut => "stream_cut",
            Self::ClientDisconnect => "client_disconnect",
            Self::Shutdown => "shutdown",
            Self::Lost => "lost",
        }
    }

    /// The outcome of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|o| o.as_str() == name)
    }
}

/// One try at one target. Ledger entry id: request id and position in [`Record::attempts`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// Provider's configured name.
    pub provider: String,
    /// Model name sent upstream.
    pub upstream_model: String,
    /// Upstream status; 0 when there was no answer.
    pub status: u16,
    /// Why it failed, in a word (`timeout`, `connect`, `429`, `cut`, ...); empty on success.
    pub reason: String,
    /// Duration in microseconds.
    pub duration_us: u64,
    /// What it consumed.
    pub usage: Usage,
    /// Where the usage comes from.
    pub usage_source: UsageSource,
    /// What it cost.
    pub cost: NanoUsd,
}

/// What a sub-call is to the request that started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubCallRole {
    /// A copy for another model, whose answer nobody gets.
    Mirror,
    /// One of the answers that an ensemble is made of.
    Panel,
    /// Fetches an answer for the cache that is about to be too old.
    Refresh,
    /// Asks again for an answer that did not fit its schema.
    Repair,
}

impl SubCallRole {
    /// Every role.
    pub const ALL: &'static [Self] = &[Self::Mirror, Self::Panel, Self::Refresh, Self::Repair];

    /// The name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mirror => "mirror",
            Self::Panel => "panel",
            Self::Refresh => "refresh",
            Self::Repair => "repair",
        }
    }
}

/// The request that a sub-call belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// Its id.
    pub request: RequestId,
    /// What the sub-call is to it.
    pub role: SubCallRole,
}

/// One request, whatever its ending; or one sub-call of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The request's id; also the row's.
    pub id: RequestId,
    /// When it arrived, microseconds since the epoch.
    pub time: i64,
    /// Who called; `None` when the credential was not recognised.
    pub key: Option<KeyId>,
    /// The key's team at that time.
    pub team_id: Option<String>,
    /// The caller's format.
    pub format: WireFormat,
    /// The model that the caller named.
    pub model: String,
    /// A stream was asked for.
    pub stream: bool,
    /// Ending.
    pub outcome: Outcome,
    /// Status sent to the caller; 0 when it left before one was sent.
    pub status: u16,
    /// The gateway's error code; empty when there is none.
    pub error_code: String,
    /// Text of an upstream error that was not shown to the caller; at most 1 KiB, empty otherwise.
    pub error_detail: String,
    /// Tries, in order.
    pub attempts: Vec<AttemptRecord>,
    /// `hit`, `miss`, `bypass`.
    pub cache: String,
    /// The end user or customer that the caller named.
    pub customer: Option<String>,
    /// Microseconds to the first byte of the answer; `None` when there was none.
    pub first_byte_us: Option<u64>,
    /// Microseconds to the last byte.
    pub total_us: u64,
    /// Of a sub-call: the request that started it. Such a record counts as usage and cost, not as a request.
    #[serde(default)]
    pub parent: Option<Parent>,
    /// The accounts above and beside the key that the call counts for, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountId>,
    /// Budgets within a dynamic route that it counts in.
    #[serde(default)]
    pub tolls: Vec<Toll>,
    /// What the answer would have cost, had it not been in the cache.
    #[serde(default)]
    pub saved: NanoUsd,
    /// What else is known of it.
    #[serde(default)]
    pub details: RecordDetails,
}

/// What a request counts at a budget within a dynamic route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toll {
    /// The budget: that of the gate.
    pub counter: u64,
    /// Whose requests it counts.
    pub subject: u64,
    /// What the tries behind the gate cost.
    pub cost: NanoUsd,
}

impl Record {
    /// The attempt that decided the ending: the last one.
    #[must_use]
    pub fn last_attempt(&self) -> Option<&AttemptRecord> {
        self.attempts.last()
    }

    /// Cost of all attempts.
    #[must_use]
    pub fn cost(&self) -> NanoUsd {
        self.attempts.iter().fold(NanoUsd::ZERO, |sum, a| sum.plus(a.cost))
    }
}

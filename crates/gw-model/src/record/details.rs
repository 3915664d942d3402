//! What a record says besides who, what and how it ended: how the caller spoke of itself, where the call was held up, what
//! was found in it, and the prices that it was charged at. Most of it is empty for most calls.

use super::parameters::Parameters;
use crate::guardrail::Speaker;
use crate::money::FemtoUsd;
use crate::price::Unit;
use crate::trace::TraceId;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDetails {
    /// The caller's `user-agent`.
    pub user_agent: Option<String>,
    /// `x-gatewright-session`: requests that belong together.
    pub session: Option<String>,
    /// The tags that the caller named, as it named them.
    pub tags: Option<String>,
    /// `x-gatewright-metadata`, as sent.
    pub metadata: Option<String>,
    /// Where the call came from, as far as that is written down.
    pub client_ip: Option<IpAddr>,
    /// Region of the provider that was tried last.
    pub region: Option<String>,
    /// What guardrails found; never the text.
    pub verdicts: Vec<Verdict>,
    /// The same one by one: what, where and why.
    #[serde(default)]
    pub findings: Vec<VerdictFinding>,
    /// Parameters that were left out for the last target, in the caller's spelling.
    pub dropped: Vec<String>,
    /// Microseconds that the call waited for places at targets.
    pub waited_us: u64,
    /// Microseconds that connections for it took; `None` where they stood already.
    pub connect_us: Option<u64>,
    /// What the attempts were charged at.
    pub prices: Vec<PriceLine>,
    /// The trace that the call belongs to: its caller's, or one that was begun for it.
    pub trace_id: Option<TraceId>,
    /// Of a call that was refused before any provider was tried: the model's name stands for something that is configured, or
    /// that was served before. Others are made up, and counted under no name.
    #[serde(default)]
    pub is_resolved: bool,
    /// Microseconds that guardrails looked at the request.
    #[serde(default)]
    pub guardrails_us: u64,
    /// Microseconds that the answer waited for guardrails; part of its last attempt's.
    #[serde(default)]
    pub answer_guardrails_us: u64,
    /// When what happened in each attempt, in the order of the attempts; empty in records of before.
    #[serde(default)]
    pub times: Vec<AttemptTimes>,
    /// Microseconds from the end of the last attempt to that of the request.
    #[serde(default)]
    pub after_us: u64,
    /// What the request asked for by its parameters.
    #[serde(default)]
    pub parameters: Parameters,
    /// The way through a dynamic route to each target that was tried, as the names of its nodes with slashes between; each way once
    /// where tries that follow each other had the same. `fallback` leads to other models. Empty where there was no choice of ways.
    #[serde(default)]
    pub route: Vec<String>,
}

/// When what happened in an attempt, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptTimes {
    /// Microseconds from the request's arrival to its start.
    pub start_us: u64,
    /// Microseconds that its connection took; `None` where it stood already, or never did.
    pub connect_us: Option<u64>,
    /// Microseconds from its start to the first byte of what the upstream answered; `None` where nothing came.
    pub first_byte_us: Option<u64>,
    /// Region of its provider.
    pub region: Option<String>,
}

/// What one guardrail found on one side of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Its name.
    pub guardrail: String,
    /// What was done: `flag`, `block`, `redact`, ...; `shadow` where it was done in name only, `error` where it could not be
    /// asked.
    pub action: String,
    /// What kind of thing it found first.
    pub kind: String,
    /// `request` or `response`.
    pub side: String,
}

/// One thing that a guardrail found: where, what and why; never the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictFinding {
    /// Position of its guardrail in [`RecordDetails::verdicts`].
    pub verdict: usize,
    /// What was done, as in a [`Verdict`]; empty where it is the verdict's.
    pub action: String,
    /// What kind of thing: `email`, `aws_access_key`.
    pub kind: String,
    /// In whose text.
    pub speaker: Speaker,
    /// Which text of its side, from 0.
    pub text: u64,
    /// First byte in that text, and one past the last.
    pub span: (u64, u64),
    /// How sure that is, in percent.
    pub score: u8,
    /// Why, in a few words.
    pub reason: String,
}

/// So many units of an attempt at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLine {
    /// Position of the attempt in the record.
    pub attempt: u8,
    /// What was charged.
    pub unit: Unit,
    /// How many of it.
    pub count: u64,
    /// For one.
    pub price: FemtoUsd,
}

/// What is written down of a client's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientIp {
    /// Nothing.
    #[default]
    Off,
    /// The network: of IPv4 the first 24 bits, of IPv6 the first 48.
    Network,
    /// All of it.
    Full,
}

impl ClientIp {
    /// What is kept of an address.
    #[must_use]
    pub const fn of(self, address: IpAddr) -> Option<IpAddr> {
        match (self, address) {
            (Self::Off, _) => None,
            (Self::Full, address) => Some(address),
            (Self::Network, IpAddr::V4(v4)) => {
                let [a, b, c, _] = v4.octets();
                Some(IpAddr::V4(Ipv4Addr::new(a, b, c, 0)))
            }
            (Self::Network, IpAddr::V6(v6)) => {
                let [a, b, c, ..] = v6.segments();
                Some(IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! The vocabulary that every other crate speaks: ids, money, calls, events, usage, records and the
//! configuration snapshot. Plain data with small pure functions. It must not do I/O, speak HTTP or
//! SQL, read a clock, or know any provider by name.
#![forbid(unsafe_code)]

pub mod abilities;
pub mod access;
pub mod caching;
pub mod call;
pub mod catalog;
pub mod chat;
pub mod clock;
pub mod credential;
pub mod event;
pub mod failure;
pub mod format;
pub mod guardrail;
pub mod ids;
pub mod limits;
pub mod logging;
pub mod media;
pub mod money;
pub mod nearest;
pub mod network;
pub mod policy;
pub mod price;
pub mod principal;
pub mod priority;
pub mod raw;
pub mod record;
pub mod refusal;
pub mod routing;
pub mod secret;
pub mod snapshot;
pub mod subcalls;
pub mod telemetry;
pub mod tenancy;
pub mod time;
pub mod trace;
pub mod usage;

pub use abilities::{Abilities, Ability, DropParams};
pub use access::Access;
pub use call::{Call, CallFacts, Earlier, Span};
pub use clock::{Clock, Micros};
pub use event::{Event, FinishReason};
pub use failure::ErrorClass;
pub use format::{Api, Endpoint, WireFormat};
pub use ids::{AttemptId, KeyId, RequestId};
pub use logging::{Logging, LoggingRules};
pub use media::Media;
pub use money::{FemtoUsd, NanoUsd};
pub use network::{Network, NetworkError};
pub use policy::{Condition, ConditionError, ConditionFault, Subject};
pub use price::{PriceSheet, Rate, ServiceTier, Unit};
pub use principal::{KeyPolicy, KeyTerms, Principal};
pub use priority::Priority;
pub use raw::{ObjectAsk, RawLine};
pub use record::{
    AttemptRecord, AttemptTimes, ClientIp, Outcome, Parameter, Parameters, Parent, PriceLine, Record,
    RecordDetails, SubCallRole, Toll, Verdict, VerdictFinding,
};
pub use refusal::{ErrorCode, Refusal};
pub use secret::Secret;
pub use snapshot::Snapshot;
pub use telemetry::Telemetry;
pub use tenancy::{AccountId, AccountPolicy, CustomerPolicy, Level, Membership, Retention, Role};
pub use trace::{Ended, Trace};
pub use usage::{Usage, UsageSource};

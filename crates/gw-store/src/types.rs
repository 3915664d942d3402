//! What goes into and comes out of a store. Plain data.

mod accounts;
mod alerts;
mod blocks;
mod bulk;
mod datasets;
mod evaluations;
mod exports;
mod jobs;
pub(crate) mod page;
mod prices;
mod records;
mod recosting;
mod routes;
mod scim;
mod search;
mod segments;
mod shown_id;
mod sign_in;
mod spending;
mod tokens;
mod upstream;
mod views;

pub use accounts::{
    AccountFilter, AccountProfile, Doomed, GivenAnswer, MadeAccount, NewSecret, StoredAccount,
};
pub(crate) use alerts::WaitingRoom;
pub use alerts::{
    AlertDelivery, AlertEvent, AlertEventFilter, AlertEventId, AlertEventRow, AlertMove, AlertState,
    DeliveryState, StoredAlertObject,
};
pub use blocks::StoredBlock;
pub use bulk::{TenantBatch, TenantChange};
pub use datasets::{DatasetId, ItemChanges, ItemId, StoredDataset, StoredItem};
pub use evaluations::{
    EvaluationId, EvaluationState, ResultFigures, StoredEvaluation, StoredResult, Verdict,
};
pub use exports::{ExportState, StoredExport};
pub use jobs::{JobState, StoredJob};
pub use page::PageSize;
pub use prices::PricePage;
pub use records::{Feedback, KeptPart, NamesSwept, Rating, SealedBodies, Swept, Unread, Whose};
pub use recosting::{FormerCost, PastAttempt, Recost, Repriced, StoredRecosting, Written};
pub use routes::{MAX_VERSIONS, RouteDraft, RouteVersion, StoredRoute, VersionState};
pub use scim::{GroupId, ScimPerson, StoredGroup};
pub use search::{
    ClientFilter, FeedbackFilter, LogFilter, LogPage, LogRow, MetadataFilter, ParameterFilter, Span,
};
pub use segments::{FarSegment, LocalSegment, Rewrite};
pub use sign_in::{PasswordLink, SessionHolder, SessionId, StoredLogin, StoredSession, Via};
pub use spending::{AccountLabel, Spending, SpendingOf, SpentElsewhere};
pub use tokens::{StoredToken, TokenHolder, TokenId};
pub use upstream::UpstreamUsage;
pub use views::{StoredView, ViewId};

use crate::journal::{IntentFrame, SegmentId};
use crate::memory::Retiring;
use gw_model::{AccountId, KeyId, KeyPolicy, Micros, NanoUsd, WireFormat};
use serde::{Deserialize, Serialize};

/// A key to be added.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Id; random.
    pub id: KeyId,
    /// Digest of the key itself.
    pub digest: [u8; 32],
    /// Which pepper the digest was made with; 1 is the first.
    pub pepper: u32,
    /// First characters, shown to people.
    pub prefix: String,
    /// Last four characters, shown to people.
    pub last4: String,
    /// What it may do; holds its name.
    pub policy: KeyPolicy,
}

/// What to change about a key.
#[derive(Clone, Debug)]
pub struct KeyUpdate {
    /// The whole new policy.
    pub policy: KeyPolicy,
    /// Change it only if its revision still is this one.
    pub if_revision: Option<i64>,
}

/// A key as stored. The key itself is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Id.
    pub id: KeyId,
    /// Digest of the key itself.
    pub digest: [u8; 32],
    /// Which pepper the digest was made with.
    pub pepper: u32,
    /// First characters.
    pub prefix: String,
    /// Last four characters.
    pub last4: String,
    /// What it may do.
    pub policy: KeyPolicy,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
    /// When it was revoked.
    pub revoked_at: Option<Micros>,
    /// Revision of its last change.
    pub revision: i64,
    /// Its secret before the present one, while it is good.
    pub retiring: Option<Retiring>,
}

/// A credential of a provider as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCredential {
    /// Its name; unique.
    pub name: String,
    /// The credential, sealed.
    pub sealed: Vec<u8>,
    /// Last four characters, shown to people.
    pub last4: String,
    /// For people.
    pub description: String,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
}

/// A key's name and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLabel {
    /// Id.
    pub id: KeyId,
    /// Name.
    pub name: String,
    /// Team.
    pub team_id: Option<String>,
    /// Project.
    pub project_id: Option<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Grows by at least one with each change.
    pub revision: i64,
    /// When.
    pub time: Micros,
    /// What kind of thing: `key`, `credential`, `route`, or the level of an account.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// How far a chain of segments is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// The segment being folded; earlier ones are whole.
    pub segment: SegmentId,
    /// Bytes of it that are folded.
    pub offset: u64,
}

/// What a transaction of the fold added; what stood there already is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Records, those that took the place of a lost call included.
    pub records: u64,
    /// Calls that were written off.
    pub lost: u64,
}

/// An intent that has no record yet, on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingIntent {
    /// The request.
    pub request: u128,
    /// Number of the attempt.
    pub attempt: u8,
    /// When the request arrived.
    pub time: Micros,
    /// Who called.
    pub key: Option<u128>,
    /// The key's team.
    pub team_id: Option<String>,
    /// What is charged if it is lost.
    pub hold: u64,
    /// The caller's format.
    pub format: String,
    /// The model that the caller named.
    pub model: String,
    /// Provider.
    pub provider: String,
    /// Model name sent upstream.
    pub upstream_model: String,
    /// A stream was asked for.
    pub stream: bool,
    /// Estimated input tokens.
    pub input_tokens: u64,
    /// Of a sub-call: the request that started it, and the number of its role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<(u128, u8)>,
    /// The accounts above and beside the key that the call counts for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountId>,
}

impl PendingIntent {
    /// Copies an intent out of the journal's bytes.
    #[must_use]
    pub fn new(intent: &IntentFrame<'_>) -> Self {
        Self {
            request: intent.request,
            attempt: intent.attempt,
            time: intent.time,
            key: intent.key.map(|k| k.0),
            team_id: intent.team_id.map(str::to_owned),
            hold: intent.hold,
            format: intent.format().map_or("", WireFormat::as_str).to_owned(),
            model: intent.model.to_owned(),
            provider: intent.provider.to_owned(),
            upstream_model: intent.upstream_model.to_owned(),
            stream: intent.stream,
            input_tokens: intent.input_tokens,
            parent: intent.parent.map(|parent| (parent.request, parent.role)),
            accounts: intent.accounts(),
        }
    }
}

/// A dimension to sum by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// Virtual key.
    #[default]
    Key,
    /// Team at the time of the call; the account, or the key's label.
    Team,
    /// Organization; calls without one are one row.
    Organization,
    /// User; calls without one are one row.
    User,
    /// The project of the call, or the label that the key has as one.
    Project,
    /// Tag. A call with several counts for each, one with none for nothing.
    Tag,
    /// Model as the caller named it.
    Model,
    /// Provider.
    Provider,
    /// Customer: the account, or the name that the caller gave.
    Customer,
    /// UTC day.
    Day,
}

impl GroupBy {
    /// Every dimension.
    pub const ALL: &'static [Self] = &[
        Self::Key,
        Self::User,
        Self::Team,
        Self::Project,
        Self::Organization,
        Self::Customer,
        Self::Model,
        Self::Provider,
        Self::Tag,
        Self::Day,
    ];

    /// The name in queries and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Organization => "organization",
            Self::User => "user",
            Self::Team => "team",
            Self::Project => "project",
            Self::Tag => "tag",
            Self::Model => "model",
            Self::Provider => "provider",
            Self::Customer => "customer",
            Self::Day => "day",
        }
    }

    /// True when values may be ids of accounts.
    #[must_use]
    pub const fn is_account(self) -> bool {
        matches!(
            self,
            Self::Organization | Self::User | Self::Team | Self::Project | Self::Customer | Self::Tag
        )
    }

    /// The level of its accounts, where it is one of accounts.
    #[must_use]
    pub const fn level(self) -> Option<gw_model::Level> {
        match self {
            Self::Organization => Some(gw_model::Level::Organization),
            Self::Team => Some(gw_model::Level::Team),
            Self::Project => Some(gw_model::Level::Project),
            Self::User => Some(gw_model::Level::User),
            Self::Customer => Some(gw_model::Level::Customer),
            Self::Tag => Some(gw_model::Level::Tag),
            _ => None,
        }
    }

    /// True when the sums are kept for each key and team, so that they may be asked of one.
    #[must_use]
    pub const fn is_by_call(self) -> bool {
        !matches!(self, Self::Organization | Self::User | Self::Project | Self::Tag)
    }

    /// The dimension of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|g| g.as_str() == name)
    }
}

/// What to sum.
#[derive(Clone, Debug, Default)]
pub struct UsageFilter {
    /// Dimension.
    pub group_by: GroupBy,
    /// From this time; rounded down to the hour.
    pub from: Option<Micros>,
    /// Before this time; rounded up to the hour.
    pub to: Option<Micros>,
    /// Of that key only. Nothing else than [`GroupBy::is_by_call`] can be asked with it.
    pub key_id: Option<KeyId>,
    /// Of that team only, an account or a label; as above.
    pub team_id: Option<String>,
    /// With that model only, as callers name it; as above, and not with [`Self::seen_from`], as what follows.
    pub model: Option<String>,
    /// By that provider only: tokens and money of attempts there, and requests whose last attempt that was.
    pub provider: Option<String>,
    /// For that customer only: the id of its account, or the name where it has none.
    pub customer: Option<String>,
    /// Of calls that count for any of these accounts: what somebody may see who may not see everything. By dimensions of
    /// single calls; those of accounts are summed for each account, and are the caller's to choose from. Attempts at another
    /// provider than the last count for that.
    pub seen_from: Option<Vec<AccountId>>,
}

/// Sums for one value of the dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageRow {
    /// The value: a key's id, a name, or a day as `2026-11-21`. Empty when the calls had none.
    pub value: String,
    /// The name of the key or account that the value is the id of, when it is known.
    pub name: Option<String>,
    /// Requests, refused ones included; their sub-calls are not counted, only what those used.
    pub requests: u64,
    /// Of them: refused, failed upstream, cut, or lost.
    pub errors: u64,
    /// Input tokens.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Input tokens read from prompt caches.
    pub cached_tokens: u64,
    /// Cost.
    pub cost: NanoUsd,
    /// What answers from the gateway's cache would have cost.
    pub saved: NanoUsd,
}

//! Entries of the audit log. Plain data.

use super::changed::bounded;
use crate::types::TokenId;
use gw_model::{AccountId, KeyId, Micros};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// Longest text of an entry in characters; longer ones are cut.
const MAX_TEXT: usize = 512;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever holds the master key.
    Master,
    /// The gateway itself, or whoever may write its files and start it.
    System,
    /// The holder of an admin token.
    Token(TokenId),
    /// A user who signed in.
    User(AccountId),
    /// The holder of a virtual key, who may change nothing.
    Key(KeyId),
    /// Nobody known.
    Unknown,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Master => f.write_str("master"),
            Self::System => f.write_str("system"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Key(id) => write!(f, "key:{id}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// Who did it, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// Address of the client; empty for the gateway itself.
    pub address: String,
    /// What the client says it is (`user-agent`).
    pub agent: String,
    /// The write that this is part of, where it may come again; not in the entry.
    pub once: Option<Arc<Repeatable>>,
}

/// A write that may come again and is made once, however often and wherever it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeatable {
    /// Under which its answer is kept.
    pub name: String,
    /// Digest of what was asked.
    pub request: Vec<u8>,
    /// Tells this time from others that it comes.
    pub mark: String,
    /// What was made before is forgotten.
    pub since: Micros,
}

impl Origin {
    /// The gateway itself.
    #[must_use]
    pub const fn system() -> Self {
        Self { actor: Actor::System, address: String::new(), agent: String::new(), once: None }
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It is done.
    Success,
    /// It was refused.
    Refused,
    /// It was tried, and failed.
    Failure,
}

impl AuditOutcome {
    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Failure => "failure",
        }
    }
}

/// What is to be written down.
#[derive(Clone, Debug)]
pub struct AuditDraft {
    /// When.
    pub time: Micros,
    /// Who, and from where.
    pub origin: Origin,
    /// What was done, as `key.create`.
    pub action: &'static str,
    /// On what kind of thing, as `key`.
    pub kind: &'static str,
    /// Id of the thing; empty when it has none.
    pub id: String,
    /// Its name; empty when it has none.
    pub name: String,
    /// The accounts that the thing belongs to: who sees those sees the entry. Empty where only who sees all does.
    pub places: Vec<AccountId>,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// The members that changed, as they were. Never a secret.
    pub before: Option<Value>,
    /// The same as they are now.
    pub after: Option<Value>,
}

/// An entry as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// Counts from 1.
    pub number: i64,
    /// When.
    pub time: Micros,
    /// Who: `master`, `system`, `token:ID`, `user:ID`, `key:ID`, `unknown`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// On what kind of thing.
    pub kind: String,
    /// Id of the thing.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Ids of the accounts that it belongs to, with spaces between.
    pub places: String,
    /// How it ended: a name of [`AuditOutcome::as_str`].
    pub outcome: String,
    /// The members that changed, as they were; JSON.
    pub before: Option<String>,
    /// The same as they are now; JSON.
    pub after: Option<String>,
    /// Address of the client.
    pub address: String,
    /// What the client says it is.
    pub agent: String,
}

impl AuditEntry {
    /// The entry of that number that a draft becomes. Texts are cut, and JSON that is too large is replaced by its size
    /// and hash, so that an entry has at most some 40 KiB.
    #[must_use]
    pub fn new(number: i64, draft: &AuditDraft) -> Self {
        Self {
            number,
            time: draft.time,
            actor: draft.origin.actor.to_string(),
            action: draft.action.to_owned(),
            kind: draft.kind.to_owned(),
            id: cut(&draft.id),
            name: cut(&draft.name),
            places: draft.places.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            outcome: draft.outcome.as_str().to_owned(),
            before: draft.before.as_ref().map(bounded),
            after: draft.after.as_ref().map(bounded),
            address: cut(&draft.origin.address),
            agent: cut(&draft.origin.agent),
        }
    }
}

/// Shortened, and without the one character that not every database takes.
fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// By that actor.
    pub actor: Option<String>,
    /// Of that action.
    pub action: Option<String>,
    /// On that kind of thing.
    pub kind: Option<String>,
    /// On the thing of that id.
    pub id: Option<String>,
    /// Of what belongs to any of these accounts: what somebody may see who may not see everything.
    pub seen_from: Option<Vec<AccountId>>,
    /// At or after this time.
    pub from: Option<Micros>,
    /// Before this time.
    pub to: Option<Micros>,
    /// Older than the entry of that number (a page's cursor).
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// Some entries, newest first, each with its hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries.
    pub rows: Vec<(AuditEntry, [u8; 32])>,
    /// Where the next page starts ([`AuditFilter::before`]); `None` on the last one.
    pub next: Option<i64>,
}

//! What is kept of calls besides their records. Plain data.

use crate::accounts::{bytes_of, each};
use gw_model::{AccountId, Micros, RequestId};
use sha2::{Digest, Sha256};

/// Bodies of a call, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBodies {
    /// Whose.
    pub request: RequestId,
    /// Until when they are kept.
    pub expires: Micros,
    /// See [`crate::bodies::BodySealer`].
    pub sealed: Vec<u8>,
}

/// Why bodies that are kept of a call were not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The object storage does not say.
    Away,
    /// They stand in files of that node, which this one does not see, and are not in object storage, or not yet.
    Elsewhere(u64),
}

/// What somebody says about a call afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Its id: random, or what an author has to say about the call. What has the id of another takes its place.
    pub id: u128,
    /// About which call.
    pub request: RequestId,
    /// When it was said.
    pub time: Micros,
    /// Who said it.
    pub author: String,
    /// How good it was, in whatever measure the application has.
    pub score: Option<i64>,
    /// A word for it.
    pub label: Option<String>,
    /// In words.
    pub comment: Option<String>,
}

impl Feedback {
    /// The id of all that this author says about a call that came at that time.
    #[must_use]
    pub fn id_of_author(request: RequestId, time: Micros, author: &str) -> u128 {
        let digest = Sha256::new().chain_update(request.0.to_be_bytes()).chain_update(author).finalize();
        let number = digest.first_chunk::<16>().map_or(0, |first| u128::from_be_bytes(*first));
        RequestId::new(time, number).0
    }
}

/// What is in a [`Feedback`] that says how good a call was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// About which call.
    pub request: RequestId,
    /// How good it was, in whatever measure the application has.
    pub score: Option<i64>,
    /// A word for it.
    pub label: Option<String>,
}

/// Of whose calls something is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those that count for this account.
    Of(AccountId),
    /// Those that count for none of these.
    NotOf(Vec<AccountId>),
}

impl Whose {
    /// Is a call with these accounts, packed, among them?
    pub(crate) fn has(&self, accounts: &[u8]) -> bool {
        let counts_for = |id: &AccountId| each(accounts).any(|bytes| *bytes == bytes_of(*id));
        match self {
            Self::Of(id) => counts_for(id),
            Self::NotOf(ids) => !ids.iter().any(counts_for),
        }
    }
}

/// What is removed once it is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeptPart {
    /// Records with all that belongs to them.
    Records,
    /// What callers sent and got.
    Bodies,
}

/// How far a look at what may be removed came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// So many were looked at.
    pub looked: usize,
    /// So many of them are gone.
    pub removed: usize,
    /// The last one that was looked at.
    pub up_to: RequestId,
}

/// How a step of a look went for what records have in common and none of them has any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamesSwept {
    /// Rows that were looked at.
    pub looked: usize,
    /// What was removed.
    pub removed: usize,
    /// Nothing is left to be done, until records are removed.
    pub is_over: bool,
    /// It is over since what it found no longer holds: another one may find more.
    pub is_lost: bool,
}

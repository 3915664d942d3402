//! Accounts and keys as a document wants them: what is to be made, changed and removed until everything is as it says,
//! and the doing of it. A document describes whole what it names, and manages it from then on. It must not know HTTP, nor
//! how a document is written.

mod execute;
mod export;
mod paths;
mod present;
mod prune;
mod resolve;
mod told;
mod wanted;

pub(crate) use execute::{Done, Stopped, execute};
pub(crate) use export::Exported;
pub(crate) use paths::Paths;
pub(crate) use resolve::{plan, secret_fault};
pub(crate) use wanted::{Above, Entry, Reference, Spot, Wanted, WantedAccount, WantedKey};

use gw_model::{AccountId, KeyId, KeyPolicy, Level, Secret};
use gw_store::StoreError;
use gw_store::types::{AccountProfile, MadeAccount, StoredAccount, StoredKey};

/// Most faults that are told of; a document with more is not read to its end by a person either.
pub(crate) const MAX_FAULTS: usize = 100;

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where, and in which field.
    pub(crate) entry: Entry,
    /// What is wrong, and the way out.
    pub(crate) message: String,
}

/// What a caller wants besides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Remove what the document manages and no longer has.
    pub(crate) prune: bool,
    /// Manage from now on what another document manages.
    pub(crate) take_over: bool,
}

/// Why there is no plan.
#[derive(Debug)]
pub(crate) enum PlanError {
    /// The document.
    Faults(Vec<Fault>),
    /// The store.
    Store(StoreError),
}

impl From<StoreError> for PlanError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What is to be done, in the order in which it is done.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Name of the document.
    pub(crate) document: String,
    /// The changes.
    pub(crate) changes: Vec<Planned>,
    /// How many entries are as the document wants them.
    pub(crate) unchanged: usize,
    /// Ids of those among them that the document does not manage yet.
    pub(crate) claimed: Vec<String>,
    /// Ids of what it manages and is gone.
    pub(crate) released: Vec<String>,
    /// What it manages, no longer has, and is not to be removed.
    pub(crate) left: Vec<Left>,
    /// Names of accounts for people.
    pub(crate) paths: Paths,
}

/// Something that the document no longer has.
#[derive(Debug)]
pub(crate) struct Left {
    /// Its level.
    pub(crate) level: Level,
    /// Its id, as it is shown.
    pub(crate) id: String,
    /// Its name, with what it belongs to.
    pub(crate) path: String,
}

/// One change.
#[derive(Debug)]
pub(crate) struct Planned {
    /// Its name, with what it belongs to.
    pub(crate) path: String,
    /// Where it stands in the document; what is removed stands nowhere.
    pub(crate) entry: Option<Entry>,
    /// What is done.
    pub(crate) change: Change,
}

/// What is done to one account or key.
#[derive(Debug)]
pub(crate) enum Change {
    /// An account is made.
    CreateAccount(Box<MadeAccount>),
    /// An account is changed.
    UpdateAccount {
        /// As it is.
        before: Box<StoredAccount>,
        /// As it will be.
        profile: Box<AccountProfile>,
    },
    /// An account is removed.
    DeleteAccount(Box<StoredAccount>),
    /// A key is made; without a secret of the document's, one is made for it.
    CreateKey {
        /// Its id.
        id: KeyId,
        /// What it may do.
        policy: Box<KeyPolicy>,
        /// The key itself.
        secret: Option<Secret>,
    },
    /// A key is changed.
    UpdateKey {
        /// As it is.
        before: Box<StoredKey>,
        /// What it may do from now on.
        policy: Box<KeyPolicy>,
        /// Another secret, in place of the present one.
        secret: Option<Secret>,
    },
    /// A key is revoked.
    RevokeKey(Box<StoredKey>),
}

impl Change {
    /// As "create", "change" or "delete".
    pub(crate) const fn action(&self) -> &'static str {
        match self {
            Self::CreateAccount(_) | Self::CreateKey { .. } => "create",
            Self::UpdateAccount { .. } | Self::UpdateKey { .. } => "change",
            Self::DeleteAccount(_) | Self::RevokeKey(_) => "delete",
        }
    }

    /// What is changed; a key by the number of its id.
    pub(crate) const fn account(&self) -> AccountId {
        match self {
            Self::CreateAccount(made) => made.id,
            Self::UpdateAccount { before, .. } | Self::DeleteAccount(before) => before.id,
            Self::CreateKey { id, .. } => AccountId { level: Level::Key, number: id.0 },
            Self::UpdateKey { before, .. } | Self::RevokeKey(before) => {
                AccountId { level: Level::Key, number: before.id.0 }
            }
        }
    }
}

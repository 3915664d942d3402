//! Many changes of accounts and keys at once, and which document manages what. Plain data.

use super::{AccountProfile, MadeAccount, NewKey, NewSecret};
use gw_model::{AccountId, KeyId, KeyPolicy};

/// One of many changes. Those of what is there carry the revision that they were planned for.
#[derive(Clone, Debug)]
pub enum TenantChange {
    /// Adds an account; also a user, with memberships.
    CreateAccount(MadeAccount),
    /// Changes all of an account.
    UpdateAccount {
        /// Which.
        id: AccountId,
        /// What it is from now on.
        profile: AccountProfile,
        /// The revision that it must have.
        if_revision: i64,
    },
    /// Removes an account with its memberships. Whether anything refers to it is the caller's to see.
    DeleteAccount {
        /// Which.
        id: AccountId,
        /// The revision that it must have.
        if_revision: i64,
    },
    /// Adds a key.
    CreateKey(NewKey),
    /// Changes all of a key.
    UpdateKey {
        /// Which.
        id: KeyId,
        /// What it may do from now on.
        policy: KeyPolicy,
        /// Another secret, where it gets one.
        secret: Option<NewSecret>,
        /// The revision that it must have.
        if_revision: i64,
    },
    /// Revokes a key.
    RevokeKey {
        /// Which.
        id: KeyId,
        /// The revision that it must have.
        if_revision: i64,
    },
}

impl TenantChange {
    /// The id of what is changed, as it is shown.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::CreateAccount(made) => made.id.to_string(),
            Self::UpdateAccount { id, .. } | Self::DeleteAccount { id, .. } => id.to_string(),
            Self::CreateKey(new) => new.id.to_string(),
            Self::UpdateKey { id, .. } | Self::RevokeKey { id, .. } => id.to_string(),
        }
    }

    /// True when nothing is left of it.
    #[must_use]
    pub const fn removes(&self) -> bool {
        matches!(self, Self::DeleteAccount { .. } | Self::RevokeKey { .. })
    }
}

/// Changes that are made together, or not at all.
#[derive(Clone, Copy, Debug)]
pub struct TenantBatch<'a> {
    /// The changes, in the order in which they are made.
    pub changes: &'a [TenantChange],
    /// The document that wants them: from now on it manages what is made and changed.
    pub document: &'a str,
    /// What it manages besides, although nothing of it changes: ids as they are shown.
    pub claimed: &'a [String],
    /// What it manages no more.
    pub released: &'a [String],
}

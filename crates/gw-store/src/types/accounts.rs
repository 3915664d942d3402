//! Accounts above and beside keys, and plans, as stored. Plain data.

use super::ScimPerson;
use gw_model::{AccountId, AccountPolicy, KeyId, Level, Membership, Micros, Role};
use std::collections::BTreeMap;

/// What of an account may be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountProfile {
    /// Its name; for customers and tags what callers send. Unique within level and parent, but for people.
    pub name: String,
    /// Of users: where they are written to, in lower case. Unique.
    pub email: Option<String>,
    /// The plan that it has.
    pub plan: Option<AccountId>,
    /// What it allows.
    pub policy: AccountPolicy,
    /// Free text for people and reports.
    pub metadata: BTreeMap<String, String>,
    /// Nothing may be called in its name.
    pub disabled: bool,
    /// Of users: what they belong to, each at most once.
    pub memberships: Vec<Membership>,
    /// Of users: what they are to the gateway as a whole.
    pub gateway_role: Option<Role>,
    /// Of users: what a directory says of them.
    pub scim: Option<Box<ScimPerson>>,
}

/// An account as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAccount {
    /// Id.
    pub id: AccountId,
    /// What it belongs to. People belong to nothing, they are members: a user that belongs to something is no person, but a
    /// service account.
    pub parent: Option<AccountId>,
    /// The rest.
    pub profile: AccountProfile,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
    /// Revision of its last change.
    pub revision: i64,
}

impl StoredAccount {
    /// What a service account belongs to; `None` for people, and for what is no user.
    #[must_use]
    pub fn service_of(&self) -> Option<AccountId> {
        self.parent.filter(|_| self.id.level == Level::User)
    }
}

/// An account that was made elsewhere than in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeAccount {
    /// Id.
    pub id: AccountId,
    /// What it belongs to.
    pub parent: Option<AccountId>,
    /// The rest; no user, and so without memberships.
    pub profile: AccountProfile,
}

/// Which accounts to list, in the order of ids.
#[derive(Clone, Debug)]
pub struct AccountFilter {
    /// Of that level.
    pub level: Level,
    /// That belong to this one.
    pub parent: Option<AccountId>,
    /// Of that name.
    pub name: Option<String>,
    /// Of that address, in lower case.
    pub email: Option<String>,
    /// Users with a membership at one of these.
    pub member_of: Option<Vec<AccountId>>,
    /// That belong to something, or that belong to nothing: service accounts, or people.
    pub belongs: Option<bool>,
    /// From behind this one.
    pub after: Option<AccountId>,
    /// At most so many.
    pub limit: usize,
}

impl AccountFilter {
    /// All of a level.
    #[must_use]
    pub const fn of(level: Level, limit: usize) -> Self {
        Self {
            level,
            parent: None,
            name: None,
            email: None,
            member_of: None,
            belongs: None,
            after: None,
            limit,
        }
    }

    /// Is it one of those, from whatever page on?
    pub(crate) fn takes(&self, account: &StoredAccount) -> bool {
        let profile = &account.profile;
        let is_member = |of: &Vec<AccountId>| {
            profile.memberships.iter().any(|membership| of.contains(&membership.account))
        };
        account.id.level == self.level
            && self.parent.is_none_or(|parent| account.parent == Some(parent))
            && self.name.as_ref().is_none_or(|name| *name == profile.name)
            && self.email.as_ref().is_none_or(|email| Some(email) == profile.email.as_ref())
            && self.member_of.as_ref().is_none_or(is_member)
            && self.belongs.is_none_or(|belongs| account.parent.is_some() == belongs)
            && self.after.is_none_or(|after| account.id > after)
    }
}

/// What goes together with an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doomed {
    /// Accounts that are removed.
    pub accounts: Vec<AccountId>,
    /// Keys that are revoked.
    pub keys: Vec<KeyId>,
}

/// A new secret for a key.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// Digest of the key itself.
    pub digest: [u8; 32],
    /// Which pepper the digest was made with.
    pub pepper: u32,
    /// First characters.
    pub prefix: String,
    /// Last four characters.
    pub last4: String,
    /// Until when the present secret goes on being good.
    pub old_until: Micros,
}

/// An answer to a write, to be given again. What it says is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenAnswer {
    /// Digest of what was asked.
    pub request: Vec<u8>,
    /// HTTP status; 0 while the answer of a write that was made is still to come.
    pub status: u16,
    /// `ETag`; empty without one.
    pub etag: String,
    /// The body, sealed.
    pub sealed: Vec<u8>,
    /// When it was given first.
    pub created_at: Micros,
}

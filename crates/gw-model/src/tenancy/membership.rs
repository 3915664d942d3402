//! What a person is to an account. Plain data; it must not decide what a role may do.

use super::AccountId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a person is to an organization, a team or a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything, and give it to others.
    Owner,
    /// May do everything but change owners.
    Admin,
    /// Sees and sets budgets.
    Billing,
    /// Sees everything, changes nothing.
    Auditor,
    /// Makes keys of its own.
    Member,
    /// Sees what there is.
    Viewer,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] =
        &[Self::Owner, Self::Admin, Self::Billing, Self::Auditor, Self::Member, Self::Viewer];

    /// The name in JSON and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Billing => "billing",
            Self::Auditor => "auditor",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == name)
    }
}

/// A person belongs to an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Membership {
    /// The organization, team or project.
    pub account: AccountId,
    /// As what.
    pub role: Role,
    /// Which directory gave it, and takes it again (`scim`, `oidc:NAME`); `None` where somebody did by hand.
    pub given_by: Option<Arc<str>>,
}

impl Membership {
    /// One that somebody gives by hand.
    #[must_use]
    pub const fn by_hand(account: AccountId, role: Role) -> Self {
        Self { account, role, given_by: None }
    }

    /// What is written by hand says nothing of who gave what stays as it was.
    pub fn keep_givers(list: &mut [Self], before: &[Self]) {
        for one in list.iter_mut().filter(|one| one.given_by.is_none()) {
            let same = before.iter().find(|known| (known.account, known.role) == (one.account, one.role));
            one.given_by = same.and_then(|known| known.given_by.clone());
        }
    }
}

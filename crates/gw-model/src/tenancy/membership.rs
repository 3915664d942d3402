//! What a person is to an account. Plain data; it must not decide what a role may do.

use super::AccountId;
use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Membership {
    /// The organization, team or project.
    pub account: AccountId,
    /// As what.
    pub role: Role,
}

//! Who shares limits and budgets: the levels of the hierarchy, and the names of what stands on them. Serves
//! authenticate, admit, reserve and the records. It must not know how a level is stored or counted.

mod membership;
mod policy;

use crate::ids::InvalidId;
pub use membership::{Membership, Role};
pub use policy::{AccountPolicy, CustomerPolicy, Retention};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A level at which limits and budgets may stand. The order is the one in which counters are locked, from
/// what few calls share to what all calls share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A virtual key.
    #[default]
    Key,
    /// An end user of an application, named by the caller.
    Customer,
    /// A name that callers give to calls, for limits and reports.
    Tag,
    /// A person, whatever key is used.
    User,
    /// A project of a team.
    Project,
    /// A team of an organization.
    Team,
    /// An organization.
    Organization,
    /// A bundle of limits, budgets and restrictions that keys and accounts take over. Each of them is counted for
    /// itself: nothing is counted for a plan.
    Plan,
    /// An alias of the configuration, whoever calls it.
    Model,
    /// A model at a provider, by whatever name it is called.
    Deployment,
    /// A provider, whichever of its models is called.
    Provider,
}

impl Level {
    /// Every level of who calls, in the order of counting. What is called has limits and budgets of the configuration only.
    pub const ALL: &'static [Self] = &[
        Self::Key,
        Self::Customer,
        Self::Tag,
        Self::User,
        Self::Project,
        Self::Team,
        Self::Organization,
        Self::Plan,
    ];

    /// Every level of what is called.
    pub const CALLED: &'static [Self] = &[Self::Model, Self::Deployment, Self::Provider];

    /// The name in JSON and in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Customer => "customer",
            Self::Tag => "tag",
            Self::User => "user",
            Self::Project => "project",
            Self::Team => "team",
            Self::Organization => "organization",
            Self::Plan => "plan",
            Self::Model => "model",
            Self::Deployment => "deployment",
            Self::Provider => "provider",
        }
    }

    /// Is it one of what is called, rather than of who calls?
    #[must_use]
    pub const fn is_called(self) -> bool {
        matches!(self, Self::Model | Self::Deployment | Self::Provider)
    }

    /// The level of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| level.as_str() == name)
    }

    /// What ids of the level begin with, before `_`.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Customer => "cust",
            Self::Tag => "tag",
            Self::User => "user",
            Self::Project => "proj",
            Self::Team => "team",
            Self::Organization => "org",
            Self::Plan => "plan",
            Self::Model => "model",
            Self::Deployment => "dep",
            Self::Provider => "prov",
        }
    }

    /// The number in stored forms; never given to another level.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Key => 1,
            Self::Customer => 2,
            Self::Tag => 3,
            Self::User => 4,
            Self::Project => 5,
            Self::Team => 6,
            Self::Organization => 7,
            Self::Plan => 8,
            Self::Model => 9,
            Self::Deployment => 10,
            Self::Provider => 11,
        }
    }

    /// The level of that number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().chain(Self::CALLED).copied().find(|level| level.code() == code)
    }
}

/// Identifies one account: whatever stands on a level and may have limits and budgets. Shown as the level's
/// prefix, `_` and 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountId {
    /// The level.
    pub level: Level,
    /// The number; for keys that of [`crate::KeyId`].
    pub number: u128,
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{:032x}", self.level.prefix(), self.number)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AccountId {
    type Err = InvalidId;
    /// Reads the id of who calls: nobody names what is called by an id, but in lists of budgets.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::read(text, Level::ALL)
    }
}

impl AccountId {
    /// Reads the id of what is called.
    ///
    /// # Errors
    /// It is none.
    pub fn parse_called(text: &str) -> Result<Self, InvalidId> {
        Self::read(text, Level::CALLED)
    }

    fn read(text: &str, levels: &[Level]) -> Result<Self, InvalidId> {
        let (prefix, hex) = text.split_once('_').ok_or(InvalidId)?;
        let level = levels.iter().copied().find(|level| level.prefix() == prefix).ok_or(InvalidId)?;
        if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(InvalidId);
        }
        u128::from_str_radix(hex, 16).map(|number| Self { level, number }).map_err(|_| InvalidId)
    }
}

#[cfg(test)]
mod tests;

//! What a directory says of people and groups over SCIM, as stored. Plain data; it must not know SCIM's messages.

use super::shown_id::shown_id;
use gw_model::{AccountId, Micros};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a directory says of a person beside what every user has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScimPerson {
    /// The organization whose directory it is.
    #[serde(with = "as_text")]
    pub organization: AccountId,
    /// `userName`: unique within the organization, whatever its case.
    pub user_name: String,
    /// `externalId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// All other attributes that it gave, by their names.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
    /// The directory removed him: for it there is no such person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

impl ScimPerson {
    /// What must differ between people: the organization and the name. Nothing for somebody who was removed.
    #[must_use]
    pub fn unique_name(&self) -> Option<String> {
        (!self.deleted).then(|| format!("{} {}", self.organization, self.user_name.to_lowercase()))
    }
}

shown_id! {
    /// Identifies a group. Shown as `grp_` and 32 hex digits.
    GroupId, "grp_"
}

/// A group of an organization's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredGroup {
    /// Id.
    pub id: GroupId,
    /// The organization whose directory it is.
    pub organization: AccountId,
    /// `displayName`: unique within the organization, whatever its case.
    pub name: String,
    /// `externalId`.
    pub external_id: Option<String>,
    /// The users in it, in the order of ids, each once.
    pub members: Vec<AccountId>,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
    /// Grows with each change, from 1.
    pub revision: i64,
}

impl StoredGroup {
    /// What must differ within an organization.
    pub(crate) fn unique_name(&self) -> String {
        self.name.to_lowercase()
    }

    /// The members in one column.
    pub(crate) fn members_text(&self) -> String {
        self.members.iter().map(AccountId::to_string).collect::<Vec<_>>().join(" ")
    }

    /// The members out of that column; nothing where it can not be understood.
    pub(crate) fn members_of(text: &str) -> Option<Vec<AccountId>> {
        text.split_whitespace().map(|id| id.parse().ok()).collect()
    }
}

/// Ids as they are shown.
mod as_text {
    use gw_model::AccountId;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &AccountId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccountId, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("it is no id of an account"))
    }
}

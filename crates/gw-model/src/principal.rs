//! Who calls, and what they may do.

use crate::AccountId;
use crate::access::Access;
use crate::format::Endpoint;
use crate::ids::KeyId;
use crate::limits::{Budget, Limits};
use crate::priority::Priority;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

mod stored;

/// A key as people set it: what is its own, and what it may do. The same for keys from the configuration and from the
/// API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "stored::Stored")]
pub struct KeyPolicy {
    /// Shown to people; unique within [`KeyPolicy::owner`].
    pub name: String,
    /// The person whose calls these are, when set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// It may call nothing until that is lifted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Microseconds since the epoch from which on the key is refused.
    pub expires_at: Option<i64>,
    /// Free text for people and reports.
    pub metadata: BTreeMap<String, String>,
    /// What it may do, and how much.
    #[serde(flatten)]
    pub terms: KeyTerms,
}

impl KeyPolicy {
    /// Within what its name is unique: its project, else its team, else its person, else what it is labelled with; empty for none.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.terms.owner(self.user_id.as_deref())
    }
}

impl Deref for KeyPolicy {
    type Target = KeyTerms;

    fn deref(&self) -> &KeyTerms {
        &self.terms
    }
}

impl DerefMut for KeyPolicy {
    fn deref_mut(&mut self) -> &mut KeyTerms {
        &mut self.terms
    }
}

/// What a key may do, and how much: apart from what is each key's own, as very many keys have the same terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyTerms {
    /// Team, when set.
    pub team_id: Option<String>,
    /// Project, when set.
    pub project_id: Option<String>,
    /// The plan whose limits, budgets and restrictions it has besides its own, when set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<String>,
    /// Patterns of allowed models: exact, `provider/*`, or `*`. Empty allows none.
    pub models: Vec<String>,
    /// Allowed endpoint kinds; `None` allows all but pass-through.
    pub endpoints: Option<Vec<Endpoint>>,
    /// Rate and concurrency limits.
    pub limits: Limits,
    /// Budgets, all of which must have enough left.
    #[serde(default, alias = "budget", deserialize_with = "stored::budgets")]
    pub budgets: Vec<Budget>,
    /// How much its calls matter when there is not room for all; a call may ask for less.
    #[serde(default, skip_serializing_if = "Priority::is_default")]
    pub priority: Priority,
    /// Guardrails that apply to its calls, by name.
    pub guardrails: Vec<String>,
    /// Which of a provider's credentials its calls use: provider, then credential. Others are drawn by weight.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<String, String>,
    /// From where, when and with what metadata it may be used; most keys have no such rules, and it is a box for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Box<Access>>,
    /// Whoever holds it made it for himself, and nobody else has changed it: what stands here he may lift again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made_by_holder: bool,
}

impl KeyTerms {
    /// As [`KeyPolicy::owner`], of a key of that person.
    #[must_use]
    pub fn owner<'a>(&'a self, user_id: Option<&'a str>) -> &'a str {
        let (project, team) = (self.project_id.as_deref(), self.team_id.as_deref());
        // Labels are nobody's: two tenants may have the same.
        let is_account = |text: &&str| text.parse::<AccountId>().is_ok();
        let account = project.filter(is_account).or(team.filter(is_account)).or(user_id);
        account.or(project).or(team).unwrap_or("")
    }

    /// True when one of the patterns covers any of `names` (the alias that was asked for, and its
    /// `provider/model` spelling).
    #[must_use]
    pub fn allows_model(&self, names: &[&str]) -> bool {
        any_matches(&self.models, names)
    }

    /// True when the endpoint kind is allowed.
    #[must_use]
    pub fn allows_endpoint(&self, endpoint: Endpoint) -> bool {
        match &self.endpoints {
            None => endpoint != Endpoint::Passthrough,
            // Listing what one may call is part of being allowed to call anything.
            Some(list) => endpoint == Endpoint::Models || list.contains(&endpoint),
        }
    }
}

/// Is it a name, or the beginning of one and `*`? Elsewhere than at the end, `*` would be taken for itself, and cover nothing.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    !text.is_empty() && !text.strip_suffix('*').unwrap_or(text).contains('*')
}

/// Does one of the patterns cover one of the names?
#[must_use]
pub fn any_matches(patterns: &[String], names: &[&str]) -> bool {
    patterns.iter().any(|pattern| names.iter().any(|name| model_matches(pattern, name)))
}

/// Does `pattern` (exact, `prefix*`, `*`) cover `name`?
#[must_use]
pub fn model_matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

/// The authenticated caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The holder of the master key: everything is allowed, nothing is limited.
    Master,
    /// The holder of a virtual key.
    Key(KeyId),
}

impl Principal {
    /// The key's id, [`KeyId::MASTER`] for the master key.
    #[must_use]
    pub const fn key_id(self) -> KeyId {
        match self {
            Self::Master => KeyId::MASTER,
            Self::Key(id) => id,
        }
    }
}

//! What an account allows all calls that count for it, beside what the key allows. Plain data.

use crate::access::Access;
use crate::format::Endpoint;
use crate::limits::{Budget, Limits};
use serde::{Deserialize, Serialize};

/// Restrictions, limits and budgets of an organization, a team, a project, a user, a customer or a tag. A call must
/// be within those of every account that it counts for: nothing below can allow what something above forbids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountPolicy {
    /// Patterns of allowed models: exact, `provider/*`, or `*`. `None` allows what the key does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// Allowed endpoint kinds. `None` allows what the key does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Vec<Endpoint>>,
    /// Allowed providers, by their configured names. `None` allows all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<String>>,
    /// From where, when and with what calls may come. `None` allows what the key does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Box<Access>>,
    /// It is a customer that was made on sight: its limits and budgets are those that the configuration gives such.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub on_sight: bool,
    /// Members make no keys of their own below it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_member_keys: bool,
    /// How long records and bodies of its calls are kept, where that is not what the configuration says. Of organizations.
    #[serde(skip_serializing_if = "Retention::is_usual")]
    pub retention: Retention,
    /// Most output tokens that one request may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// Guardrails that look at its calls, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guardrails: Vec<String>,
    /// Rate and concurrency limits.
    pub limits: Limits,
    /// Budgets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
}

/// Days that something is kept; `None` for what the configuration says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// Records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_days: Option<u32>,
    /// What callers sent and got.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_days: Option<u32>,
}

impl Retention {
    /// Is it what the configuration says?
    #[must_use]
    pub const fn is_usual(&self) -> bool {
        self.record_days.is_none() && self.body_days.is_none()
    }
}

impl AccountPolicy {
    /// True when one of the patterns covers any of `names`, or there are none.
    #[must_use]
    pub fn allows_model(&self, names: &[&str]) -> bool {
        self.models.as_ref().is_none_or(|patterns| crate::principal::any_matches(patterns, names))
    }

    /// True when the endpoint kind is allowed.
    #[must_use]
    pub fn allows_endpoint(&self, endpoint: Endpoint) -> bool {
        // Listing what one may call is part of being allowed to call anything.
        endpoint == Endpoint::Models || self.endpoints.as_ref().is_none_or(|list| list.contains(&endpoint))
    }

    /// True when the provider is allowed.
    #[must_use]
    pub fn allows_provider(&self, provider: &str) -> bool {
        self.providers.as_ref().is_none_or(|list| list.iter().any(|name| name == provider))
    }
}

/// What becomes of customers that callers name and nobody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerPolicy {
    /// Each counts by itself from its first call on.
    pub on_sight: bool,
    /// Calls of keys that name none are refused.
    pub required: bool,
    /// Most of them that are counted at a time.
    pub max: usize,
    /// Limits of each.
    pub limits: Limits,
    /// Budgets of each.
    pub budgets: Vec<Budget>,
}

impl Default for CustomerPolicy {
    fn default() -> Self {
        let (limits, budgets) = (Limits::default(), Vec::new());
        Self { on_sight: false, required: false, max: 100_000, limits, budgets }
    }
}

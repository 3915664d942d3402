//! What calls may be: where they may go, how large they may be, which tools and parameters they may bring. Most keys have no such rules.
//! Pure: what a call is, is given.

use super::deny::DenyRule;
use super::parameters::ParameterRules;
use crate::principal::model_matches;
use serde::{Deserialize, Serialize};

/// Rules for what calls may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct CallRules {
    /// Of keys: allowed providers, by their configured names. `None` allows all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<String>>,
    /// Regions where calls may go, as providers have them. `None` allows all; a provider without one is in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<String>>,
    /// Most input tokens of one request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_input_tokens: Option<u64>,
    /// Of keys: most output tokens that one request may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// Names of tools that calls may bring: exact, `prefix*`, or `*`. `None` allows all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// Names of tools that they may not bring, whatever is allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied_tools: Vec<String>,
    /// Nothing but the first target is asked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_fallbacks: bool,
    /// Which parameters they may have, and what these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Box<ParameterRules>>,
    /// Those for which this holds are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deny: Option<Box<DenyRule>>,
}

impl CallRules {
    /// True when they ask for nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.providers.is_none()
            && self.regions.is_none()
            && self.max_input_tokens.is_none()
            && self.max_output_tokens.is_none()
            && !self.asks_tools()
            && !self.no_fallbacks
            && self.parameters.is_none()
            && self.deny.is_none()
    }

    /// True when the provider is allowed.
    #[must_use]
    pub fn allows_provider(&self, provider: &str) -> bool {
        self.providers.as_ref().is_none_or(|list| list.iter().any(|name| name == provider))
    }

    /// True when calls may go to that region.
    #[must_use]
    pub fn allows_region(&self, region: Option<&str>) -> bool {
        let Some(list) = &self.regions else { return true };
        region.is_some_and(|region| list.iter().any(|name| name == region))
    }

    /// True when it matters which tools a call brings.
    #[must_use]
    pub const fn asks_tools(&self) -> bool {
        self.tools.is_some() || !self.denied_tools.is_empty()
    }

    /// True when calls may bring the tool of that name.
    #[must_use]
    pub fn allows_tool(&self, name: &str) -> bool {
        let is_in = |list: &[String]| list.iter().any(|pattern| model_matches(pattern, name));
        self.tools.as_ref().is_none_or(|list| is_in(list)) && !is_in(&self.denied_tools)
    }
}

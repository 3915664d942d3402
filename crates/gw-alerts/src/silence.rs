//! Silences: for a time, nobody is told of what they match. What happens is written down all the same.

use crate::notice::Subject;
use crate::rule::{Rule, Severity};
use crate::wrong::{Wrong, choice};
use gw_model::{AccountId, Micros, time};
use serde::{Deserialize, Serialize};

/// Longest comment and longest value, in characters.
const MAX_TEXT: usize = 256;

/// A silence as it is written. What it does not say is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SilenceDraft {
    /// Of the rule of that name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Of that severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// About what has that id: a key, a team, a model, a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_id: Option<String>,
    /// Until when.
    pub until: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A silence, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Identifies it.
    pub id: String,
    /// Whose rules it is about; with none, of all of them.
    pub organization: Option<AccountId>,
    rule: Option<String>,
    severity: Option<Severity>,
    subject_id: Option<String>,
    /// Until when.
    pub until: Micros,
}

impl SilenceDraft {
    /// Names of all fields.
    pub const FIELDS: [&'static str; 5] = ["rule", "severity", "subject_id", "until", "comment"];

    /// Checks it.
    ///
    /// # Errors
    /// A field that is wrong.
    pub fn check(&self, id: &str, organization: Option<AccountId>) -> Result<Silence, Wrong> {
        let texts = [("rule", &self.rule), ("subject_id", &self.subject_id), ("comment", &self.comment)];
        for (field, text) in texts {
            let Some(text) = text else { continue };
            if text.is_empty() || text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
                let text = format!("'{field}' must be a line of 1 to {MAX_TEXT} characters");
                return Err(Wrong::new(field, text));
            }
        }
        let until = time::parse(&self.until).ok_or_else(|| {
            Wrong::new("until", "'until' must be a time such as 2026-11-01T00:00:00Z: add it")
        })?;
        let severity = self.severity.as_deref();
        Ok(Silence {
            id: id.to_owned(),
            organization,
            rule: self.rule.clone(),
            severity: severity.map(|word| choice("severity", word, &Severity::NAMES)).transpose()?,
            subject_id: self.subject_id.clone(),
            until,
        })
    }
}

impl Silence {
    /// Is nobody to be told of that now?
    #[must_use]
    pub fn matches(&self, rule: &Rule, subject: &Subject, now: Micros) -> bool {
        now < self.until
            && (self.organization.is_none() || self.organization == rule.organization)
            && self.rule.as_ref().is_none_or(|name| *name == rule.name)
            && self.severity.is_none_or(|severity| severity == rule.severity)
            && self.subject_id.as_ref().is_none_or(|id| *id == subject.id)
    }
}

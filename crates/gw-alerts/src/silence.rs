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
    /// Of the rules of that name that organizations have, too, where it is one of the gateway's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_organizations: Option<bool>,
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
    all_organizations: bool,
    /// Until when.
    pub until: Micros,
}

impl SilenceDraft {
    /// Names of all fields.
    pub const FIELDS: [&'static str; 6] =
        ["rule", "severity", "subject_id", "all_organizations", "until", "comment"];

    /// Checks one that somebody writes now: it must be about something, and not be over.
    ///
    /// # Errors
    /// A field that is wrong.
    pub fn check_new(
        &self,
        id: &str,
        organization: Option<AccountId>,
        now: Micros,
    ) -> Result<Silence, Wrong> {
        let silence = self.check(id, organization)?;
        if self.rule.is_none() && self.severity.is_none() && self.subject_id.is_none() {
            let text = "a silence must name a 'rule', a 'severity' or a 'subject_id': of all alerts nobody would be told";
            return Err(Wrong::new("rule", text));
        }
        if self.all_organizations == Some(true) && (organization.is_some() || self.rule.is_none()) {
            let text =
                "'all_organizations' is for silences of the gateway itself that name a 'rule': leave it out";
            return Err(Wrong::new("all_organizations", text));
        }
        if silence.until <= now {
            return Err(Wrong::new(
                "until",
                "'until' is over already: give a time to come, or end the silence",
            ));
        }
        Ok(silence)
    }

    /// Checks one that is kept. Those of older programs may be about everything.
    ///    ///
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
            all_organizations: self.all_organizations.unwrap_or(false),
            until,
        })
    }
}

impl Silence {
    /// Is nobody to be told of that now?
    #[must_use]
    pub fn matches(&self, rule: &Rule, subject: &Subject, now: Micros) -> bool {
        now < self.until
            && self.is_for(rule.organization)
            && self.rule.as_ref().is_none_or(|name| *name == rule.name)
            && self.severity.is_none_or(|severity| severity == rule.severity)
            && self.subject_id.as_ref().is_none_or(|id| *id == subject.id)
    }

    /// Is it about rules of that organization, or of the gateway itself? Names of rules are the organizations' own: two of one
    /// name have nothing to do with each other.
    fn is_for(&self, organization: Option<AccountId>) -> bool {
        match self.organization {
            None => organization.is_none() || self.rule.is_none() || self.all_organizations,
            own => own == organization,
        }
    }
}

#[cfg(test)]
mod tests;

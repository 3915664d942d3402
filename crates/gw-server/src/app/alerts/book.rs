//! The rules, channels and silences in force: those of the file and those of the database together. What of the database can not be
//! read (a later version may have written it) is left out and logged; the rest holds.

use crate::app::state::App;
use gw_alerts::channel::Reach;
use gw_alerts::{
    Channel, ChannelDraft, ChannelSecrets, Condition, Rule, RuleDraft, Severity, Silence, SilenceDraft, Wrong,
};
use gw_config::compile::AlertPolicy;
use gw_model::{AccountId, Micros};
use gw_store::StoreError;
use gw_store::types::StoredAlertObject;
use gw_store::vault::name_of_channel;
use std::collections::HashMap;

/// Id of the rule that there is while nobody wrote one about budgets.
pub(crate) const BUDGETS: &str = "builtin:budgets";

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    /// With when each was made, where that is known.
    pub(crate) rules: Vec<(Rule, Option<Micros>)>,
    /// By id.
    pub(crate) channels: HashMap<String, Channel>,
    pub(crate) silences: Vec<Silence>,
    /// Ids of what can not be read: another gateway may.
    pub(crate) unread: Vec<String>,
}

/// What a stored thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rule,
    Channel,
    Silence,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Channel => "channel",
            Self::Silence => "silence",
        }
    }

    /// What ids begin with.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Rule => "rul_",
            Self::Channel => "chn_",
            Self::Silence => "sil_",
        }
    }
}

/// Whose a stored thing is. `None`: of nobody that can be.
pub(crate) fn organization_of(stored: &StoredAlertObject) -> Option<Option<AccountId>> {
    match stored.organization.as_str() {
        "" => Some(None),
        text => text.parse().ok().map(Some),
    }
}

impl Book {
    /// Of the file alone.
    pub(crate) fn of_file(policy: &AlertPolicy) -> Self {
        let mut book = Self {
            rules: policy.rules.iter().map(|(rule, _)| (rule.clone(), None)).collect(),
            channels: policy.channels.iter().map(|(one, _)| (one.id.clone(), one.clone())).collect(),
            silences: Vec::new(),
            unread: Vec::new(),
        };
        book.complete();
        book
    }

    /// Of the file and the database.
    pub(crate) fn read(app: &App) -> Result<Self, StoreError> {
        let policy = app.alerts.policy.load();
        let mut book = Self::of_file(&policy);
        book.rules.retain(|(rule, _)| rule.id != BUDGETS);
        for stored in app.storage.database.alert_objects()? {
            if !book.add(app, &stored) {
                tracing::warn!(id = stored.id, kind = stored.kind, "a part of alerts can not be read");
                book.unread.push(stored.id);
            }
        }
        book.complete();
        Ok(book)
    }

    fn add(&mut self, app: &App, stored: &StoredAlertObject) -> bool {
        let found = match stored.kind.as_str() {
            "rule" => {
                rule(stored).ok().flatten().map(|rule| self.rules.push((rule, Some(stored.created_at))))
            }
            "channel" => channel(app, stored).map(|one| drop(self.channels.insert(one.id.clone(), one))),
            _ => silence(stored).ok().flatten().map(|one| self.silences.push(one)),
        };
        found.is_some()
    }

    /// A budget that says at which shares somebody is to be told is heard, whether or not there is a rule.
    fn complete(&mut self) {
        let is_about_budgets =
            |rule: &Rule| rule.organization.is_none() && matches!(rule.condition, Condition::Budget { .. });
        if self.rules.iter().any(|(rule, _)| is_about_budgets(rule)) {
            return;
        }
        let rule = Rule {
            id: BUDGETS.to_owned(),
            name: "budgets".to_owned(),
            organization: None,
            enabled: true,
            severity: Severity::Warning,
            channels: Vec::new(),
            repeat_after_us: None,
            send_resolved: false,
            condition: Condition::Budget { at: Vec::new(), forecast: false, levels: Vec::new() },
        };
        self.rules.push((rule, None));
    }

    /// Ids of the channels that a rule tells: those that it names among those of the same, or all that want everything.
    pub(crate) fn told_by(&self, rule: &Rule) -> Vec<String> {
        let of_same = self.channels.values().filter(|one| one.organization == rule.organization);
        let is_told = |one: &&Channel| match rule.channels.is_empty() {
            true => one.is_default,
            false => rule.channels.contains(&one.name),
        };
        let mut ids: Vec<String> = of_same.filter(is_told).map(|one| one.id.clone()).collect();
        ids.sort_unstable();
        ids
    }
}

/// The rule that is stored; `None` where nobody can have it.
pub(crate) fn rule(stored: &StoredAlertObject) -> Result<Option<Rule>, Wrong> {
    let draft: Option<RuleDraft> = serde_json::from_str(&stored.document).ok();
    let (Some(draft), Some(organization)) = (draft, organization_of(stored)) else { return Ok(None) };
    draft.check(&stored.id, &stored.name, organization).map(Some)
}

pub(crate) fn silence(stored: &StoredAlertObject) -> Result<Option<Silence>, Wrong> {
    let draft: Option<SilenceDraft> = serde_json::from_str(&stored.document).ok();
    let (Some(draft), Some(organization)) = (draft, organization_of(stored)) else { return Ok(None) };
    draft.check(&stored.id, organization).map(Some)
}

/// The channel that is stored, with what is sealed of it.
pub(crate) fn channel(app: &App, stored: &StoredAlertObject) -> Option<Channel> {
    let draft: ChannelDraft = serde_json::from_str(&stored.document).ok()?;
    let organization = organization_of(stored)?;
    let secrets = secrets(app, stored)?;
    draft.check((&stored.id, &stored.name), organization, &secrets, reach(app, organization)).ok()
}

/// What is sealed of a channel; `None` where it can not be opened.
pub(crate) fn secrets(app: &App, stored: &StoredAlertObject) -> Option<ChannelSecrets> {
    let Some(sealed) = &stored.sealed else { return Some(ChannelSecrets::default()) };
    let opened = app.storage.vault.open(&name_of_channel(&stored.id), sealed);
    opened.ok().and_then(|text| ChannelSecrets::from_text(&text))
}

/// Who has no say over the gateway does not send its requests into its network.
pub(crate) fn reach(app: &App, organization: Option<AccountId>) -> Reach {
    let only_public = organization.is_some() && !app.alerts.policy.load().private_addresses;
    Reach { ca_file: None, allow_link_local: false, only_public }
}

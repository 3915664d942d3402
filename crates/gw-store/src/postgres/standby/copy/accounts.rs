//! Accounts in the copy of the last state. Serves a start without the server.

use crate::types::{AccountProfile, ScimPerson, StoredAccount};
use gw_model::{AccountId, AccountPolicy, Membership, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
pub(super) struct AccountOut {
    id: String,
    parent: Option<String>,
    name: String,
    email: Option<String>,
    plan: Option<String>,
    policy: AccountPolicy,
    metadata: BTreeMap<String, String>,
    disabled: bool,
    memberships: Vec<(String, Role)>,
    /// Who gave those that nobody gave by hand, by the account.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    given_by: BTreeMap<String, String>,
    /// Copies of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gateway_role: Option<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scim: Option<Box<ScimPerson>>,
    created_at: i64,
    updated_at: i64,
    revision: i64,
}

/// Which account a membership is at, and who gave it; `None` where somebody did by hand.
fn giver(membership: &Membership) -> Option<(String, String)> {
    let giver = membership.given_by.as_deref()?;
    Some((membership.account.to_string(), giver.to_owned()))
}

impl AccountOut {
    pub(super) fn of(account: &StoredAccount) -> Self {
        let text = |id: AccountId| id.to_string();
        let AccountProfile { name, email, plan, policy, metadata, disabled, memberships, gateway_role, scim } =
            account.profile.clone();
        Self {
            id: account.id.to_string(),
            parent: account.parent.map(text),
            name,
            email,
            plan: plan.map(text),
            policy,
            metadata,
            disabled,
            memberships: memberships.iter().map(|m| (m.account.to_string(), m.role)).collect(),
            given_by: memberships.iter().filter_map(giver).collect(),
            gateway_role,
            scim,
            created_at: account.created_at,
            updated_at: account.updated_at,
            revision: account.revision,
        }
    }

    /// `None` when an id is none.
    pub(super) fn account(self) -> Option<StoredAccount> {
        let id = |text: Option<String>| text.map(|text| text.parse::<AccountId>().ok());
        let mut memberships = Vec::with_capacity(self.memberships.len());
        for (account, role) in self.memberships {
            let given_by = self.given_by.get(&account).map(|giver| giver.as_str().into());
            memberships.push(Membership { account: account.parse().ok()?, role, given_by });
        }
        let (parent, plan) = (id(self.parent), id(self.plan));
        if parent == Some(None) || plan == Some(None) {
            return None;
        }
        Some(StoredAccount {
            id: self.id.parse().ok()?,
            parent: parent.flatten(),
            profile: AccountProfile {
                name: self.name,
                email: self.email,
                plan: plan.flatten(),
                policy: self.policy,
                metadata: self.metadata,
                disabled: self.disabled,
                memberships,
                gateway_role: self.gateway_role,
                scim: self.scim,
            },
            created_at: self.created_at,
            updated_at: self.updated_at,
            revision: self.revision,
        })
    }
}

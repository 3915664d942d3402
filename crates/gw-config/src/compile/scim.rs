//! What groups of directories give. Whether the organizations and teams exist is known only when somebody is provisioned:
//! they live in the store.

use crate::errors::Faults;
use crate::settings::scim::{RoleName, ScimBlock};
use gw_model::Role;
use std::collections::HashSet;

/// What people get whom a directory provisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimSettings {
    /// The role of everybody.
    pub default_role: Role,
    /// What groups give.
    pub groups: Vec<GroupRule>,
}

/// What everybody in a group gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRule {
    /// The group's name.
    pub group: String,
    /// Of that organization only: its id or name.
    pub organization: Option<String>,
    /// The team where the role holds, by its id or name; without this and a project it holds at the organization.
    pub team: Option<String>,
    /// The project where it holds, of that team where one is named.
    pub project: Option<String>,
    /// The role.
    pub role: Role,
}

pub(super) fn scim(block: &ScimBlock, faults: &mut Faults) -> ScimSettings {
    let default_role = role(block.default_role.value);
    let mut seen = HashSet::new();
    let mut groups = Vec::with_capacity(block.groups.value.len());
    for rule in &block.groups.value {
        let given = &rule.value;
        let text = |text: &crate::shape::Text| text.0.clone();
        let rule_of = GroupRule {
            group: text(&given.group.value),
            organization: given.organization.as_ref().map(|one| text(&one.value)),
            team: given.team.as_ref().map(|one| text(&one.value)),
            project: given.project.as_ref().map(|one| text(&one.value)),
            role: given.role.as_ref().map_or(default_role, |name| role(name.value)),
        };
        let place = (rule_of.organization.clone(), rule_of.team.clone(), rule_of.project.clone());
        let known = (rule_of.group.to_lowercase(), place);
        if !seen.insert(known) {
            let text =
                format!("the group '{}' has a role there already: remove one of the two", rule_of.group);
            faults.add(rule.place, text);
        }
        groups.push(rule_of);
    }
    ScimSettings { default_role, groups }
}

fn role(name: RoleName) -> Role {
    match name {
        RoleName::Owner => Role::Owner,
        RoleName::Admin => Role::Admin,
        RoleName::Billing => Role::Billing,
        RoleName::Auditor => Role::Auditor,
        RoleName::Member => Role::Member,
        RoleName::Viewer => Role::Viewer,
    }
}

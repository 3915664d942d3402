//! Groups of an organization's directory. What a group gives its members is settled before the group itself is written: who
//! asks again after a failure makes it whole.

use super::people::{TRIES, expect};
use super::{ScimError, Tenant};
use crate::app::audit;
use crate::scim::{Fault, FaultKind};
use gw_model::AccountId;
use gw_store::StoreError;
use gw_store::audit::{AuditDraft, changed};
use gw_store::keys::generate_group_id;
use gw_store::traits::ControlStore;
use gw_store::types::{GroupId, StoredGroup};
use serde_json::{Value, json};

/// Most members of a group.
pub(super) const MAX_MEMBERS: usize = 50_000;

/// Most groups of an organization.
const MAX_GROUPS: usize = 10_000;

/// Longest name, in characters.
const MAX_NAME: usize = 256;

/// What a directory wants a group to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupGiven {
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
    /// Ids of people.
    pub(crate) members: Vec<String>,
}

impl Tenant {
    /// All of them, in the order of ids.
    pub(crate) fn groups(&self) -> Result<Vec<StoredGroup>, ScimError> {
        Ok(self.app.storage.database.groups(Some(self.organization))?)
    }

    /// One of them.
    pub(crate) fn group(&self, id: &str) -> Result<StoredGroup, ScimError> {
        let id = id.parse::<GroupId>().map_err(|_| ScimError::NotFound)?;
        let found = self.app.storage.database.group(id)?;
        found.filter(|group| group.organization == self.organization).ok_or(ScimError::NotFound)
    }

    /// Makes a group.
    pub(crate) fn create_group(&self, given: GroupGiven) -> Result<StoredGroup, ScimError> {
        let _alone = self.app.provisioning.lock();
        let all = self.groups()?;
        if all.len() >= MAX_GROUPS {
            let text = format!("there are {MAX_GROUPS} groups already");
            return Err(Fault::new(FaultKind::TooMany, text).into());
        }
        let now = self.app.gateway.clock().now();
        let group = StoredGroup {
            id: generate_group_id()?,
            organization: self.organization,
            name: name(&given.name)?,
            external_id: given.external_id,
            members: self.members(&[], &given.members)?,
            created_at: now,
            updated_at: now,
            revision: 1,
        };
        if all.iter().any(|other| other.name.to_lowercase() == group.name.to_lowercase()) {
            return Err(ScimError::Taken { what: "displayName" });
        }
        self.settle(&all, None, Some(&group))?;
        let mut entry = self.noted("scim_group.create", &group);
        entry.after = Some(told(&group));
        let made = audit::with_entry(&self.app, &entry, |store| store.create_group(&group).map(Some))
            .map_err(taken)?;
        made.ok_or(ScimError::NotFound)?;
        Ok(group)
    }

    /// Changes a group: `change` is given what it is now.
    pub(crate) fn change_group(
        &self,
        id: &str,
        if_revision: Option<i64>,
        change: impl Fn(&StoredGroup) -> Result<GroupGiven, ScimError>,
    ) -> Result<StoredGroup, ScimError> {
        let _alone = self.app.provisioning.lock();
        for attempt in 1.. {
            let present = self.group(id)?;
            expect(if_revision, present.revision)?;
            let given = change(&present)?;
            let group = StoredGroup {
                name: name(&given.name)?,
                external_id: given.external_id,
                members: self.members(&present.members, &given.members)?,
                ..present.clone()
            };
            if group == present {
                return Ok(present);
            }
            match self.write_group(&present, group) {
                Err(ScimError::Changed { .. }) if if_revision.is_none() && attempt < TRIES => {}
                done => return done,
            }
        }
        Err(ScimError::NotFound)
    }

    fn write_group(&self, present: &StoredGroup, mut group: StoredGroup) -> Result<StoredGroup, ScimError> {
        let all = self.groups()?;
        let is_other = |other: &&StoredGroup| {
            other.id != group.id && other.name.to_lowercase() == group.name.to_lowercase()
        };
        if all.iter().any(|other| is_other(&other)) {
            return Err(ScimError::Taken { what: "displayName" });
        }
        self.settle(&all, Some(present), Some(&group))?;
        group.revision = present.revision + 1;
        group.updated_at = self.app.gateway.clock().now();
        let mut entry = self.noted("scim_group.update", &group);
        let (before, after) = changed(&told(present), &told(&group));
        (entry.before, entry.after) = (Some(before), Some(after));
        let update = |store: &dyn ControlStore| Ok(store.update_group(&group)?.then_some(()));
        let done = audit::with_entry(&self.app, &entry, update).map_err(taken)?;
        done.ok_or(ScimError::Changed { revision: group.revision })?;
        Ok(group)
    }

    /// Removes a group. Its members stay, without what it gave them.
    pub(crate) fn remove_group(&self, id: &str, if_revision: Option<i64>) -> Result<(), ScimError> {
        let _alone = self.app.provisioning.lock();
        let present = self.group(id)?;
        expect(if_revision, present.revision)?;
        self.settle(&self.groups()?, Some(&present), None)?;
        let mut entry = self.noted("scim_group.delete", &present);
        entry.before = Some(told(&present));
        let delete = |store: &dyn ControlStore| Ok(store.delete_group(present.id)?.then_some(()));
        audit::with_entry(&self.app, &entry, delete)?.ok_or(ScimError::NotFound)
    }

    /// Takes somebody out of every group; what they gave him is gone already.
    pub(super) fn leave_groups(&self, user: AccountId) -> Result<(), ScimError> {
        let _alone = self.app.provisioning.lock();
        for present in self.groups()?.into_iter().filter(|group| group.members.contains(&user)) {
            let mut group = present.clone();
            group.members.retain(|member| *member != user);
            self.write_group(&present, group)?;
        }
        Ok(())
    }

    /// The people of these ids. Those who were in it already may be gone meanwhile.
    fn members(&self, present: &[AccountId], ids: &[String]) -> Result<Vec<AccountId>, ScimError> {
        if ids.len() > MAX_MEMBERS {
            let text = format!("a group may have {MAX_MEMBERS} members");
            return Err(Fault::new(FaultKind::TooMany, text).into());
        }
        let mut members = Vec::with_capacity(ids.len());
        for text in ids {
            let known = text.parse::<AccountId>().ok().filter(|id| present.binary_search(id).is_ok());
            members.push(match known {
                Some(id) => id,
                None => match self.person(text) {
                    Ok(person) => person.id,
                    Err(ScimError::NotFound) => {
                        let text = format!("has '{text}', who is no user of the organization");
                        return Err(Fault::value("members", text).into());
                    }
                    Err(error) => return Err(error),
                },
            });
        }
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }

    fn noted(&self, action: &'static str, group: &StoredGroup) -> AuditDraft {
        let mut draft = audit::draft(&self.app, &self.caller.origin, action, "scim_group");
        (draft.id, draft.name) = (group.id.to_string(), group.name.clone());
        draft.places = vec![self.organization];
        draft
    }
}

fn name(given: &str) -> Result<String, ScimError> {
    let name = given.trim();
    let is_good = !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control);
    match is_good {
        true => Ok(name.to_owned()),
        false => {
            let text = format!("must be a name of at most {MAX_NAME} characters");
            Err(Fault::value("displayName", text).into())
        }
    }
}

fn told(group: &StoredGroup) -> Value {
    json!({
        "name": group.name,
        "organization_id": group.organization.to_string(),
        "external_id": group.external_id,
        "members": group.members.iter().map(AccountId::to_string).collect::<Vec<_>>(),
    })
}

fn taken(error: StoreError) -> ScimError {
    match error {
        StoreError::NameTaken { .. } => ScimError::Taken { what: "displayName" },
        error => error.into(),
    }
}

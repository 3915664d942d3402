//! What groups give their members: memberships at the organization and its teams, by the settings or by the team's name.
//! Where a group gives a role, the directory decides who has one there; what it gave it takes again, also where the place has got
//! another name since.

use super::{ScimError, Tenant};
use crate::app::accounts;
use gw_config::compile::GroupRule;
use gw_model::{AccountId, Level, Membership, Role};
use gw_store::memory::Account;
use gw_store::types::{StoredAccount, StoredGroup};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What memberships say that groups gave.
const GIVER: &str = "scim";

impl Tenant {
    /// What a group of that name gives: where, and as what.
    fn gives(&self, name: &str) -> Vec<(AccountId, Role)> {
        let settings = self.app.scim.load();
        let rules = settings.groups.iter().filter(|rule| self.is_meant(rule, name));
        let mut any = false;
        let mut given = Vec::new();
        for rule in rules {
            any = true;
            match self.place(rule) {
                Some(account) => given.push((account, rule.role)),
                None => tracing::warn!(
                    group = name,
                    team = rule.team,
                    project = rule.project,
                    "a group is to give a role at a team or project that the organization does not have, or has several of"
                ),
            }
        }
        if !any && let Some(team) = self.team(name) {
            given.push((team.id, settings.default_role));
        }
        given
    }

    /// Where a rule's role holds; `None` where there is no such place.
    fn place(&self, rule: &GroupRule) -> Option<AccountId> {
        let team = match &rule.team {
            None => self.organization,
            Some(team) => self.team(team)?.id,
        };
        let Some(text) = &rule.project else { return Some(team) };
        let table = &self.app.gateway.keys.accounts;
        let found = match text.parse::<AccountId>() {
            Ok(id) => table.get(id).filter(|found| found.id.level == Level::Project),
            Err(_) => table.only_named(Level::Project, text, Some(team)),
        };
        found.filter(|found| found.lineage().any(|account| account.id == team)).map(|found| found.id)
    }

    /// Is that account the organization's? Others have directories of their own.
    fn has(&self, id: AccountId) -> bool {
        let found = self.app.gateway.keys.accounts.get(id);
        found.is_some_and(|found| found.lineage().any(|account| account.id == self.organization))
    }

    fn is_meant(&self, rule: &GroupRule, name: &str) -> bool {
        let is_own = |organization: &String| {
            let known = self.app.gateway.keys.accounts.get(self.organization);
            *organization == self.organization.to_string()
                || known.is_some_and(|known| *known.version().name == **organization)
        };
        rule.group.to_lowercase() == name.to_lowercase() && rule.organization.as_ref().is_none_or(is_own)
    }

    /// The organization's team of that id or name.
    fn team(&self, text: &str) -> Option<Arc<Account>> {
        let table = &self.app.gateway.keys.accounts;
        let found = match text.parse::<AccountId>() {
            Ok(id) => table.get(id),
            Err(_) => table.named(Level::Team, text, &[table.get(self.organization)?]),
        };
        let is_own = |team: &Arc<Account>| {
            team.id.level == Level::Team && team.parent.as_ref().is_some_and(|of| of.id == self.organization)
        };
        found.filter(is_own)
    }

    /// Gives members what a group gives them from now on, and takes what it gave. `all` are the groups as they are stored.
    pub(super) fn settle(
        &self,
        all: &[StoredGroup],
        before: Option<&StoredGroup>,
        after: Option<&StoredGroup>,
    ) -> Result<(), ScimError> {
        let is_renamed = before.map(|group| &group.name) != after.map(|group| &group.name);
        let sides: Vec<&StoredGroup> = before.into_iter().chain(after).collect();
        let places: BTreeSet<AccountId> =
            sides.iter().flat_map(|group| self.gives(&group.name)).map(|(place, _)| place).collect();
        let members = |group: Option<&StoredGroup>| -> BTreeSet<AccountId> {
            group.map(|group| group.members.iter().copied().collect()).unwrap_or_default()
        };
        let (were, are) = (members(before), members(after));
        let concerned: Vec<AccountId> = match is_renamed {
            // A new group that gives nothing concerns nobody, and one that gives nothing only those who leave it: for what it gave once.
            _ if before.is_none() && places.is_empty() => return Ok(()),
            true => were.union(&are).copied().collect(),
            false if places.is_empty() => were.difference(&are).copied().collect(),
            false => were.symmetric_difference(&are).copied().collect(),
        };
        let changing = before.or(after).map(|group| group.id);
        let others = all.iter().filter(|group| Some(group.id) != changing);
        let groups: Vec<(&StoredGroup, Vec<(AccountId, Role)>)> =
            others.chain(after).map(|group| (group, self.gives(&group.name))).collect();
        for user in concerned {
            let of_user = groups.iter().filter(|(group, _)| group.members.binary_search(&user).is_ok());
            let mut roles: BTreeMap<AccountId, Role> = BTreeMap::new();
            for (place, given) in of_user.flat_map(|(_, gives)| gives) {
                // The roles stand in the order of what they may.
                roles.entry(*place).and_modify(|role| *role = (*given).min(*role)).or_insert(*given);
            }
            self.give(user, &places, &roles)?;
        }
        Ok(())
    }

    /// Makes somebody's memberships at these places, and those that groups gave elsewhere, what his groups say.
    fn give(
        &self,
        user: AccountId,
        places: &BTreeSet<AccountId>,
        roles: &BTreeMap<AccountId, Role>,
    ) -> Result<(), ScimError> {
        let Some(present) = self.app.storage.database.account(user)? else { return Ok(()) };
        let wanted = |memberships: &[Membership]| {
            let is_lost = |one: &Membership| {
                one.given_by.as_deref() == Some(GIVER)
                    && !roles.contains_key(&one.account)
                    && self.has(one.account)
            };
            let mut wanted: Vec<Membership> = memberships
                .iter()
                .filter(|one| !places.contains(&one.account) && !is_lost(one))
                .cloned()
                .collect();
            for (place, role) in places.iter().filter_map(|place| Some((*place, *roles.get(place)?))) {
                // What he has by hand, too, stays what it is.
                let same = memberships.iter().find(|one| (one.account, one.role) == (place, role));
                let given = Membership { account: place, role, given_by: Some(GIVER.into()) };
                wanted.push(same.cloned().unwrap_or(given));
            }
            // Who is provisioned stays in the organization: else its directory would not know him any more.
            let is_top = |one: &Membership| one.account == self.organization;
            let is_own = |one: &Membership| self.has(one.account);
            let had_top = places.contains(&self.organization) || memberships.iter().any(is_top);
            if (had_top && !wanted.iter().any(is_top))
                || (memberships.iter().any(is_own) && !wanted.iter().any(is_own))
            {
                wanted.push(self.everybody());
            }
            wanted.sort_unstable_by_key(|one| one.account);
            wanted
        };
        // What the directory does not see is not its to say: it stays.
        let seen = |user: &StoredAccount| {
            let mut seen = accounts::allowed::seen_memberships(&self.app, &self.caller, user);
            seen.sort_unstable_by_key(|one| one.account);
            seen
        };
        let is = seen(&present);
        let is_removed = present.profile.scim.as_ref().is_some_and(|scim| scim.deleted);
        if is_removed || wanted(&is) == is {
            return Ok(());
        }
        let done = accounts::update(&self.app, &self.caller, user, None, |present| {
            let mut profile = present.profile.clone();
            profile.memberships = wanted(&seen(present));
            Ok::<_, ScimError>(profile)
        });
        match done {
            // He was deleted meanwhile.
            Ok(_) | Err(ScimError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

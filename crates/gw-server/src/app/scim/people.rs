//! People of an organization's directory. Who is stopped loses his keys at once, since they look at their user at each call,
//! and his admin tokens for good.

use super::person::{PersonGiven, user_name};
use super::{ScimError, Tenant};
use crate::app::accounts;
use crate::app::tokens;
use gw_model::{AccountId, Level, Membership};
use gw_store::StoreError;
use gw_store::types::{AccountFilter, AccountProfile, StoredAccount};

/// Users read at once.
const PAGE: usize = 10_000;

/// How often a change is made again that another one was faster than.
pub(super) const TRIES: usize = 5;

impl Tenant {
    /// Is he one of the organization whom the directory knows?
    fn knows(&self, user: &StoredAccount) -> bool {
        let is_deleted = user
            .profile
            .scim
            .as_ref()
            .is_some_and(|scim| scim.deleted && scim.organization == self.organization);
        user.id.level == Level::User && user.service_of().is_none() && !is_deleted && self.belongs(user)
    }

    fn belongs(&self, user: &StoredAccount) -> bool {
        let table = &self.app.gateway.keys.accounts;
        let at = user.profile.memberships.iter().filter_map(|one| table.get(one.account));
        at.into_iter().any(|account| account.lineage().any(|above| above.id == self.organization))
    }

    fn database(&self) -> &dyn gw_store::traits::Database {
        &*self.app.storage.database
    }

    /// All of them, in the order of ids.
    pub(crate) fn people(&self) -> Result<Vec<StoredAccount>, ScimError> {
        let below = self.app.gateway.keys.accounts.referring(self.organization);
        let holds = |level| matches!(level, Level::Team | Level::Project);
        let places = below.iter().map(|account| account.id).filter(|id| holds(id.level));
        let places = std::iter::once(self.organization).chain(places).collect();
        let mut filter = AccountFilter { member_of: Some(places), ..AccountFilter::of(Level::User, PAGE) };
        let mut all = Vec::new();
        loop {
            let page = self.database().accounts(&filter)?;
            let is_last = page.len() < PAGE;
            filter.after = page.last().map(|last| last.id);
            all.extend(page.into_iter().filter(|user| self.knows(user)));
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The one of that `userName`, where his address says the same, so that one need not look through all.
    pub(crate) fn person_of_address(&self, name: &str) -> Result<Option<StoredAccount>, ScimError> {
        let found = self.of_address(&name.to_lowercase())?;
        let is_it =
            |user: &StoredAccount| self.knows(user) && user_name(user).to_lowercase() == name.to_lowercase();
        Ok(found.filter(is_it))
    }

    /// The user of an address, whoever's he is.
    fn of_address(&self, email: &str) -> Result<Option<StoredAccount>, ScimError> {
        let filter = AccountFilter { email: Some(email.to_owned()), ..AccountFilter::of(Level::User, 1) };
        Ok(self.database().accounts(&filter)?.pop())
    }

    /// One of them.
    pub(crate) fn person(&self, id: &str) -> Result<StoredAccount, ScimError> {
        let id = id.parse::<AccountId>().ok().filter(|id| id.level == Level::User);
        let found = id.map(|id| self.database().account(id)).transpose()?.flatten();
        found.filter(|user| self.knows(user)).ok_or(ScimError::NotFound)
    }

    /// What everybody has who is provisioned.
    pub(super) fn everybody(&self) -> Membership {
        Membership::by_hand(self.organization, self.app.scim.load().default_role)
    }

    /// Makes a person; one whom the directory removed comes back as the user that he was.
    pub(crate) fn create_person(&self, given: PersonGiven) -> Result<StoredAccount, ScimError> {
        self.check_name(&given, None)?;
        let fresh = AccountProfile { memberships: vec![self.everybody()], ..AccountProfile::default() };
        let known = given.email().map(|email| self.of_address(&email)).transpose()?.flatten();
        let mut profile = match &known {
            None => fresh,
            Some(user) if self.belongs(user) && !self.knows(user) => AccountProfile {
                disabled: false,
                memberships: vec![self.everybody()],
                ..user.profile.clone()
            },
            Some(_) => return Err(ScimError::Taken { what: "emails" }),
        };
        given.put(self.organization, &mut profile);
        let (app, caller) = (&self.app, &self.caller);
        let done = match known {
            None => accounts::create(app, caller, Level::User, None, &profile).map_err(ScimError::from),
            Some(user) => accounts::update(app, caller, user.id, Some(user.revision), |_| {
                Ok::<_, ScimError>(profile.clone())
            }),
        };
        done.map_err(taken)
    }

    /// Changes a person: `change` is given what he is now.
    pub(crate) fn change_person(
        &self,
        id: &str,
        if_revision: Option<i64>,
        change: impl Fn(&StoredAccount) -> Result<PersonGiven, ScimError>,
    ) -> Result<StoredAccount, ScimError> {
        for attempt in 1.. {
            let present = self.person(id)?;
            expect(if_revision, present.revision)?;
            let given = change(&present)?;
            if given.user_name.to_lowercase() != user_name(&present).to_lowercase() {
                self.check_name(&given, Some(present.id))?;
            }
            let mut profile = present.profile.clone();
            given.put(self.organization, &mut profile);
            match self.write(&present, profile) {
                Err(ScimError::Changed { .. }) if if_revision.is_none() && attempt < TRIES => {}
                done => return done.map_err(taken),
            }
        }
        Err(ScimError::NotFound)
    }

    /// Writes what became of somebody, where it is anything else than what was.
    fn write(&self, present: &StoredAccount, profile: AccountProfile) -> Result<StoredAccount, ScimError> {
        if profile == present.profile {
            return Ok(present.clone());
        }
        let (app, caller) = (&self.app, &self.caller);
        let stored = accounts::update(app, caller, present.id, Some(present.revision), |_| {
            Ok::<_, ScimError>(profile.clone())
        })?;
        if stored.profile.disabled {
            tokens::end_all_of(app, caller, stored.id)?;
        }
        Ok(stored)
    }

    /// Removes a person: the directory knows him no more, and nothing works in his name. The user stays, so that what his
    /// keys spent keeps its name, and can be deleted through the API.
    pub(crate) fn remove_person(&self, id: &str, if_revision: Option<i64>) -> Result<(), ScimError> {
        let present = self.person(id)?;
        expect(if_revision, present.revision)?;
        let mut profile = present.profile.clone();
        if profile.scim.is_none() {
            let mut given = super::person::shown(&present);
            given.remove("active");
            PersonGiven::of(given).put(self.organization, &mut profile);
        }
        profile.disabled = true;
        if let Some(scim) = &mut profile.scim {
            scim.deleted = true;
        }
        profile.memberships = vec![self.everybody()];
        self.write(&present, profile)?;
        self.leave_groups(present.id)
    }

    /// Is the name free? Other people are found by the store.
    fn check_name(&self, given: &PersonGiven, own: Option<AccountId>) -> Result<(), ScimError> {
        match self.person_of_address(&given.user_name)? {
            Some(other) if Some(other.id) != own => Err(ScimError::Taken { what: "userName" }),
            _ => Ok(()),
        }
    }
}

/// Is it as whoever asks read it?
pub(super) fn expect(if_revision: Option<i64>, present: i64) -> Result<(), ScimError> {
    match if_revision {
        Some(expected) if expected != present => Err(ScimError::Changed { revision: present }),
        _ => Ok(()),
    }
}

fn taken(error: ScimError) -> ScimError {
    match error {
        ScimError::Store(StoreError::NameTaken { .. }) => ScimError::Taken { what: "userName" },
        error => error,
    }
}

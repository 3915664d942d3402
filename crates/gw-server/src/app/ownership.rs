//! Whose the things are that people make for themselves (saved views, datasets), and whom they share them with: the people of
//! an organization, a team or a project. It must not know what the things are.

use super::authorization::{Caller, Denied, Reach, Resource, Standing};
use super::state::App;
use gw_model::{AccountId, Level};

/// Whose a thing is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Belonging<'a> {
    pub(crate) resource: Resource,
    /// A user's id, or who made it as the audit log names him.
    pub(crate) owner: &'a str,
    /// Whom it is shared with.
    pub(crate) place: Option<AccountId>,
}

/// Why something may not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAllowed {
    /// He may not, or there is nothing for him.
    Denied(Denied),
    /// What it is to be shared with is nothing that he knows.
    NoPlace,
}

impl NotAllowed {
    /// What is told where there is no such place.
    pub(crate) const NO_PLACE: &'static str =
        "'account_id' must be the id of an organization, a team or a project that there is";
}

impl From<Denied> for NotAllowed {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// Whose what somebody makes is: a person's, whatever he shows; else that of the key that is shown.
pub(crate) fn owner(caller: &Caller) -> String {
    let user = caller.authority.user();
    user.map_or_else(|| caller.origin.actor.to_string(), |user| user.to_string())
}

impl Belonging<'_> {
    fn is_own(&self, caller: &Caller) -> bool {
        owner(caller) == self.owner
    }

    /// Where it stands, as far as it is shared.
    fn standing(&self, app: &App, place: AccountId) -> Standing {
        Standing::of_account(app, place).owned_by(self.owner.parse().ok())
    }

    /// May he see it?
    pub(crate) fn is_seen_by(&self, app: &App, caller: &Caller) -> bool {
        let read = self.resource.read();
        if self.is_own(caller) {
            return caller.authority.may_somewhere(read).is_ok();
        }
        self.place.is_some_and(|place| caller.authority.sees(read, &self.standing(app, place)))
    }

    /// May he change it? His own, or where he looks after what others have.
    pub(crate) fn may_be_changed_by(&self, app: &App, caller: &Caller) -> Result<(), NotAllowed> {
        let write = self.resource.write();
        if self.is_own(caller) {
            return Ok(caller.authority.may_somewhere(write)?);
        }
        let Some(place) = self.place else { return Err(Denied::Hidden.into()) };
        match caller.authority.may(write, &self.standing(app, place))? {
            Reach::All => Ok(()),
            _ => Err(Denied::Missing(write).into()),
        }
    }

    /// May he have such things there? Its owner is whoever asks.
    pub(crate) fn may_be_made_by(&self, app: &App, caller: &Caller) -> Result<(), NotAllowed> {
        let write = self.resource.write();
        let Some(place) = self.place else { return Ok(caller.authority.may_somewhere(write)?) };
        let of_place = match place.level {
            Level::Organization => Resource::Organizations,
            Level::Team => Resource::Teams,
            Level::Project => Resource::Projects,
            _ => return Err(NotAllowed::NoPlace),
        };
        let standing = self.standing(app, place);
        let is_there = app.gateway.keys.accounts.get(place).is_some();
        if !is_there || !caller.authority.knows(of_place, &standing) {
            return Err(NotAllowed::NoPlace);
        }
        match caller.authority.may(write, &standing) {
            Ok(_) => Ok(()),
            Err(denied) => Err(denied.told(write).into()),
        }
    }
}

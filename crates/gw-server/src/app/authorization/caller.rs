//! Who asks, with what he may do. Made by [`super::identify`], and by whoever signs people in.

use super::scopes::Scopes;
use super::standing::Standing;
use super::table::{Permission, Reach, Resource};
use gw_model::{AccountId, Micros, Role};
use gw_store::audit::Origin;
use gw_store::types::StoredAccount;

/// A role and where it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) role: Role,
    /// At that account and all below it; everywhere without one.
    pub(crate) at: Option<AccountId>,
}

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    grants: Vec<Grant>,
    user: Option<AccountId>,
    scopes: Scopes,
    /// When what he showed ends.
    until: Option<Micros>,
}

/// Who asks, from where, and what he may do.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) origin: Origin,
    pub(crate) authority: Authority,
}

impl Caller {
    /// The gateway itself, which does what its configuration says.
    pub(crate) fn gateway() -> Self {
        Self { origin: Origin::system(), authority: Authority::everything() }
    }
}

impl Denied {
    /// Whoever is about to make something knows that there is none yet.
    pub(crate) const fn told(self, permission: Permission) -> Self {
        match self {
            Self::Hidden => Self::Missing(permission),
            denied => denied,
        }
    }
}

/// Why something may not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// He may not even see it: for him there is no such thing.
    Hidden,
    /// He may see it, but lacks that.
    Missing(Permission),
}

impl Authority {
    /// Of whoever holds the master key.
    pub(crate) fn everything() -> Self {
        Self::of(vec![Grant { role: Role::Owner, at: None }], None, Scopes::everything())
    }

    /// Of such roles.
    pub(crate) const fn of(grants: Vec<Grant>, user: Option<AccountId>, scopes: Scopes) -> Self {
        Self { grants, user, scopes, until: None }
    }

    /// The same until a time.
    pub(crate) fn until(self, until: Option<Micros>) -> Self {
        Self { until, ..self }
    }

    /// Of a person, with the roles that he has now.
    pub(crate) fn of_user(user: &StoredAccount, scopes: Scopes) -> Self {
        let everywhere = user.profile.gateway_role.map(|role| Grant { role, at: None });
        let memberships = user.profile.memberships.iter();
        let grants = memberships.map(|one| Grant { role: one.role, at: Some(one.account) }).chain(everywhere);
        Self::of(grants.collect(), Some(user.id), scopes)
    }

    /// The person who acts, where it is one.
    pub(crate) const fn user(&self) -> Option<AccountId> {
        self.user
    }

    /// What his token is good for.
    pub(crate) const fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// His roles.
    pub(crate) fn grants(&self) -> &[Grant] {
        &self.grants
    }

    fn grants_at<'a>(&'a self, standing: &'a Standing) -> impl Iterator<Item = &'a Grant> {
        self.grants
            .iter()
            .filter(|grant| standing.is_common || grant.at.is_none_or(|at| standing.under.contains(&at)))
    }

    /// How far his roles reach there, whatever his token is good for.
    fn reach(&self, permission: Permission, standing: &Standing) -> Reach {
        let is_own = standing.of.is_some() && standing.of == self.user;
        let reach = self.grants_at(standing).map(|grant| permission.of_role(grant.role));
        reach.filter(|reach| *reach != Reach::Own || is_own).max().unwrap_or(Reach::Nothing)
    }

    /// May he do it there? How far that reaches.
    pub(crate) fn may(&self, permission: Permission, standing: &Standing) -> Result<Reach, Denied> {
        let reach = self.reach(permission, standing);
        let sees = || self.reach(permission.resource.read(), standing) > Reach::Nothing;
        match reach {
            Reach::Nothing if !standing.is_known && !sees() => Err(Denied::Hidden),
            Reach::Nothing => Err(Denied::Missing(permission)),
            _ if !self.scopes.cover(permission) => Err(Denied::Missing(permission)),
            reach => Ok(reach),
        }
    }

    /// Is one of these permissions enough there? Told is what the last of them lacks.
    pub(crate) fn may_any(&self, any_of: &[Permission], standing: &Standing) -> Result<Reach, Denied> {
        let mut last = Err(Denied::Hidden);
        for permission in any_of {
            last = self.may(*permission, standing);
            if last.is_ok() {
                break;
            }
        }
        last
    }

    /// May he do it anywhere? For lists, which then show what he may see.
    pub(crate) fn may_somewhere(&self, permission: Permission) -> Result<(), Denied> {
        let some = self.grants.iter().any(|grant| permission.of_role(grant.role) > Reach::Nothing);
        match some && self.scopes.cover(permission) {
            true => Ok(()),
            false => Err(Denied::Missing(permission)),
        }
    }

    /// How far it reaches where it reaches furthest.
    pub(crate) fn somewhere(&self, permission: Permission) -> Reach {
        let reach = self.grants.iter().map(|grant| permission.of_role(grant.role)).max();
        reach.filter(|_| self.scopes.cover(permission)).unwrap_or(Reach::Nothing)
    }

    /// May he see it there?
    pub(crate) fn sees(&self, permission: Permission, standing: &Standing) -> bool {
        self.may(permission, standing).is_ok()
    }

    /// Is that there no secret to him, whatever his token is good for?
    pub(crate) fn knows(&self, resource: Resource, standing: &Standing) -> bool {
        self.reach(resource.read(), standing) > Reach::Nothing
    }

    /// The accounts whose calls he may see; nothing where he may see all.
    pub(crate) fn seen_from(&self, permission: Permission) -> Result<Option<Vec<AccountId>>, Denied> {
        self.may_somewhere(permission)?;
        let has = |grant: &&Grant, reach| permission.of_role(grant.role) == reach;
        if self.grants.iter().any(|grant| grant.at.is_none() && has(&grant, Reach::All)) {
            return Ok(None);
        }
        let mut from: Vec<AccountId> =
            self.grants.iter().filter(|grant| has(grant, Reach::All)).filter_map(|grant| grant.at).collect();
        if self.grants.iter().any(|grant| has(&grant, Reach::Own)) {
            from.extend(self.user);
        }
        Ok(Some(from))
    }

    /// May he give that role there to somebody? Nobody gives more than he has.
    pub(crate) fn may_give(&self, role: Role, standing: &Standing) -> Result<(), Denied> {
        let permission = Resource::Users.write();
        match self.has_to_give(role, standing) && self.scopes.are_everything() {
            true => Ok(()),
            false => Err(self.may(permission, standing).err().unwrap_or(Denied::Missing(permission))),
        }
    }

    /// Is that role there no more than his own?
    fn has_to_give(&self, role: Role, standing: &Standing) -> bool {
        self.grants_at(standing).any(|grant| match grant.role {
            Role::Owner => true,
            Role::Admin => role != Role::Owner,
            _ => false,
        })
    }

    /// May he make, change or end a token for these roles, each with where it holds?
    pub(crate) fn may_lend(&self, roles: &[(Role, Standing)]) -> Result<(), Denied> {
        let permission = Resource::AdminTokens.write();
        for (role, standing) in roles {
            if self.may(permission, standing)? != Reach::All || !self.has_to_give(*role, standing) {
                return Err(Denied::Missing(permission));
            }
        }
        Ok(())
    }

    /// Would something of these scopes and that end be more than what he showed himself?
    pub(crate) fn is_exceeded_by(&self, scopes: &Scopes, until: Option<Micros>) -> Option<&'static str> {
        if !scopes.are_within(&self.scopes) {
            return Some("scopes");
        }
        let is_longer = self.until.is_some_and(|own| until.is_none_or(|until| until > own));
        is_longer.then_some("expires_at")
    }

    /// The accounts at which he has a role.
    pub(crate) fn places(&self) -> Vec<AccountId> {
        self.grants.iter().filter_map(|grant| grant.at).collect()
    }
}

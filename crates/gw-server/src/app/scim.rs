//! What an organization's directory does over SCIM: its people are users, and its groups give them memberships. It sees and
//! changes what belongs to its organization alone. It must not know HTTP.

mod grants;
mod groups;
mod people;
mod person;

use super::accounts::AccountsError;
use super::authorization::{Authority, Caller, Denied, Permission, Resource, Scopes, Standing};
use super::state::App;
use crate::scim::Fault;
pub(crate) use groups::GroupGiven;
use gw_model::{AccountId, Level};
use gw_store::StoreError;
pub(crate) use person::{PersonGiven, shown as person_shown, user_name};
use std::fmt;
use std::sync::Arc;

/// Why a directory cannot do something.
#[derive(Debug)]
pub(crate) enum ScimError {
    /// The credential is nobody's in particular, or holds at another place than an organization.
    NoDirectory,
    /// It may not.
    Denied(Permission),
    /// There is nothing of this id in the organization.
    NotFound,
    /// The person has roles that whoever asks could not give.
    Above,
    /// Another one has that already.
    Taken {
        /// The attribute.
        what: &'static str,
    },
    /// It was changed meanwhile.
    Changed {
        /// Its revision now.
        revision: i64,
    },
    /// What was sent makes no sense.
    Fault(Fault),
    /// An account.
    Account(AccountsError),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDirectory => f.write_str(
                "SCIM needs an admin token with the scope 'scim' and the role owner or admin at one organization",
            ),
            Self::Denied(permission) => write!(
                f,
                "this needs the permission '{permission}'; use an admin token with the scope 'scim' and the role owner \
                 or admin at the organization"
            ),
            Self::NotFound => f.write_str("there is nothing of this id in the organization"),
            Self::Above => f.write_str(
                "this person, or what the group gives, has a role that this token could not give: one outside of the \
                 organization, or that of an owner; somebody with that role must change it",
            ),
            Self::Taken { what } => write!(f, "another one has this '{what}' already"),
            Self::Changed { revision } => {
                write!(f, "it was changed meanwhile and is now at version W/\"{revision}\"; read it again")
            }
            Self::Fault(fault) => write!(f, "{fault}"),
            Self::Account(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ScimError {}

impl From<Fault> for ScimError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for ScimError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Changed { revision } => Self::Changed { revision },
            error => Self::Store(error),
        }
    }
}

impl From<AccountsError> for ScimError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::NotFound => Self::NotFound,
            AccountsError::Denied(_) => Self::Above,
            AccountsError::Store(error) => error.into(),
            error => Self::Account(error),
        }
    }
}

/// An organization's directory at work.
pub(crate) struct Tenant {
    app: Arc<App>,
    /// Who asks, with all that his role allows there.
    caller: Caller,
    organization: AccountId,
}

impl Tenant {
    /// For whoever asks. `write`: it is to change something.
    pub(crate) fn of(app: &Arc<App>, caller: &Caller, write: bool) -> Result<Self, ScimError> {
        let authority = &caller.authority;
        let (None, [grant]) = (authority.user(), authority.grants()) else {
            return Err(ScimError::NoDirectory);
        };
        let at = grant.at.filter(|at| at.level == Level::Organization).ok_or(ScimError::NoDirectory)?;
        let permission = if write { Resource::Scim.write() } else { Resource::Scim.read() };
        match authority.may(permission, &Standing::of_account(app, at)) {
            Ok(_) => {}
            Err(Denied::Missing(permission)) => return Err(ScimError::Denied(permission)),
            Err(Denied::Hidden) => return Err(ScimError::Denied(permission)),
        }
        // From here on it is this code that says what is done with people; the role bounds it.
        let authority = Authority::of(vec![*grant], None, Scopes::everything());
        let caller = Caller { origin: caller.origin.clone(), authority };
        Ok(Self { app: Arc::clone(app), caller, organization: at })
    }
}

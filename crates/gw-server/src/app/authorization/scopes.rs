//! What of its holder's rights a token may be used for: permissions such as `keys:read`, with `*` for every resource or action.
//! Pure.

use super::table::{Permission, Resource};

/// Most scopes of a token.
const MAX_SCOPES: usize = 64;

/// All that a directory may do.
const SCIM: &str = "scim";

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scopes(Vec<String>);

impl Scopes {
    /// All that the holder may.
    pub(crate) fn everything() -> Self {
        Self(vec!["*".to_owned()])
    }

    /// As they are stored.
    pub(crate) fn stored(scopes: &[String]) -> Self {
        Self(scopes.to_vec())
    }

    /// Those of a caller. Errors: what is wrong, for people.
    pub(crate) fn parse(scopes: Vec<String>) -> Result<Self, String> {
        if scopes.is_empty() || scopes.len() > MAX_SCOPES {
            return Err(format!(
                "there must be 1 to {MAX_SCOPES} scopes; [\"*\"] is all that the holder may"
            ));
        }
        let wrong = scopes.iter().find(|scope| !Permission::all().any(|known| covers(scope, known)));
        match wrong {
            None => Ok(Self(scopes)),
            Some(wrong) => {
                let mut names: Vec<String> = Permission::all().map(|known| known.to_string()).collect();
                names.sort_unstable();
                let names = names.join(", ");
                Err(format!(
                    "there is no scope '{wrong}'; there are *, *:read, *:write, keys:* and so on, scim, and {names}"
                ))
            }
        }
    }

    /// As texts.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.0.clone()
    }

    /// Is that among them?
    pub(crate) fn cover(&self, permission: Permission) -> bool {
        self.0.iter().any(|scope| covers(scope, permission))
    }

    /// Is nothing left out?
    pub(crate) fn are_everything(&self) -> bool {
        Permission::all().all(|permission| self.cover(permission))
    }

    /// Is nothing in them that is not in the others?
    pub(crate) fn are_within(&self, others: &Self) -> bool {
        Permission::all().all(|permission| others.cover(permission) || !self.cover(permission))
    }
}

fn covers(scope: &str, permission: Permission) -> bool {
    if scope == "*" {
        return true;
    }
    // A directory needs both, and is told of one word.
    if scope == SCIM {
        return permission.resource == Resource::Scim;
    }
    let known = permission.to_string();
    let (Some((resource, action)), Some((of, does))) = (scope.split_once(':'), known.split_once(':')) else {
        return false;
    };
    (resource == "*" || resource == of) && (action == "*" || action == does)
}

//! Admin tokens as stored: credentials of the admin API beside the master key. Plain data.

use super::shown_id::shown_id;
use crate::memory::Retiring;
use gw_model::{AccountId, Micros, Role};

shown_id! {
    /// Identifies an admin token. Shown as `atok_` and 32 hex digits.
    TokenId, "atok_"
}

/// As what its holder acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenHolder {
    /// In a role, at an account and all below it; without one, everywhere.
    Role {
        /// The role.
        role: Role,
        /// Where it holds.
        at: Option<AccountId>,
    },
    /// As that user, with the roles that he has when he asks.
    User(AccountId),
}

/// An admin token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// Id.
    pub id: TokenId,
    /// Name, for people.
    pub name: String,
    /// Digest of the token itself.
    pub digest: [u8; 32],
    /// The one before it, for as long as that is good.
    pub retiring: Option<Retiring>,
    /// First characters, shown to people.
    pub prefix: String,
    /// Last four characters.
    pub last4: String,
    /// As what its holder acts.
    pub holder: TokenHolder,
    /// What of that it may be used for.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Micros>,
    /// Who made it, as the audit log names him.
    pub created_by: String,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
    /// Grows with each change, from 1.
    pub revision: i64,
}

impl StoredToken {
    /// The holder in two columns and a third: role, place, user. Empty where there is none.
    pub(crate) fn columns(&self) -> (String, String, String) {
        match self.holder {
            TokenHolder::Role { role, at } => {
                (role.as_str().to_owned(), at.map_or_else(String::new, |id| id.to_string()), String::new())
            }
            TokenHolder::User(user) => (String::new(), String::new(), user.to_string()),
        }
    }

    /// The holder out of these columns; nothing where they say nothing that can be understood.
    pub(crate) fn holder_of(role: &str, at: &str, user: &str) -> Option<TokenHolder> {
        if !user.is_empty() {
            return user.parse().ok().map(TokenHolder::User);
        }
        let at = if at.is_empty() { None } else { Some(at.parse().ok()?) };
        Role::from_name(role).map(|role| TokenHolder::Role { role, at })
    }
}

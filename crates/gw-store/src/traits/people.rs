//! People, their groups, and how they and machines sign in.

use crate::error::StoreError;
use crate::types::{
    GroupId, SessionHolder, SessionId, StoredGroup, StoredLogin, StoredSession, StoredToken, TokenId,
};
use gw_model::{AccountId, Micros};

/// Admin tokens. They are read whenever one is shown, so that a change is in force at once at every node.
pub trait TokenStore: Send + Sync {
    /// All of them, in the order of ids.
    fn admin_tokens(&self) -> Result<Vec<StoredToken>, StoreError>;
    /// The token of that id.
    fn admin_token(&self, id: TokenId) -> Result<Option<StoredToken>, StoreError>;
    /// The token of that digest, or of which it was the digest before.
    fn admin_token_of(&self, digest: &[u8; 32]) -> Result<Option<StoredToken>, StoreError>;
    /// Adds one.
    fn create_admin_token(&self, new: &StoredToken) -> Result<(), StoreError>;
    /// Replaces all but holder, maker and time of making; its revision must be the one behind the present one. False when
    /// there is none of that id and of the revision before.
    fn update_admin_token(&self, changed: &StoredToken) -> Result<bool, StoreError>;
    /// Removes one; false when there is none of that id.
    fn delete_admin_token(&self, id: TokenId) -> Result<bool, StoreError>;
}

/// In place of an issuer, beside the ids of users who were removed.
pub(crate) const NO_ISSUER: &str = "";

/// How people sign in, and who is signed in. Sessions are read whenever one is shown, so that one that is ended is so at once at
/// every node. Those of a user go with him, and when he is disabled; so does what he signs in with when he goes. What issuers call
/// him stays.
pub trait SignInStore: Send + Sync {
    /// How a user signs in; `None` where nothing was ever said about that.
    fn login(&self, user: AccountId) -> Result<Option<StoredLogin>, StoreError>;
    /// The login whose link has that digest.
    fn login_of_link(&self, digest: &[u8; 32]) -> Result<Option<StoredLogin>, StoreError>;
    /// Writes it; its revision must be the one behind the present one, 1 where there is none. False when it is not.
    fn save_login(&self, login: &StoredLogin) -> Result<bool, StoreError>;
    /// Whom an issuer calls so, or whom it called so who was removed since.
    fn identity(&self, issuer: &str, subject: &str) -> Result<Option<AccountId>, StoreError>;
    /// Was there a user of that id, who was removed?
    fn was_removed(&self, user: AccountId) -> Result<bool, StoreError> {
        Ok(self.identity(NO_ISSUER, &user.to_string())?.is_some())
    }
    /// Notes whom an issuer calls so; false when it calls somebody so who is there.
    fn create_identity(
        &self,
        issuer: &str,
        subject: &str,
        user: AccountId,
        now: Micros,
    ) -> Result<bool, StoreError>;
    /// The session of that digest.
    fn session_of(&self, digest: &[u8; 32]) -> Result<Option<StoredSession>, StoreError>;
    /// Sessions of a holder, the latest first.
    fn sessions_of(&self, holder: SessionHolder) -> Result<Vec<StoredSession>, StoreError>;
    /// Adds one. Errors: [`StoreError::Gone`] when its holder is a user who is disabled or removed by now, at whatever node.
    fn create_session(&self, new: &StoredSession) -> Result<(), StoreError>;
    /// Notes that it is used.
    fn touch_session(&self, id: SessionId, now: Micros) -> Result<(), StoreError>;
    /// Removes one; false when there is none of that id.
    fn delete_session(&self, id: SessionId) -> Result<bool, StoreError>;
    /// Removes all of a holder but that one; how many it were.
    fn delete_sessions_of(&self, holder: SessionHolder, but: Option<SessionId>) -> Result<usize, StoreError>;
    /// Removes those that ended before `now`, or were not used since `idle_since`; how many it were.
    fn delete_sessions_over(&self, now: Micros, idle_since: Micros) -> Result<usize, StoreError>;
}

/// Groups that directories tell of over SCIM.
pub trait GroupStore: Send + Sync {
    /// All of an organization, or of all of them, in the order of ids.
    fn groups(&self, organization: Option<AccountId>) -> Result<Vec<StoredGroup>, StoreError>;
    /// The group of that id.
    fn group(&self, id: GroupId) -> Result<Option<StoredGroup>, StoreError>;
    /// Adds one. Errors: [`StoreError::NameTaken`].
    fn create_group(&self, new: &StoredGroup) -> Result<(), StoreError>;
    /// Replaces all but organization and time of making; its revision must be the one behind the present one. False when
    /// there is none of that id and of the revision before. Errors: [`StoreError::NameTaken`].
    fn update_group(&self, changed: &StoredGroup) -> Result<bool, StoreError>;
    /// Removes one; false when there is none of that id.
    fn delete_group(&self, id: GroupId) -> Result<bool, StoreError>;
}

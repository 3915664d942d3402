//! Keys of service accounts: they stand where their account belongs, or below that.

use super::KeysError;
use crate::app::accounts;
use crate::app::state::App;
use gw_model::{AccountId, KeyPolicy, Level};

/// Where a key of a service account is not said to belong, it belongs to what the account belongs to.
///
/// Errors: it is said to belong elsewhere.
pub(super) fn place(app: &App, policy: &mut KeyPolicy) -> Result<(), KeysError> {
    let id = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<AccountId>().ok());
    let Some(user) = id(&policy.user_id).filter(|user| user.level == Level::User) else { return Ok(()) };
    let Some(owner) = accounts::known(app, user, "user_id")?.parent.clone() else { return Ok(()) };
    if policy.team_id.is_none() && policy.project_id.is_none() {
        match owner.id.level {
            Level::Team => policy.team_id = Some(owner.id.to_string()),
            Level::Project => {
                policy.project_id = Some(owner.id.to_string());
                policy.team_id = owner.parent.as_ref().map(|team| team.id.to_string());
            }
            _ => {}
        }
        return Ok(());
    }
    // A mere label says nothing of where the key stands: it is the organization's then, and only that.
    let nearest = match id(&policy.project_id).or_else(|| id(&policy.team_id)) {
        Some(nearest) => accounts::known(app, nearest, &format!("{}_id", nearest.level.as_str()))?,
        None if owner.id.level == Level::Organization => return Ok(()),
        None => return Err(KeysError::BesideOwner { owner: owner.id }),
    };
    match nearest.lineage().any(|above| above.id == owner.id) {
        true => Ok(()),
        false => Err(KeysError::BesideOwner { owner: owner.id }),
    }
}

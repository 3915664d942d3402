//! Changes of keys of the database: each is made to the row that stands there, also where another node has just changed it.

use super::told::told;
use super::{KeysError, noted, own, party, put_in_force, settle, stored};
use crate::app::audit;
use crate::app::authorization::{Caller, Permission, Reach, Resource, Standing};
use crate::app::state::App;
use gw_model::{KeyId, KeyPolicy};
use gw_store::audit::changed;
use gw_store::restore::restore_windows;
use gw_store::types::{KeyUpdate, StoredKey};
use gw_store::{StoreError, refers};

/// Tries of a change that another node was faster than.
const MAX_TRIES: u32 = 5;

/// Changes a key of the database, for which any of these permissions is enough: `change` is given what it is now, again
/// where another node changed it meanwhile and no revision is wanted.
pub(crate) fn update<E: From<KeysError>>(
    app: &App,
    caller: &Caller,
    id: KeyId,
    any_of: &[Permission],
    if_revision: Option<i64>,
    mut change: impl FnMut(&mut KeyPolicy) -> Result<(), E>,
) -> Result<StoredKey, E> {
    let _changing = app.changing.lock();
    let mut tries = 1;
    loop {
        own(app, caller, id, any_of)?;
        let before = stored(app, id)?;
        if if_revision.is_some_and(|expected| expected != before.revision) {
            return Err(KeysError::Store(StoreError::Changed { revision: before.revision }).into());
        }
        let mut policy = before.policy.clone();
        change(&mut policy)?;
        match write(app, caller, &before, any_of, policy) {
            Err(KeysError::Store(StoreError::Changed { .. }))
                if if_revision.is_none() && tries < MAX_TRIES =>
            {
                tries += 1;
            }
            other => return Ok(other?),
        }
    }
}

/// Writes a key as it is to be, if it still is as it was.
fn write(
    app: &App,
    caller: &Caller,
    before: &StoredKey,
    any_of: &[Permission],
    mut policy: KeyPolicy,
) -> Result<StoredKey, KeysError> {
    let id = before.id;
    let stood = Standing::of_stored(app, &before.policy);
    caller.authority.may_any(any_of, &stood)?;
    settle(app, caller, &mut policy, Some(&before.policy))?;
    let moved = Standing::of_policy(app, &policy);
    let may = caller.authority.may_any(any_of, &moved);
    // What he is about to lose sight of he has seen.
    let reach = may.map_err(|denied| KeysError::Denied(denied.told(Resource::Keys.write())))?;
    if reach == Reach::Own {
        own::check_change(app, &before.policy, &policy)?;
    } else {
        policy.made_by_holder = false;
    }
    let beside = app.gateway.keys.by_name(policy.owner(), &policy.name);
    let is_new = policy.name != before.policy.name;
    if (is_new && super::is_of_file(app, &policy.name)) || beside.is_some_and(|other| other.id != id) {
        return Err(KeysError::Store(StoreError::NameTaken { name: policy.name }));
    }
    let mut noted = noted(app, caller, "key.update", id, &policy.name);
    let now = noted.time;
    if let Some(party) = party(&app.gateway.keys, id, &policy) {
        restore_windows(&*app.storage.database, &[party], now)?;
    }
    noted.places = Standing::in_common(&[stood, moved]);
    let (was, is) = changed(&told(&before.policy), &told(&policy));
    (noted.before, noted.after) = (Some(was), Some(is));
    let update = KeyUpdate { policy, if_revision: Some(before.revision) };
    let stored = audit::with_entry(app, &noted, |store| {
        refers::check_there(store, refers::of_key(&update.policy))?;
        store.update_key(id, &update, now)
    })?;
    let stored = stored.ok_or(KeysError::NotFound)?;
    put_in_force(app, &stored);
    Ok(stored)
}

//! Peppers of encryption keys that are not there any more: keys, tokens and sessions that were handed out under them must go
//! on working. They stand sealed among the credentials, under names that no credential can have, so that they are saved,
//! moved and sealed again together with those. It must not print anything.

use crate::error::StoreError;
use crate::keys::{derive, pepper};
use crate::types::StoredCredential;
use crate::vault::Vault;
use gw_model::{Micros, Secret};

/// What all of their names begin with; names of credentials have no spaces.
const NAME: &str = "older pepper ";
/// What tells them apart is derived for this.
const PURPOSE: &str = "gatewright name of an older pepper 1";
/// Characters of that.
const SHOWN: usize = 16;

/// Is that one, and no credential?
#[must_use]
pub fn is_one(name: &str) -> bool {
    name.starts_with(NAME)
}

/// The pepper of an encryption key that is about to go, to be stored.
///
/// # Errors
/// There is no key, or no randomness.
pub(crate) fn sealed(
    vault: &Vault,
    encryption_key: &Secret,
    now: Micros,
) -> Result<StoredCredential, StoreError> {
    let told: String = derive(encryption_key, PURPOSE).expose().chars().take(SHOWN).collect();
    let name = format!("{NAME}{told}");
    let sealed = vault.seal(&name, &pepper(encryption_key))?;
    let description = "for keys that were made under an earlier encryption key".to_owned();
    Ok(StoredCredential { name, sealed, last4: String::new(), description, created_at: now, updated_at: now })
}

/// The peppers to look keys up with: of the keys that are there, newest first, and then of those that went. One that cannot be
/// opened is left out and logged: keys of its time are not known then.
#[must_use]
pub fn all(encryption_keys: &[Secret], stored: &[StoredCredential], vault: &Vault) -> Vec<Secret> {
    let mut peppers: Vec<Secret> = encryption_keys.iter().map(pepper).collect();
    let mut older: Vec<_> = stored.iter().filter(|one| is_one(&one.name)).collect();
    older.sort_by_key(|one| std::cmp::Reverse(one.created_at));
    for one in older {
        match vault.open(&one.name, &one.sealed) {
            Ok(pepper) if !peppers.contains(&pepper) => peppers.push(pepper),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "keys of an earlier encryption key are not known"),
        }
    }
    peppers
}

#[cfg(test)]
mod tests;

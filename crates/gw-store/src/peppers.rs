//! What outlives an encryption key that is not there any more: its pepper, as keys, tokens and sessions that were handed out
//! under it must go on working, and the key of bodies, which in object storage and in files of nodes are not sealed again. Both
//! stand sealed among the credentials, under names that no credential can have, so that they are saved, moved and sealed again
//! together with those. It must not print anything.

use crate::bodies;
use crate::error::StoreError;
use crate::keys::{derive, pepper};
use crate::types::StoredCredential;
use crate::vault::Vault;
use gw_model::{Micros, Secret};

/// What all of their names begin with; names of credentials have no spaces.
const NAME: &str = "older pepper ";
/// The same of keys of bodies.
const NAME_OF_BODIES: &str = "older key of bodies ";
/// What tells them apart is derived for this.
const PURPOSE: &str = "gatewright name of an older pepper 1";
/// Characters of that.
const SHOWN: usize = 16;

/// Is that one, and no credential?
#[must_use]
pub fn is_one(name: &str) -> bool {
    name.starts_with(NAME) || name.starts_with(NAME_OF_BODIES)
}

/// What is kept of an encryption key that is about to go: its pepper, and its key of bodies.
///
/// # Errors
/// There is no key, or no randomness.
pub(crate) fn sealed(
    vault: &Vault,
    encryption_key: &Secret,
    now: Micros,
) -> Result<[StoredCredential; 2], StoreError> {
    let told: String = derive(encryption_key, PURPOSE).expose().chars().take(SHOWN).collect();
    let one = |name: &str, secret: &Secret, what: &str| {
        let name = format!("{name}{told}");
        let sealed = vault.seal(&name, secret)?;
        let description = format!("for {what} that were made under an earlier encryption key");
        let last4 = String::new();
        Ok::<_, StoreError>(StoredCredential {
            name,
            sealed,
            last4,
            description,
            created_at: now,
            updated_at: now,
        })
    };
    Ok([
        one(NAME, &pepper(encryption_key), "keys")?,
        one(NAME_OF_BODIES, &derive(encryption_key, bodies::PURPOSE), "bodies")?,
    ])
}

/// The keys of bodies of encryption keys that went, newest first. One that cannot be opened is left out and logged: bodies of
/// its time cannot be read then.
#[must_use]
pub fn of_bodies(stored: &[StoredCredential], vault: &Vault) -> Vec<Secret> {
    opened(NAME_OF_BODIES, stored, vault, "bodies of calls of an earlier encryption key can not be read")
}

/// The peppers to look keys up with: of the keys that are there, newest first, and then of those that went. One that cannot be
/// opened is left out and logged: keys of its time are not known then.
#[must_use]
pub fn all(encryption_keys: &[Secret], stored: &[StoredCredential], vault: &Vault) -> Vec<Secret> {
    let mut peppers: Vec<Secret> = encryption_keys.iter().map(pepper).collect();
    for pepper in opened(NAME, stored, vault, "keys of an earlier encryption key are not known") {
        if !peppers.contains(&pepper) {
            peppers.push(pepper);
        }
    }
    peppers
}

fn opened(name: &str, stored: &[StoredCredential], vault: &Vault, else_told: &str) -> Vec<Secret> {
    let mut older: Vec<_> = stored.iter().filter(|one| one.name.starts_with(name)).collect();
    older.sort_by_key(|one| std::cmp::Reverse(one.created_at));
    let open = |one: &StoredCredential| match vault.open(&one.name, &one.sealed) {
        Ok(secret) => Some(secret),
        Err(error) => {
            tracing::error!(%error, "{else_told}");
            None
        }
    };
    older.into_iter().filter_map(open).collect()
}

#[cfg(test)]
mod tests;

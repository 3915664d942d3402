//! Seals credentials of providers before they are stored. A credential can not be moved to another name. It must not
//! print anything.

use crate::error::StoreError;
use crate::seal::{Renewed, Seal};
use gw_model::Secret;
use std::fmt::Display;

/// What the key for credentials is derived for.
const PURPOSE: &str = "gatewright provider credentials 1";

/// See the module.
#[derive(Debug)]
pub struct Vault(Seal);

impl Vault {
    /// For encryption keys, newest first.
    #[must_use]
    pub fn new(encryption_keys: &[Secret]) -> Self {
        Self(Seal::new(
            encryption_keys,
            PURPOSE,
            "a stored credential (or the encryption key is another one)",
        ))
    }

    /// Seals the credential of that name.
    ///
    /// # Errors
    /// There is no key, or no randomness.
    pub fn seal(&self, name: &str, secret: &Secret) -> Result<Vec<u8>, StoreError> {
        self.0.seal(name.as_bytes(), secret.expose().as_bytes())
    }

    /// Opens what [`Self::seal`] made for that name.
    ///
    /// # Errors
    /// It is not that, or none of the keys fits.
    pub fn open(&self, name: &str, sealed: &[u8]) -> Result<Secret, StoreError> {
        let text = self.0.open(name.as_bytes(), sealed)?;
        let text =
            std::str::from_utf8(&text).map_err(|_| StoreError::Damaged { what: "a stored credential" })?;
        Ok(Secret::new(text.to_owned()))
    }

    /// What of that name is sealed with an older key, sealed with the newest.
    pub(crate) fn renew(&self, name: &str, sealed: &[u8]) -> Result<Renewed, StoreError> {
        self.0.renew(name.as_bytes(), sealed)
    }
}

/// Under which name the vault seals the secrets of a block of the configuration. It is no name of a credential, and neither are
/// those below: nothing sealed passes for something else.
#[must_use]
pub fn name_of_block(kind: &str, name: &str) -> String {
    format!("config {kind} {name}")
}

/// The same for the secrets of a channel of alerts.
#[must_use]
pub fn name_of_channel(id: &str) -> String {
    format!("alert channel {id}")
}

/// The same for an answer that may be given again.
#[must_use]
pub fn name_of_answer(idempotency_key: &str) -> String {
    format!("answer\n{idempotency_key}")
}

/// The same for the secret of a user's second factor.
#[must_use]
pub fn name_of_second_factor(user: impl Display) -> String {
    format!("totp\n{user}")
}

/// The same for what an identity provider said at the beginning of a session.
#[must_use]
pub fn name_of_session(id: impl Display) -> String {
    format!("session\n{id}")
}

#[cfg(test)]
mod tests;

//! Seals credentials of providers before they are stored. A credential can not be moved to another name. It must not
//! print anything.

use crate::error::StoreError;
use crate::seal::Seal;
use gw_model::Secret;

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
}

#[cfg(test)]
mod tests;

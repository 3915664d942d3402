//! Seals credentials of providers before they are stored: AES-256-GCM with a key of its own for each, made from the
//! encryption key and a random salt. The name is authenticated with it: a credential can not be moved to another name.
//! It must not print anything.
//!
//! `version u8 = 1 | salt 16 | nonce 12 | ciphertext and tag`. The form is stored and never changed.

use crate::error::StoreError;
use crate::keys;
use gw_model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;
use zeroize::Zeroize as _;

const VERSION: u8 = 1;
const SALT_BYTES: usize = 16;
/// What the key for credentials is derived for.
const PURPOSE: &str = "gatewright provider credentials 1";

/// See the module.
pub struct Vault {
    /// Newest first: seals with that, opens with any.
    keys: Vec<Secret>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// For encryption keys, newest first.
    #[must_use]
    pub fn new(encryption_keys: &[Secret]) -> Self {
        Self { keys: encryption_keys.iter().map(|key| keys::derive(key, PURPOSE)).collect() }
    }

    /// Seals the credential of that name.
    ///
    /// # Errors
    /// There is no key, or no randomness.
    pub fn seal(&self, name: &str, secret: &Secret) -> Result<Vec<u8>, StoreError> {
        let failed = || StoreError::Damaged { what: "the encryption key" };
        let key = self.keys.first().ok_or_else(failed)?;
        let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_LEN]);
        getrandom::fill(&mut salt).map_err(StoreError::Random)?;
        getrandom::fill(&mut nonce).map_err(StoreError::Random)?;
        let mut out = vec![VERSION];
        out.extend_from_slice(&salt);
        out.extend_from_slice(&nonce);
        let key = sealing_key(key, &salt).ok_or_else(failed)?;
        // Room for the tag, so that no copy of the text is left behind by growing.
        let mut body = Vec::with_capacity(secret.expose().len() + AES_256_GCM.tag_len());
        body.extend_from_slice(secret.expose().as_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::from(name.as_bytes()), &mut body).map_err(|_| failed())?;
        out.append(&mut body);
        Ok(out)
    }

    /// Opens what [`Self::seal`] made for that name.
    ///
    /// # Errors
    /// It is not that, or none of the keys fits.
    pub fn open(&self, name: &str, sealed: &[u8]) -> Result<Secret, StoreError> {
        let damaged =
            || StoreError::Damaged { what: "a stored credential (or the encryption key is another one)" };
        let (version, rest) = sealed.split_first().ok_or_else(damaged)?;
        let (salt, rest) = rest.split_at_checked(SALT_BYTES).ok_or_else(damaged)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        if *version != VERSION {
            return Err(damaged());
        }
        for key in &self.keys {
            let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
            let key = sealing_key(key, salt).ok_or_else(damaged)?;
            let mut body = body.to_vec();
            let opened = key.open_in_place(nonce, Aad::from(name.as_bytes()), &mut body);
            let text = opened.ok().and_then(|text| std::str::from_utf8(text).ok()).map(str::to_owned);
            body.zeroize();
            if let Some(text) = text {
                return Ok(Secret::new(text));
            }
        }
        Err(damaged())
    }
}

fn sealing_key(key: &Secret, salt: &[u8]) -> Option<LessSafeKey> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(salt);
    UnboundKey::new(&AES_256_GCM, &mac.finalize().into_bytes()).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests;

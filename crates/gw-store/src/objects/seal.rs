//! Seals contents before they are written: AES-256-GCM with a key of its own for each, made from the encryption key
//! and a random salt, so that no key is used often enough for nonces to matter. What it belongs to is
//! authenticated with it: a content can not be moved to another object or owner. It must not print anything.
//!
//! `version u8 = 1 | salt 16 | nonce 12 | ciphertext and tag`. The form is stored and never changed.

use super::object::Object;
use crate::error::StoreError;
use crate::keys;
use gw_model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

const VERSION: u8 = 1;
const SALT_BYTES: usize = 16;
const HEAD_BYTES: usize = 1 + SALT_BYTES + NONCE_LEN;
/// What the key for contents is derived for.
const PURPOSE: &str = "gatewright stored objects 1";

/// See the module.
pub struct Sealer {
    /// Newest first: seals with that, opens with any.
    keys: Vec<Secret>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Sealer {
    /// For encryption keys, newest first.
    #[must_use]
    pub fn new(encryption_keys: &[Secret]) -> Self {
        Self { keys: encryption_keys.iter().map(|key| keys::derive(key, PURPOSE)).collect() }
    }

    /// Seals the content of an object. Errors: there is no key or no randomness.
    pub fn seal(&self, object: &Object, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        let failed = || StoreError::Damaged { what: "the encryption key" };
        let key = self.keys.first().ok_or_else(failed)?;
        let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_LEN]);
        getrandom::fill(&mut salt).map_err(StoreError::Random)?;
        getrandom::fill(&mut nonce).map_err(StoreError::Random)?;
        let mut out = Vec::with_capacity(HEAD_BYTES + content.len() + AES_256_GCM.tag_len());
        out.push(VERSION);
        out.extend_from_slice(&salt);
        out.extend_from_slice(&nonce);
        let key = content_key(key, &salt).ok_or_else(failed)?;
        let mut body = content.to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(belonging(object)),
            &mut body,
        )
        .map_err(|_| failed())?;
        out.append(&mut body);
        Ok(out)
    }

    /// Opens what [`Self::seal`] made for this object. Errors: it is not that, or none of the keys fits.
    pub fn open(&self, object: &Object, sealed: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let damaged = || StoreError::Damaged { what: "a stored object's content" };
        let (head, body) = sealed.split_at_checked(HEAD_BYTES).ok_or_else(damaged)?;
        let (version, rest) = head.split_first().ok_or_else(damaged)?;
        let (salt, nonce) = rest.split_at_checked(SALT_BYTES).ok_or_else(damaged)?;
        if *version != VERSION {
            return Err(damaged());
        }
        for key in &self.keys {
            let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
            let key = content_key(key, salt).ok_or_else(damaged)?;
            let mut body = body.to_vec();
            if let Ok(content) = key.open_in_place(nonce, Aad::from(belonging(object)), &mut body) {
                let length = content.len();
                body.truncate(length);
                return Ok(body);
            }
        }
        Err(damaged())
    }
}

fn content_key(key: &Secret, salt: &[u8]) -> Option<LessSafeKey> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(salt);
    UnboundKey::new(&AES_256_GCM, &mac.finalize().into_bytes()).ok().map(LessSafeKey::new)
}

/// What is authenticated besides the content.
fn belonging(object: &Object) -> Vec<u8> {
    let mut out = vec![object.kind.code()];
    out.extend_from_slice(&object.owner.0.to_be_bytes());
    out.extend_from_slice(object.id.as_bytes());
    out
}

//! Seals what must not be readable in the store: AES-256-GCM with keys made from the encryption key and a random salt, a new
//! one for every few hundred, so that no key is used often enough for nonces to matter. What it belongs to is authenticated
//! with it: nothing sealed can be moved to another place. It must not print anything.
//!
//! `version u8 = 1 | salt 16 | nonce 12 | ciphertext and tag`. The form is stored and never changed.

use crate::error::StoreError;
use crate::keys;
use gw_model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use parking_lot::Mutex;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const SALT_BYTES: usize = 16;
const HEAD_BYTES: usize = 1 + SALT_BYTES + NONCE_LEN;
/// How often one salt and the key made with it are used; making them takes longer than sealing a kilobyte.
const USES: u32 = 256;

/// A salt in use, and the key made with it.
#[derive(Clone)]
struct Salted {
    salt: [u8; SALT_BYTES],
    key: LessSafeKey,
    /// Random too; the number of the use is added to its end, so that no nonce comes twice with the key.
    nonce: [u8; NONCE_LEN],
    left: u32,
}

impl Salted {
    fn nonce(&self) -> [u8; NONCE_LEN] {
        let mut nonce = self.nonce;
        if let Some(end) = nonce.last_chunk_mut() {
            *end = u32::from_be_bytes(*end).wrapping_add(self.left).to_be_bytes();
        }
        nonce
    }
}

/// What becomes of something sealed when there is a newer key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Renewed {
    /// It is sealed with the newest key.
    Current,
    /// It was sealed with an older one; so it is with the newest.
    Again(Vec<u8>),
    /// No key opens it.
    Unreadable,
}

/// Keys for one purpose.
pub(crate) struct Seal {
    /// Newest first: seals with that, opens with any.
    keys: Vec<Secret>,
    /// What is sealed, for errors.
    what: &'static str,
    salted: Mutex<Option<Salted>>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("what", &self.what).finish_non_exhaustive()
    }
}

impl Seal {
    /// For encryption keys, newest first. Each `purpose` has keys of its own.
    pub(crate) fn new(encryption_keys: &[Secret], purpose: &str, what: &'static str) -> Self {
        Self {
            keys: encryption_keys.iter().map(|key| keys::derive(key, purpose)).collect(),
            what,
            salted: Mutex::new(None),
        }
    }

    /// Opens with these too, which were made for its purpose.
    pub(crate) fn opening_with(mut self, older: Vec<Secret>) -> Self {
        self.keys.extend(older);
        self
    }

    /// Seals `content`, which belongs to `place`. Errors: there is no key or no randomness.
    pub(crate) fn seal(&self, place: &[u8], content: &[u8]) -> Result<Vec<u8>, StoreError> {
        let failed = || StoreError::Damaged { what: "the encryption key" };
        let salted = self.salted()?;
        let (nonce, Salted { salt, key, .. }) = (salted.nonce(), salted);
        // Room for the tag, so that no copy of the text is left behind by growing.
        let mut out = Vec::with_capacity(HEAD_BYTES + content.len() + AES_256_GCM.tag_len());
        out.push(VERSION);
        out.extend_from_slice(&salt);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(content);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let body = out.get_mut(HEAD_BYTES..).ok_or_else(failed)?;
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(place), body).map_err(|_| failed())?;
        out.extend_from_slice(tag.as_ref());
        Ok(out)
    }

    /// The salt and the key for the next one.
    fn salted(&self) -> Result<Salted, StoreError> {
        let mut salted = self.salted.lock();
        if let Some(known) = salted.as_mut().filter(|known| known.left > 0) {
            known.left -= 1;
            return Ok(known.clone());
        }
        let failed = || StoreError::Damaged { what: "the encryption key" };
        let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_LEN]);
        getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut nonce)).map_err(StoreError::Random)?;
        let key = self.keys.first().and_then(|key| key_of(key, &salt)).ok_or_else(failed)?;
        Ok(salted.insert(Salted { salt, key, nonce, left: USES - 1 }).clone())
    }

    /// Opens what [`Self::seal`] made for this place. Errors: it is not that, or none of the keys fits.
    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        self.open_with(place, sealed).map(|(_, content)| content)
    }

    /// What is sealed with an older key, sealed with the newest. Errors: there is no randomness.
    pub(crate) fn renew(&self, place: &[u8], sealed: &[u8]) -> Result<Renewed, StoreError> {
        match self.open_with(place, sealed) {
            Err(_) => Ok(Renewed::Unreadable),
            Ok((0, _)) => Ok(Renewed::Current),
            Ok((_, content)) => self.seal(place, &content).map(Renewed::Again),
        }
    }

    /// The same, and which of the keys fits.
    fn open_with(&self, place: &[u8], sealed: &[u8]) -> Result<(usize, Zeroizing<Vec<u8>>), StoreError> {
        let damaged = || StoreError::Damaged { what: self.what };
        let (version, rest) = sealed.split_first().ok_or_else(damaged)?;
        let (salt, rest) = rest.split_at_checked(SALT_BYTES).ok_or_else(damaged)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        if *version != VERSION {
            return Err(damaged());
        }
        for (number, key) in self.keys.iter().enumerate() {
            let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
            let key = key_of(key, salt).ok_or_else(damaged)?;
            let mut body = Zeroizing::new(body.to_vec());
            if let Ok(content) = key.open_in_place(nonce, Aad::from(place), &mut body) {
                let length = content.len();
                body.truncate(length);
                return Ok((number, body));
            }
        }
        Err(damaged())
    }
}

fn key_of(key: &Secret, salt: &[u8]) -> Option<LessSafeKey> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(salt);
    UnboundKey::new(&AES_256_GCM, &mac.finalize().into_bytes()).ok().map(LessSafeKey::new)
}

//! Digests of virtual keys: HMAC-SHA-256 under a secret pepper, so that a stolen database opens nothing.
//! Serves the authenticate stage. It must not keep or log a key.

use gw_model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::hash::{Hash, Hasher};
use subtle::ConstantTimeEq;

/// Peppers, newest first, each with its inner and outer hash state already computed.
pub struct Peppers(Vec<Hmac<Sha256>>);

impl std::fmt::Debug for Peppers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Peppers({})", self.0.len())
    }
}

impl Peppers {
    /// Prepares peppers, newest first. With none given, a pepper of no bytes is used (tests).
    #[must_use]
    pub fn new(peppers: &[Secret]) -> Self {
        let mut states: Vec<_> = peppers.iter().map(|p| state(p.expose().as_bytes())).collect();
        if states.is_empty() {
            states.push(state(b""));
        }
        Self(states)
    }

    /// The digest under the newest pepper.
    #[must_use]
    pub fn newest(&self, presented: &str) -> [u8; 32] {
        self.each(presented).next().unwrap_or_default()
    }

    /// Digests under each pepper, newest first, computed as they are asked for.
    pub fn each<'a>(&'a self, presented: &'a str) -> impl Iterator<Item = [u8; 32]> + 'a {
        self.0.iter().map(move |state| {
            let mut mac = state.clone();
            mac.update(presented.as_bytes());
            mac.finalize().into_bytes().into()
        })
    }
}

/// HMAC takes a key of any length; the error of the general trait can not occur.
fn state(pepper: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(pepper).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()))
}

/// A digest as a map key: hashed by its first bytes (it is uniformly random, and nobody without the pepper
/// can choose it), compared in constant time.
#[derive(Clone, Copy)]
pub(super) struct Digest(pub(super) [u8; 32]);

impl Digest {
    /// The first 64 bits.
    pub(super) const fn head(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.head());
    }
}

/// Passes the 64 bits of a [`Digest`] on as they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeadHasher(u64);

impl Hasher for HeadHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

//! The chain: what of an entry is hashed, and how hash and head are sealed. The forms are stored and never changed. It must
//! not print a key.

use super::entry::AuditEntry;
use crate::keys;
use crate::seal::Renewed;
use gw_model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What the key for seals is derived for.
const PURPOSE: &str = "gatewright audit 1";
const ENTRY: &[u8] = b"gatewright audit entry 1\0";
const HEAD: &[u8] = b"gatewright audit head 1\0";

/// The hash before the first entry.
pub const NO_HASH: [u8; 32] = [0; 32];

/// An entry's place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Of the entry and the hash of the one before it.
    pub hash: [u8; 32],
    /// Of the hash.
    pub seal: [u8; 32],
}

/// Where the chain begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the first entry that is kept.
    pub first: i64,
    /// Hash of the one before it.
    pub base: [u8; 32],
    /// Number of the last entry; below `first` when there is none.
    pub last: i64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl Head {
    /// Of a chain without entries.
    pub const EMPTY: Self = Self { first: 1, base: NO_HASH, last: 0, hash: NO_HASH };
}

/// Seals with the newest key, and knows what any of them sealed.
pub struct AuditSeal(Vec<Secret>);

impl std::fmt::Debug for AuditSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditSeal").finish_non_exhaustive()
    }
}

impl AuditSeal {
    /// For encryption keys, newest first.
    #[must_use]
    pub fn new(encryption_keys: &[Secret]) -> Self {
        Self(encryption_keys.iter().map(|key| keys::derive(key, PURPOSE)).collect())
    }

    /// Chains an entry to the one of that hash.
    #[must_use]
    pub fn link(&self, previous: &[u8; 32], entry: &AuditEntry) -> Link {
        let hash = hash(previous, entry);
        Link { hash, seal: self.first(ENTRY, &hash) }
    }

    /// Is the hash sealed by one of the keys?
    #[must_use]
    pub fn is_sealed(&self, link: &Link) -> bool {
        self.fits(ENTRY, &link.hash, &link.seal)
    }

    /// What is sealed with an older key, sealed with the newest: an entry's hash stays as it is, so that an entry that was altered
    /// is found by it as before.
    pub(crate) fn renew(&self, link: &Link) -> Renewed {
        match self.fitting(ENTRY, &link.hash, &link.seal) {
            None => Renewed::Unreadable,
            Some(0) => Renewed::Current,
            Some(_) => Renewed::Again(self.first(ENTRY, &link.hash).to_vec()),
        }
    }

    /// The same of a head.
    pub(crate) fn renew_head(&self, head: &Head, seal: &[u8]) -> Renewed {
        match self.fitting(HEAD, &head_bytes(head), seal) {
            None => Renewed::Unreadable,
            Some(0) => Renewed::Current,
            Some(_) => Renewed::Again(self.seal_head(head).to_vec()),
        }
    }

    /// The seal of a head.
    #[must_use]
    pub fn seal_head(&self, head: &Head) -> [u8; 32] {
        self.first(HEAD, &head_bytes(head))
    }

    /// Is the head sealed by one of the keys?
    #[must_use]
    pub fn is_sealed_head(&self, head: &Head, seal: &[u8]) -> bool {
        self.fits(HEAD, &head_bytes(head), seal)
    }

    fn first(&self, what: &[u8], bytes: &[u8]) -> [u8; 32] {
        let mac = self.0.first().and_then(|key| mac(key, what, bytes));
        mac.map_or(NO_HASH, |mac| mac.finalize().into_bytes().into())
    }

    fn fits(&self, what: &[u8], bytes: &[u8], seal: &[u8]) -> bool {
        self.fitting(what, bytes, seal).is_some()
    }

    /// Which of the keys sealed it.
    fn fitting(&self, what: &[u8], bytes: &[u8], seal: &[u8]) -> Option<usize> {
        let fits = |key: &Secret| mac(key, what, bytes).is_some_and(|mac| mac.verify_slice(seal).is_ok());
        self.0.iter().position(fits)
    }
}

fn mac(key: &Secret, what: &[u8], bytes: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(what);
    mac.update(bytes);
    Some(mac)
}

fn head_bytes(head: &Head) -> [u8; 80] {
    let mut out = [0; 80];
    let parts: [&[u8]; 4] = [&head.first.to_be_bytes(), &head.base, &head.last.to_be_bytes(), &head.hash];
    for (to, from) in out.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
    out
}

/// The hash of an entry behind the one of that hash. Lengths stand before texts, so that nothing can move between members.
pub(super) fn hash(previous: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut hash = Sha256::new();
    // Entries that belong to nobody are hashed as they were before any did.
    let places = Some(&entry.places).filter(|places| !places.is_empty());
    hash.update([if places.is_some() { 2 } else { 1 }]);
    hash.update(previous);
    hash.update(entry.number.to_be_bytes());
    hash.update(entry.time.to_be_bytes());
    let AuditEntry { actor, action, kind, id, name, outcome, before, after, address, agent, .. } = entry;
    let texts = [
        Some(actor),
        Some(action),
        Some(kind),
        Some(id),
        Some(name),
        Some(outcome),
        before.as_ref(),
        after.as_ref(),
        Some(address),
        Some(agent),
    ];
    for text in texts.into_iter().chain(places.map(Some)) {
        match text {
            None => hash.update([0]),
            Some(text) => {
                hash.update([1]);
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text);
            }
        }
    }
    hash.finalize().into()
}

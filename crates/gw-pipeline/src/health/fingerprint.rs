//! A deployment's name for other gateways: a digest of what makes it the same one everywhere. It tells nobody a base
//! URL, a model or a credential's name, and has the same length whatever they are.

use super::deployment::Identity;
use sha2::{Digest, Sha256};

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Each part goes in with its length before it, so that no two deployments run together.
    pub(super) fn of(id: &Identity) -> Self {
        let mut digest = Sha256::new();
        let credential = id.credential.as_deref();
        for part in [Some(&*id.provider), Some(&*id.base_url), Some(&*id.model), credential] {
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            digest.update(length.to_be_bytes());
            digest.update(part.unwrap_or_default());
        }
        Self(digest.finalize().into())
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

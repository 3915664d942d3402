//! Credentials, and the keys that signatures are made with. Serves signing and verification. It must not
//! show a secret.

use gw_model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// What a caller of AWS signs with.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// Names the credential.
    pub access_key_id: &'a str,
    /// The secret.
    pub secret_access_key: &'a Secret,
    /// Goes with temporary credentials.
    pub session_token: Option<&'a Secret>,
}

/// A key that is good for one day, region and service.
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// Derives the key; `day` is `20150830`.
    #[must_use]
    pub fn derive(secret: &Secret, day: &str, region: &str, service: &str) -> Self {
        let mut start = b"AWS4".to_vec();
        start.extend_from_slice(secret.expose().as_bytes());
        let day_key = digest(&start, day.as_bytes());
        // Not the secret itself, yet as good as it.
        start.fill(0);
        let service_key = digest(&digest(&day_key, region.as_bytes()), service.as_bytes());
        Self(digest(&service_key, b"aws4_request"))
    }

    /// The signature of `text`.
    #[must_use]
    pub fn sign(&self, text: &str) -> [u8; 32] {
        digest(&self.0, text.as_bytes())
    }

    /// Whether `signature` is the one of `text`, in a time that does not depend on where they differ.
    #[must_use]
    pub fn is_signature(&self, text: &str, signature: &[u8; 32]) -> bool {
        keyed(&self.0).is_some_and(|mut mac| {
            mac.update(text.as_bytes());
            mac.verify_slice(signature).is_ok()
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

/// HMAC takes keys of any length, so that there always is one.
fn keyed(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::<Sha256>::new_from_slice(key).ok()
}

fn digest(key: &[u8], data: &[u8]) -> [u8; 32] {
    keyed(key).map_or([0; 32], |mut mac| {
        mac.update(data);
        mac.finalize().into_bytes().into()
    })
}

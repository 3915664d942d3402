//! Signatures of what web hooks are told, as the Standard Webhooks specification has them, so that its libraries can check them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gw_model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `v1,` and the signature of id, time and body.
#[must_use]
pub fn sign(secret: &Secret, id: &str, at: &str, body: &[u8]) -> String {
    let text = secret.expose();
    let key = text.strip_prefix("whsec_").and_then(|encoded| STANDARD.decode(encoded).ok());
    let key = key.unwrap_or_else(|| text.as_bytes().to_vec());
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(at.as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

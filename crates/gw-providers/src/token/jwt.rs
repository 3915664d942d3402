//! JSON Web Tokens signed with RS256 (RFC 7515, RFC 7518). Serves the assertions of service accounts. It must not
//! show a key.

use super::TokenError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;

/// Signs `claims` with a key in PEM (PKCS #8); `key_id` goes into the header.
pub(super) fn sign(
    claims: &serde_json::Value,
    key_pem: &str,
    key_id: Option<&str>,
) -> Result<String, TokenError> {
    let wrong = || TokenError::malformed("the credentials file's 'private_key' is no RSA key in PKCS #8 PEM");
    let der = PrivatePkcs8KeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|_| wrong())?;
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| wrong())?;
    let mut header = serde_json::json!({ "alg": "RS256", "typ": "JWT" });
    if let (Some(id), Some(members)) = (key_id, header.as_object_mut()) {
        members.insert("kid".to_owned(), id.into());
    }
    let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
        .map_err(|_| wrong())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

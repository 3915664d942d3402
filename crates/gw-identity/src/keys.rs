//! Public keys of an identity provider, from a JWKS document or from PEM. Keys that are of no use for signatures are left
//! out; a set without any key is a fault, since nothing could be checked with it.

use crate::algorithm::{Algorithm, Material};
use crate::der;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::fmt;

/// Most keys of one provider.
const MAX_KEYS: usize = 256;

/// Smallest and largest RSA modulus, in bytes.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Public keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    pub(crate) keys: Vec<PublicKey>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey {
    /// `kid`.
    pub(crate) id: Option<String>,
    /// The only algorithm that it is for, where it says so.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) material: Material,
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysError {
    /// It is no JSON object with a list `keys`.
    NoSet,
    /// There are too many.
    TooMany,
    /// A block of PEM cannot be read.
    Pem,
    /// None is of use.
    NoneUsable,
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSet => "is no set of keys: it must be a JSON object with a list 'keys'",
            Self::TooMany => "holds more than 256 keys",
            Self::Pem => {
                "holds a key that cannot be read: it must be an RSA, P-256, P-384 or Ed25519 key in a block \
                 'PUBLIC KEY'"
            }
            Self::NoneUsable => {
                "holds no public key for signatures: RSA from 2048 to 8192 bits, P-256, P-384 or Ed25519"
            }
        })
    }
}

impl std::error::Error for KeysError {}

impl KeySet {
    /// The keys of a JWKS document (RFC 7517).
    ///
    /// # Errors
    /// It is none, or has no key of use.
    pub fn from_jwks(document: &[u8]) -> Result<Self, KeysError> {
        let document: Value = serde_json::from_slice(document).map_err(|_| KeysError::NoSet)?;
        let list = document.get("keys").and_then(Value::as_array).ok_or(KeysError::NoSet)?;
        if list.len() > MAX_KEYS {
            return Err(KeysError::TooMany);
        }
        Self::of(list.iter().filter_map(jwk).collect())
    }

    /// The keys of `PUBLIC KEY` blocks in PEM, which have no ids.
    ///
    /// # Errors
    /// A block cannot be read, or there is none.
    pub fn from_pem(pem: &str) -> Result<Self, KeysError> {
        let keys = der::public_keys(pem).ok_or(KeysError::Pem)?;
        Self::of(keys.into_iter().map(|material| PublicKey { id: None, algorithm: None, material }).collect())
    }

    /// Keys in either form.
    ///
    /// # Errors
    /// As above.
    pub fn read(text: &str) -> Result<Self, KeysError> {
        match text.trim_start().starts_with('{') {
            true => Self::from_jwks(text.as_bytes()),
            false => Self::from_pem(text),
        }
    }

    fn of(mut keys: Vec<PublicKey>) -> Result<Self, KeysError> {
        keys.retain(|key| is_sound(&key.material));
        match keys.len() {
            0 => Err(KeysError::NoneUsable),
            more if more > MAX_KEYS => Err(KeysError::TooMany),
            _ => Ok(Self { keys }),
        }
    }

    /// How many keys there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// True when there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn is_sound(material: &Material) -> bool {
    match material {
        Material::Rsa { n, e } => RSA_BYTES.contains(&n.len()) && (1..=8).contains(&e.len()),
        Material::P256(point) => point.len() == 65 && point.first() == Some(&4),
        Material::P384(point) => point.len() == 97 && point.first() == Some(&4),
        Material::Ed25519(point) => point.len() == 32,
    }
}

/// One key; `None` where it is not for signatures, or of a kind that is not known here.
fn jwk(key: &Value) -> Option<PublicKey> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('=')).ok();
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let may_verify = |uses: &Vec<Value>| uses.iter().any(|one| one == "verify");
    if key.get("key_ops").and_then(Value::as_array).is_some_and(|uses| !may_verify(uses)) {
        return None;
    }
    let algorithm = match text("alg") {
        None => None,
        Some(name) => Some(Algorithm::from_name(name)?),
    };
    let point = |width: usize| {
        let mut point = vec![4];
        for name in ["x", "y"] {
            let coordinate = der::unsigned(&bytes(name)?);
            // Some leave leading zeros out.
            point.extend(std::iter::repeat_n(0, width.checked_sub(coordinate.len())?));
            point.extend(coordinate);
        }
        Some(point)
    };
    let material = match (text("kty")?, text("crv")) {
        ("RSA", _) => Material::Rsa { n: der::unsigned(&bytes("n")?), e: der::unsigned(&bytes("e")?) },
        ("EC", Some("P-256")) => Material::P256(point(32)?),
        ("EC", Some("P-384")) => Material::P384(point(48)?),
        ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x")?),
        _ => return None,
    };
    Some(PublicKey { id: text("kid").map(str::to_owned), algorithm, material })
}

#[cfg(test)]
mod tests;

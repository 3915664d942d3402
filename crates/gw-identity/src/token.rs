//! A signed token in compact form, taken apart. Nothing in it is to be believed before [`crate::verify`] has said so.

use crate::claims::Claims;
use crate::refused::{Refused, shortened};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Largest token that is looked at where nobody says otherwise, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 << 10;

/// A token that was read, and is not checked yet.
#[derive(Clone, Debug)]
pub struct Token<'a> {
    /// What the signature is over.
    pub(crate) signed: &'a str,
    pub(crate) signature: Vec<u8>,
    /// `alg`, as it stands there.
    pub(crate) algorithm: String,
    /// `kid`.
    pub(crate) key_id: Option<String>,
    pub(crate) claims: Claims,
}

/// Could it be a token? Three parts with dots between, of which the first is an object in base64. Costs next to nothing.
#[must_use]
pub fn looks_like(text: &str) -> bool {
    text.starts_with("eyJ") && text.bytes().filter(|byte| *byte == b'.').count() == 2
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// It is too large, or no signed token.
    pub fn read(text: &'a str, max_bytes: usize) -> Result<Self, Refused> {
        if text.len() > max_bytes {
            return Err(Refused::TooLarge { max_bytes });
        }
        let not_three = Refused::Malformed("it must have three parts with dots between");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(|| not_three.clone())?;
        let (head, payload) = signed.split_once('.').ok_or_else(|| not_three.clone())?;
        if payload.contains('.') {
            return Err(not_three);
        }
        let head = object(head, "its header is no JSON object in base64url")?;
        // Such a member changes what the rest means; whoever does not know how must not go on.
        if head.contains_key("crit") || head.get("b64").is_some() {
            return Err(Refused::Malformed("its header has extensions that are not known here"));
        }
        let word = |name: &str| head.get(name).and_then(Value::as_str).map(str::to_owned);
        let algorithm = word("alg").ok_or(Refused::Malformed("its header has no 'alg'"))?;
        let signature = URL_SAFE_NO_PAD.decode(signature);
        Ok(Self {
            signed,
            signature: signature.map_err(|_| Refused::Malformed("its signature is no base64url"))?,
            algorithm,
            key_id: word("kid"),
            claims: Claims::new(object(payload, "its claims are no JSON object in base64url")?),
        })
    }

    /// Who is said to have made it. Not checked yet.
    #[must_use]
    pub fn said_issuer(&self) -> Option<&str> {
        self.claims.get("iss")?.as_str()
    }

    pub(crate) fn unknown_algorithm(&self) -> Refused {
        Refused::Algorithm { name: shortened(&self.algorithm) }
    }

    pub(crate) fn unknown_key(&self) -> Refused {
        Refused::UnknownKey { id: self.key_id.as_deref().map(shortened).unwrap_or_default() }
    }
}

fn object(part: &str, why: &'static str) -> Result<Map<String, Value>, Refused> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Malformed(why))?;
    serde_json::from_slice(&bytes).map_err(|_| Refused::Malformed(why))
}

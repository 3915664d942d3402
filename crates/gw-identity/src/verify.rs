//! Is a token good? The signature first: what is not signed is not worth a message about its claims.

use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::keys::{KeySet, PublicKey};
use crate::refused::Refused;
use crate::token::Token;

/// Most keys that are tried for a token that names none.
const MAX_TRIED: usize = 16;

/// What a token must be like.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// `iss`, letter by letter.
    pub issuer: &'a str,
    /// One of them must be in `aud`.
    pub audiences: &'a [String],
    /// Ways of signing that are accepted.
    pub algorithms: &'a [Algorithm],
    /// How far clocks may be apart, in seconds.
    pub leeway_seconds: i64,
    /// How old it may be by its `iat`, in seconds.
    pub max_age_seconds: Option<i64>,
    /// The sign-in that it must belong to.
    pub nonce: Option<&'a str>,
}

/// Checks a token at a time, in seconds since the epoch, and gives what it says.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn verify(token: Token<'_>, keys: &KeySet, expected: &Expected<'_>, now: i64) -> Result<Claims, Refused> {
    let algorithm = Algorithm::from_name(&token.algorithm)
        .filter(|algorithm| expected.algorithms.contains(algorithm))
        .ok_or_else(|| token.unknown_algorithm())?;
    check_signature(&token, algorithm, keys)?;
    let claims = token.claims;
    if claims.get("iss").and_then(|iss| iss.as_str()) != Some(expected.issuer) {
        return Err(Refused::Issuer);
    }
    if !claims.texts("aud").iter().any(|audience| expected.audiences.contains(audience)) {
        return Err(Refused::Audience);
    }
    let leeway = expected.leeway_seconds;
    let end = claims.seconds("exp").ok_or(Refused::NoEnd)?;
    if end.saturating_add(leeway) <= now {
        return Err(Refused::Expired);
    }
    if claims.get("nbf").is_some()
        && claims.seconds("nbf").is_none_or(|from| from > now.saturating_add(leeway))
    {
        return Err(Refused::NotYet);
    }
    if let Some(max_age) = expected.max_age_seconds {
        let made = claims.seconds("iat").ok_or(Refused::TooOld)?;
        if made > now.saturating_add(leeway) {
            return Err(Refused::NotYet);
        }
        if made.saturating_add(max_age).saturating_add(leeway) <= now {
            return Err(Refused::TooOld);
        }
    }
    if expected.nonce.is_some() && claims.get("nonce").and_then(|nonce| nonce.as_str()) != expected.nonce {
        return Err(Refused::Nonce);
    }
    Ok(claims)
}

impl Claims {
    /// When the token is over, in seconds since the epoch. Tokens that were found good say it.
    #[must_use]
    pub fn ends_at(&self) -> Option<i64> {
        self.seconds("exp")
    }
}

fn check_signature(token: &Token<'_>, algorithm: Algorithm, keys: &KeySet) -> Result<(), Refused> {
    let fits = |key: &&PublicKey| {
        // A set without ids (PEM) is tried whatever the token names.
        let named = match (&key.id, &token.key_id) {
            (Some(id), Some(wanted)) => id == wanted,
            (None, _) | (_, None) => true,
        };
        named && algorithm.fits(&key.material) && key.algorithm.is_none_or(|only| only == algorithm)
    };
    let mut candidates = keys.keys.iter().filter(fits).take(MAX_TRIED).peekable();
    if candidates.peek().is_none() {
        return Err(token.unknown_key());
    }
    let message = token.signed.as_bytes();
    match candidates.any(|key| algorithm.is_signed(&key.material, message, &token.signature)) {
        true => Ok(()),
        false => Err(Refused::Signature),
    }
}

#[cfg(test)]
mod tests;

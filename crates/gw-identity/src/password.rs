//! Passwords: what becomes of one that is chosen (Argon2id), and whether one that is given is it. Serves the sign-in of people.
//! Slow on purpose, and it needs some 20 MiB while it works: call it on a thread that may wait, few at a time. It must not
//! keep or print a password.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Bytes of salt.
pub const SALT_BYTES: usize = 16;

/// Longest password in characters.
pub const MAX_PASSWORD: usize = 256;

const HASH_BYTES: usize = 32;
/// What new ones cost: KiB of memory, passes over it, lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// What a stored one may cost at most: nobody who writes the database can have the gateway work for hours.
const MOST: (u32, u32, u32) = (262_144, 16, 8);

/// What becomes of a password with that salt: the text that is stored, in the usual form (`$argon2id$v=19$...`). `None` where
/// there is no memory for it.
#[must_use]
pub fn hash_password(password: &str, salt: [u8; SALT_BYTES]) -> Option<String> {
    let (memory, passes, lanes) = COST;
    let hash = derive(password, &salt, COST)?;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(*hash));
    Some(format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}"))
}

/// Is that the password of which this became? Without one to compare with it takes as long, and is not.
#[must_use]
pub fn is_password(password: &str, stored: Option<&str>) -> bool {
    let known = stored.and_then(parse);
    let is_known = known.is_some();
    let (cost, salt, wanted) = known.unwrap_or((COST, vec![0; SALT_BYTES], [0; HASH_BYTES]));
    let found = derive(password, &salt, cost);
    found.is_some_and(|found| bool::from(found.ct_eq(&wanted))) && is_known
}

type Known = ((u32, u32, u32), Vec<u8>, [u8; HASH_BYTES]);

fn parse(stored: &str) -> Option<Known> {
    let rest = stored.strip_prefix("$argon2id$v=19$m=")?;
    let mut parts = rest.split('$');
    let (cost, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let (memory, more) = cost.split_once(",t=")?;
    let (passes, lanes) = more.split_once(",p=")?;
    let cost: (u32, u32, u32) = (memory.parse().ok()?, passes.parse().ok()?, lanes.parse().ok()?);
    let is_bearable = cost.0 <= MOST.0 && cost.1 <= MOST.1 && cost.2 <= MOST.2;
    let hash: [u8; HASH_BYTES] = STANDARD_NO_PAD.decode(hash).ok()?.try_into().ok()?;
    let salt = STANDARD_NO_PAD.decode(salt).ok()?;
    (is_bearable && parts.next().is_none()).then_some((cost, salt, hash))
}

/// The same password may be typed in several ways, by the keyboard: they count as one.
fn derive(
    password: &str,
    salt: &[u8],
    (memory, passes, lanes): (u32, u32, u32),
) -> Option<Zeroizing<[u8; HASH_BYTES]>> {
    let text: Zeroizing<String> = Zeroizing::new(password.nfkc().collect());
    let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).ok()?;
    let mut out = Zeroizing::new([0; HASH_BYTES]);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(text.as_bytes(), salt, &mut *out).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests;

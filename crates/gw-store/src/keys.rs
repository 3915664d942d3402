//! Key material: virtual keys, the master key, the encryption key and what is derived from it. Serves
//! start-up and the creation of keys. It must not log a key.

use crate::data_dir::replace_file;
use crate::error::StoreError;
use crate::types::{GroupId, SessionId, TokenId};
use gw_model::{AccountId, KeyId, Level, Secret};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::Path;

/// Every virtual key starts so.
pub const KEY_PREFIX: &str = "gw-";
/// Every admin token starts so.
pub const TOKEN_PREFIX: &str = "gwa-";
/// Environment variable of the encryption key.
const ENCRYPTION_VARIABLE: &str = "GATEWRIGHT_ENCRYPTION_KEY";
/// Environment variable of those before it, one on each line, for as long as something is sealed with them.
const PREVIOUS_VARIABLE: &str = "GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS";
const KEY_CHARACTERS: usize = 43;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// The master key's file in the data directory.
pub const MASTER_FILE: &str = "master.key";
/// The encryption key's file in the data directory: newest on the first line, older ones below.
pub const ENCRYPTION_FILE: &str = "encryption.key";

/// A key from a file, or a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// The key.
    pub key: Secret,
    /// True when it was made just now.
    pub is_new: bool,
}

/// A new virtual key: `gw-` and 43 characters of `[A-Za-z0-9]` (256 bits) from the operating system.
pub fn generate_key() -> Result<Secret, StoreError> {
    generate(KEY_PREFIX)
}

/// A new admin token: `gwa-` and as many characters.
pub fn generate_admin_token() -> Result<Secret, StoreError> {
    generate(TOKEN_PREFIX)
}

/// What a browser shows for a session: `gws-` and as many characters.
pub fn generate_session_token() -> Result<Secret, StoreError> {
    generate("gws-")
}

/// What stands in a link to choose a password: `gwl-` and as many characters.
pub fn generate_link_token() -> Result<Secret, StoreError> {
    generate("gwl-")
}

fn generate(prefix: &str) -> Result<Secret, StoreError> {
    let mut text = String::with_capacity(prefix.len() + KEY_CHARACTERS);
    text.push_str(prefix);
    let mut bytes = [0u8; 64];
    while text.len() < prefix.len() + KEY_CHARACTERS {
        getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
        // 248 is the largest multiple of 62 in a byte: what is above would favour the first characters.
        let fair = bytes.iter().filter(|b| **b < 248).filter_map(|b| ALPHABET.get(usize::from(b % 62)));
        let missing = prefix.len() + KEY_CHARACTERS - text.len();
        text.extend(fair.take(missing).map(|c| char::from(*c)));
    }
    Ok(Secret::new(text))
}

/// What of a key is shown to people: its first eight and its last four characters.
#[must_use]
pub fn shown_parts(key: &Secret) -> (String, String) {
    let text: Vec<char> = key.expose().chars().collect();
    if text.len() < 16 {
        return (String::new(), String::new());
    }
    let (first, last) = (text.iter().take(8).collect(), text.iter().skip(text.len() - 4).collect());
    (first, last)
}

/// A new key's id.
pub fn generate_key_id() -> Result<KeyId, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    // 0 is the master key's.
    Ok(KeyId(u128::from_be_bytes(bytes).max(1)))
}

/// A new id of an account.
pub fn generate_account_id(level: Level) -> Result<AccountId, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(AccountId { level, number: u128::from_be_bytes(bytes) })
}

/// A new id of an admin token.
pub fn generate_token_id() -> Result<TokenId, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(TokenId(u128::from_be_bytes(bytes)))
}

/// A new id of a session.
pub fn generate_session_id() -> Result<SessionId, StoreError> {
    random().map(|bytes| SessionId(u128::from_be_bytes(bytes)))
}

/// A new id of a directory's group.
pub fn generate_group_id() -> Result<GroupId, StoreError> {
    random().map(|bytes| GroupId(u128::from_be_bytes(bytes)))
}

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(bytes)
}

/// A fresh id of a dynamic route.
pub fn generate_route_id() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(format!("route_{}", hex(&bytes)))
}

/// The id of a key of the configuration file: the same for a name at every start.
#[must_use]
pub fn file_key_id(name: &str) -> KeyId {
    let hash: [u8; 32] =
        Sha256::new().chain_update(b"gatewright file key\0").chain_update(name).finalize().into();
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(hash) {
        *to = from;
    }
    KeyId(u128::from_be_bytes(id).max(1))
}

/// The id of a caller with tokens of an identity provider: the same at every node and at every start. `kind` tells apart
/// what is counted apart.
#[must_use]
pub fn caller_id(issuer: &str, subject: &str, kind: &str) -> KeyId {
    let mut hash = Sha256::new().chain_update(b"gatewright caller\0");
    for part in [issuer, subject, kind] {
        hash = hash.chain_update((part.len() as u64).to_be_bytes()).chain_update(part);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(hash) {
        *to = from;
    }
    KeyId(u128::from_be_bytes(id).max(1))
}

/// The master key of a data directory; made when its file is missing.
pub fn master_key(dir: &Path) -> Result<FoundKey, StoreError> {
    let found = read_lines(dir, MASTER_FILE)?;
    if let Some(key) = found.into_iter().next() {
        return Ok(FoundKey { key, is_new: false });
    }
    let key = generate_key()?;
    replace_file(dir, MASTER_FILE, format!("{}\n", key.expose()).as_bytes())?;
    Ok(FoundKey { key, is_new: true })
}

/// The encryption keys of a data directory, newest first; one is made when the file is missing.
pub fn encryption_keys(dir: &Path) -> Result<Vec<Secret>, StoreError> {
    let found = read_lines(dir, ENCRYPTION_FILE)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let key = new_encryption_key()?;
    replace_file(dir, ENCRYPTION_FILE, format!("{}\n", key.expose()).as_bytes())?;
    Ok(vec![key])
}

/// The encryption keys of a data directory that has some; none is made.
///
/// # Errors
/// There is none, or its file holds none.
pub fn present_encryption_keys(dir: &Path) -> Result<Vec<Secret>, StoreError> {
    let found = read_lines(dir, ENCRYPTION_FILE)?;
    if found.is_empty() {
        let path = dir.join(ENCRYPTION_FILE);
        return Err(StoreError::io("read", &path)(ErrorKind::NotFound.into()));
    }
    Ok(found)
}

/// Puts other encryption keys in place of those of a data directory, newest first.
pub(crate) fn write_encryption_keys(dir: &Path, keys: &[Secret]) -> Result<(), StoreError> {
    let text: String = keys.iter().map(|key| format!("{}\n", key.expose())).collect();
    replace_file(dir, ENCRYPTION_FILE, text.as_bytes())
}

/// The encryption keys that the environment gives, in place of the data directory's: the one that seals, and behind it those
/// that were before.
#[must_use]
pub fn given_encryption_keys() -> Option<Vec<Secret>> {
    let given = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let mut keys = vec![Secret::new(given(ENCRYPTION_VARIABLE)?)];
    let previous = given(PREVIOUS_VARIABLE).unwrap_or_default();
    let lines = previous.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        if keys.iter().all(|known| known.expose() != line) {
            keys.push(Secret::new(line.to_owned()));
        }
    }
    Some(keys)
}

/// The pepper of key digests that belongs to an encryption key. For [`crate::memory::KeyTable::new`].
#[must_use]
pub fn pepper(encryption_key: &Secret) -> Secret {
    derive(encryption_key, "gatewright key pepper 1")
}

/// A key for one purpose, by HMAC-SHA-256 of the purpose's name; as 64 hexadecimal digits.
#[must_use]
pub fn derive(encryption_key: &Secret, purpose: &str) -> Secret {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(encryption_key.expose().as_bytes()) else {
        // HMAC takes keys of any length; this can not be reached, and an empty key opens nothing.
        return Secret::new(String::new());
    };
    mac.update(purpose.as_bytes());
    Secret::new(hex(&mac.finalize().into_bytes()))
}

/// A digest (SHA-256) of what was asked, to tell later whether the same is asked again.
#[must_use]
pub fn fingerprint(path: &str, body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(path).chain_update([0]).chain_update(body).finalize().into()
}

/// A new encryption key.
pub(crate) fn new_encryption_key() -> Result<Secret, StoreError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(Secret::new(hex(&bytes)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// What [`hex`] made; nothing where it is no such text.
pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (to, at) in out.iter_mut().zip((0..).step_by(2)) {
        *to = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(out)
}

/// The non-empty lines of a key file; none when there is no such file.
fn read_lines(dir: &Path, name: &str) -> Result<Vec<Secret>, StoreError> {
    let path = dir.join(name);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(StoreError::io("read", &path)(e)),
    };
    let lines: Vec<Secret> =
        text.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| Secret::new(l.to_owned())).collect();
    if lines.is_empty() {
        return Err(StoreError::BadKeyFile { path, reason: "it is empty" });
    }
    if lines.iter().any(|l| l.expose().len() < 16) {
        return Err(StoreError::BadKeyFile { path, reason: "a line has fewer than 16 characters" });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests;

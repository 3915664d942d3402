//! One-time codes by the time (RFC 6238, with what every authenticator app takes: SHA-1, six digits, 30 seconds). Serves the
//! sign-in of people. Pure: time and randomness come from whoever calls. It must not remember which codes were used.

use ring::hmac;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a secret, as RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;

/// Seconds for which a code stands.
pub const STEP_SECONDS: i64 = 30;

/// Steps by which clocks may be apart.
const LEEWAY: i64 = 1;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step of that code at a time, in seconds since the epoch; `None` where it is not good then, or its step is not behind
/// `after`, the latest that was used.
#[must_use]
pub fn step_of_code(secret: &[u8], code: &str, now: i64, after: i64) -> Option<i64> {
    let current = now.div_euclid(STEP_SECONDS);
    let mut found = None;
    for step in current - LEEWAY..=current + LEEWAY {
        // All are tried, so that the time tells nothing.
        let is_it = bool::from(code_at(secret, step).as_bytes().ct_eq(code.as_bytes()));
        if is_it && step > after && found.is_none() {
            found = Some(step);
        }
    }
    found
}

/// The code of a step.
#[must_use]
pub fn code_at(secret: &[u8], step: i64) -> Zeroizing<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag.last().copied().unwrap_or(0) & 15);
    let four = tag.get(at..at + 4).unwrap_or_default();
    let number = four.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte)) & 0x7fff_ffff;
    Zeroizing::new(format!("{:06}", number % 1_000_000))
}

/// Base32 (RFC 4648) without padding: as people type secrets, and codes that stand in for one.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for block in bytes.chunks(5) {
        let bits =
            block.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte)) << (8 * (5 - block.len()));
        for place in 0..(block.len() * 8).div_ceil(5) {
            let digit = (bits >> (35 - 5 * place)) & 31;
            out.extend(ALPHABET.get(digit as usize).map(|letter| char::from(*letter)));
        }
    }
    out
}

/// The address that authenticator apps read from a picture. `account` is the person, `issuer` what he signs in to.
#[must_use]
pub fn otpauth_uri(secret: &[u8], issuer: &str, account: &str) -> String {
    let (issuer, account) = (escaped(issuer), escaped(account));
    let secret = base32(secret);
    format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_SECONDS}"
    )
}

/// Percent-encoding of all but what needs none anywhere in an address (RFC 3986).
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests;

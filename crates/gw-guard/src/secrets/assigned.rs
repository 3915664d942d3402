//! What stands behind a word such as `password` and a sign such as `=`. Serves the search for credentials. Examples and
//! names of variables are none.

use super::entropy::{entropy, mix};
use crate::finding::Finding;
use crate::segment::CONTEXT_BYTES;
use std::ops::Range;

/// Words for what people choose: short ones count.
const PASSWORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "pwd",
    "contraseña",
    "mot de passe",
    "kennwort",
    "pass_word",
];

/// Words for what machines make.
const TOKENS: &[&str] = &[
    "secret",
    "api_key",
    "apikey",
    "api-key",
    "api key",
    "access_key",
    "access key",
    "accesskey",
    "auth_key",
    "authkey",
    "token",
    "private_key",
    "private key",
    "credential",
    "bearer",
    "encryption_key",
    "signing_key",
    "client_key",
    "x-api-key",
    "account_key",
    "accountkey",
    "secret_key",
    "authorization",
];

const PLACEHOLDERS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "null",
    "none",
    "true",
    "false",
    "undefined",
    "required",
    "changeme",
    "your",
    "example",
    "xxxx",
    "****",
    "....",
    "redacted",
    "string",
    "test",
    "env",
    "process.",
    "os.",
    "config",
    "self.",
    "this.",
    "getenv",
    "secrets.",
    "vault",
    "func",
    "hidden",
    "placeholder",
    "[",
    "<",
    "${",
    "{{",
    "$(",
    "%(",
];

pub(super) fn find(text: &[u8], range: Range<usize>, with_entropy: bool, out: &mut Vec<Finding>) {
    let mut at = range.start;
    while at < range.end {
        at += text[at..range.end].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let length = text[at..range.end].iter().take_while(|b| !b.is_ascii_whitespace()).count();
        let end = at + length;
        if length >= 6 && may_be_chosen(&text[at..end]) {
            token(text, at, end, with_entropy, out);
        }
        at = end.max(at + 1);
    }
}

/// Words alone are no secrets; what people choose has a digit, or a sign and a capital.
fn may_be_chosen(token: &[u8]) -> bool {
    let (mut digits, mut upper, mut signs) = (false, false, false);
    for byte in token {
        digits |= byte.is_ascii_digit();
        upper |= byte.is_ascii_uppercase();
        signs |= !byte.is_ascii_alphanumeric();
    }
    digits || (upper && signs)
}

/// A piece without white space: the value may be all of it, or what stands behind a sign in it.
fn token(text: &[u8], start: usize, end: usize, with_entropy: bool, out: &mut Vec<Finding>) {
    if follows_sign(text, start) && judge(text, start, start, end, with_entropy, out) {
        return;
    }
    let signs = text[start..end].iter().enumerate().filter(|(_, b)| matches!(b, b'=' | b':')).take(4);
    for (at, _) in signs {
        if judge(text, start + at, start + at + 1, end, with_entropy, out) {
            return;
        }
    }
}

/// Does a sign or a word that gives a value stand in front?
fn follows_sign(text: &[u8], start: usize) -> bool {
    let before = text.get(start.saturating_sub(8)..start).unwrap_or_default().trim_ascii_end();
    let before = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before);
    matches!(before.last(), Some(b'=' | b':' | b'>'))
        || [&b" is"[..], b" ist", b" est", b" es"].iter().any(|word| before.ends_with(word))
        || before.len().checked_sub(6).is_some_and(|at| before[at..].eq_ignore_ascii_case(b"bearer"))
}

/// Notes the value behind `from` if the words before `sign` say what it is.
fn judge(
    text: &[u8],
    sign: usize,
    from: usize,
    end: usize,
    with_entropy: bool,
    out: &mut Vec<Finding>,
) -> bool {
    let quotes = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b'\\');
    let start = from + text[from..end].iter().take_while(|b| quotes(b)).count();
    let is_quoted = start > from;
    let value = &text[start..end];
    let length = match is_quoted {
        true => value.iter().position(quotes).unwrap_or(value.len()),
        false => {
            value.iter().position(|b| quotes(b) || matches!(b, b'&' | b',' | b';')).unwrap_or(value.len())
        }
    };
    let value = value[..length].trim_ascii_end();
    let tail = value.iter().rev().take_while(|b| matches!(b, b'.' | b')' | b'}' | b']')).count();
    let value = if is_quoted { value } else { &value[..value.len() - tail] };
    if value.len() < 6 || value.len() > 512 {
        return false;
    }
    let Some(kind) = named(text, sign, value, with_entropy) else { return false };
    let reason = "a word in front that says so";
    out.push(Finding { start, end: start + value.len(), kind, score: 85, reason });
    true
}

/// What a value is by the words before it.
fn named(text: &[u8], sign: usize, value: &[u8], with_entropy: bool) -> Option<&'static str> {
    let mix = mix(value);
    // Words alone are no secrets; what people choose has a digit or a sign in it.
    if mix.digits == 0 && (mix.signs == 0 || mix.upper == 0) || is_placeholder(value) {
        return None;
    }
    let mut lower = [0u8; CONTEXT_BYTES];
    let before = crate::segment::context(text, sign);
    let line = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let before = &before[line..];
    let lower = &mut lower[..before.len()];
    lower.copy_from_slice(before);
    lower.make_ascii_lowercase();
    // The name stands near: other words may follow it, but no other sentence.
    let near = &lower[lower.len().saturating_sub(40)..];
    let says =
        |words: &[&str]| words.iter().any(|word| memchr::memmem::find(near, word.as_bytes()).is_some());
    if says(PASSWORDS) {
        return Some("password");
    }
    let is_random = value.len() >= 12 && mix.digits > 0 && mix.lower + mix.upper > 0 && entropy(value) >= 300;
    if is_random && says(TOKENS) {
        return Some("api_key");
    }
    let is_very_random =
        value.len() >= 24 && mix.digits > 2 && mix.lower > 2 && mix.upper > 2 && entropy(value) >= 420;
    (with_entropy && is_very_random && says(&["key", "auth", "cred", "sign", "hash_salt", "sas", "salt"]))
        .then_some("high_entropy")
}

pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.starts_with(word.as_bytes()))
        || lower.iter().all(|b| *b == b'*' || *b == b'x' || *b == b'.')
}

//! What stands behind a word such as `password` and a sign such as `=`. Serves the search for credentials. Examples and
//! names of variables are none.

use super::entropy::{entropy, mix};
use crate::finding::Finding;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::ops::Range;
use std::sync::LazyLock;

/// So near in front of a value its name stands.
const NEAR_BYTES: usize = 40;

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

/// Words that with a very random value say enough.
const HINTS: &[&str] = &["key", "auth", "cred", "sign", "hash_salt", "sas", "salt"];

/// Which of the lists of words something is in.
#[derive(Clone, Copy, Default)]
struct Said {
    password: bool,
    token: bool,
    hint: bool,
}

/// Finds all words of the lists at once; `None` where it could not be made, which does not happen with constants.
static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .ascii_case_insensitive(true)
        .build(PASSWORDS.iter().chain(TOKENS).chain(HINTS))
        .ok()
});

/// Which lists' words stand in a text, in any case of their letters.
fn said(text: &[u8]) -> Said {
    let mut said = Said::default();
    let Some(words) = &*WORDS else { return said };
    for found in words.find_overlapping_iter(text) {
        let at = found.pattern().as_usize();
        said.password |= at < PASSWORDS.len();
        said.token |= (PASSWORDS.len()..PASSWORDS.len() + TOKENS.len()).contains(&at);
        said.hint |= at >= PASSWORDS.len() + TOKENS.len();
    }
    said
}

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

/// What bytes are.
const SPACE: u8 = 1;
const DIGIT: u8 = 2;
const UPPER: u8 = 4;
/// Neither a letter nor a digit of ASCII.
const SIGN: u8 = 8;
/// Stands between a name and its value.
const GIVES: u8 = 16;

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = match byte {
            _ if byte.is_ascii_whitespace() => SPACE,
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => 0,
            b'=' | b':' => SIGN | GIVES,
            _ => SIGN,
        };
        at += 1;
    }
    table
};

/// Shortest value.
const LEAST_BYTES: usize = 6;

pub(super) fn find(text: &[u8], range: Range<usize>, with_entropy: bool, out: &mut Vec<Finding>) {
    let mut at = range.start;
    while at < range.end {
        let (mut seen, mut end) = (0, at);
        while let Some(byte) = text.get(end).filter(|_| end < range.end) {
            let class = CLASSES[usize::from(*byte)];
            if class & SPACE != 0 {
                break;
            }
            seen |= class;
            end += 1;
        }
        let may_be_given = || seen & GIVES != 0 || follows_sign(text, at);
        if end - at >= LEAST_BYTES && may_be_chosen(seen) && may_be_given() {
            token(text, at, end, with_entropy, out);
        }
        at = end + 1;
    }
}

/// Words alone are no secrets; what people choose has a digit, or a sign and a capital.
const fn may_be_chosen(seen: u8) -> bool {
    seen & DIGIT != 0 || (seen & UPPER != 0 && seen & SIGN != 0)
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
    // Last bytes of all that is looked for: most words end otherwise.
    let is_last = |byte: &u8| matches!(byte, b'=' | b':' | b'>' | b'"' | b'\'' | b's' | b't' | b'r' | b'R');
    if !before.last().is_some_and(is_last) {
        return false;
    }
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
    if value.len() < LEAST_BYTES || value.len() > 512 {
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
    let before = crate::segment::context(text, sign);
    let line = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    // The name stands near: other words may follow it, but no other sentence.
    let near = before.get(line.max(before.len().saturating_sub(NEAR_BYTES))..).unwrap_or_default();
    let said = said(near);
    if said.password {
        return Some("password");
    }
    if !(said.token || with_entropy && said.hint) {
        return None;
    }
    let is_random = value.len() >= 12 && mix.digits > 0 && mix.lower + mix.upper > 0 && entropy(value) >= 300;
    if is_random && said.token {
        return Some("api_key");
    }
    let is_very_random =
        value.len() >= 24 && mix.digits > 2 && mix.lower > 2 && mix.upper > 2 && entropy(value) >= 420;
    (with_entropy && is_very_random && said.hint).then_some("high_entropy")
}

pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let starts =
        |word: &&str| value.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
    PLACEHOLDERS.iter().any(starts) || value.iter().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.'))
}

#[cfg(test)]
mod tests;

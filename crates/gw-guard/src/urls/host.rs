//! Hosts of links as browsers read them: percent signs undone, full-width letters and dots of other scripts as those of
//! ASCII, addresses as numbers in their usual form. Serves the check of links. It must not take letters that look alike for
//! the same: they are of other hosts.

use super::tops::is_top;
use crate::invisible::is_invisible;
use std::borrow::Cow;
use std::net::Ipv4Addr;
use unicode_normalization::UnicodeNormalization;

/// Longest host: no segment is longer.
const MAX_HOST_BYTES: usize = 4096;

/// The smallest number alone that is taken for an address: below, the first part of the address is zero.
const LEAST_ADDRESS: u64 = 1 << 24;

/// The host of what names one: without what stands before an `@`, without a port.
pub(super) fn alone(authority: &[u8]) -> &[u8] {
    let host = authority.rsplit(|b| *b == b'@').next().unwrap_or_default();
    match host.strip_prefix(b"[") {
        Some(v6) => v6.split(|b| *b == b']').next().unwrap_or_default(),
        None => host.split(|b| *b == b':').next().unwrap_or_default(),
    }
}

/// A host without the marks of the sentence that it stands in, which no host ends with.
pub(super) fn without_marks(host: &[u8]) -> &[u8] {
    let is_of_host = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '%');
    std::str::from_utf8(host).map_or(host, |host| host.trim_end_matches(|c| !is_of_host(c)).as_bytes())
}

/// A host as it is looked up.
pub(super) fn read(host: &[u8]) -> Cow<'_, [u8]> {
    let host = host.get(..MAX_HOST_BYTES).unwrap_or(host);
    let is_plain = host.iter().all(|b| b.is_ascii() && *b != b'%');
    let host = if is_plain { Cow::Borrowed(host) } else { Cow::Owned(folded(host)) };
    let dots = host.iter().rev().take_while(|b| **b == b'.').count();
    let host = match host {
        Cow::Borrowed(host) => Cow::Borrowed(host.get(..host.len() - dots).unwrap_or_default()),
        Cow::Owned(mut host) => {
            host.truncate(host.len() - dots);
            Cow::Owned(host)
        }
    };
    match address(&host) {
        Some(address) => Cow::Owned(address.to_string().into_bytes()),
        None => host,
    }
}

/// A host as it is looked up, without words of other scripts that follow it without a blank: no host ends with them.
pub(super) fn named(host: &[u8]) -> Cow<'_, [u8]> {
    let host = read(without_marks(host));
    let length = named_length(&host);
    match host {
        Cow::Borrowed(host) => Cow::Borrowed(host.get(..length).unwrap_or_default()),
        Cow::Owned(mut host) => {
            host.truncate(length);
            Cow::Owned(host)
        }
    }
}

/// Ends what was read with what hosts end with?
pub(super) fn has_top(host: &[u8]) -> bool {
    let label = memchr::memrchr(b'.', host).and_then(|dot| host.get(dot + 1..));
    label.is_some_and(is_top) || address(host).is_some() || host.contains(&b':')
}

/// How much of what was read is a host.
fn named_length(host: &[u8]) -> usize {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let mut length = host.len();
    while let Some(rest) = host.get(..length).filter(|rest| !rest.is_empty()) {
        let start = memchr::memrchr(b'.', rest).map_or(0, |dot| dot + 1);
        let label = rest.get(start..).unwrap_or_default();
        let plain = label.iter().take_while(|b| is_plain(b)).count();
        let is_whole = plain == label.len();
        let is_first = length == host.len() || start == 0;
        let is_host = is_whole && (is_first || address(rest).is_some());
        if is_host || is_top(label) || host.contains(&b':') {
            return length;
        }
        if plain > 0 && !is_whole {
            length = start + plain;
            continue;
        }
        length = start.saturating_sub(1);
    }
    host.len()
}

/// Is it a host, and no word: an address, or names with dots between them?
pub(super) fn is_certain(host: &[u8]) -> bool {
    // Colons are left only in addresses.
    if host.contains(&b':') {
        return host.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    }
    let Some(dot) = memchr::memrchr(b'.', host) else { return false };
    let top = host.get(dot + 1..).unwrap_or_default();
    let is_number = top.iter().all(u8::is_ascii_digit);
    let is_name = !is_number && top.iter().all(|b| super::is_of_host(*b));
    dot > 0 && (is_name || address(host).is_some())
}

fn folded(host: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(host.len());
    let mut rest = host;
    while let Some((first, behind)) = rest.split_first() {
        let digit = |at: usize| rest.get(at).and_then(|b| char::from(*b).to_digit(16));
        rest = behind;
        match (first, digit(1).zip(digit(2))) {
            (b'%', Some((high, low))) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => bytes.push(*first),
        }
    }
    let Ok(text) = std::str::from_utf8(&bytes) else { return bytes };
    if text.is_ascii() {
        return bytes;
    }
    let is_seen = |c: &char| !is_invisible(*c) && !matches!(c, '\u{200c}' | '\u{200d}');
    let dotted = |c: char| if matches!(c, '\u{3002}' | '\u{ff61}') { '.' } else { c };
    let folded: String = text.nfkc().filter(is_seen).flat_map(char::to_lowercase).map(dotted).collect();
    folded.into_bytes()
}

/// An address of four numbers, or of fewer ones that stand for them, each in one of three notations.
fn address(host: &[u8]) -> Option<Ipv4Addr> {
    if !host.first()?.is_ascii_digit() {
        return None;
    }
    let parts = host.split(|b| *b == b'.').count();
    if parts > 4 {
        return None;
    }
    let mut value = 0_u64;
    for (at, part) in host.split(|b| *b == b'.').enumerate() {
        let number = number(part)?;
        let left = 4_usize.checked_sub(at)?;
        let is_last = at + 1 == parts;
        let most = if is_last { 1_u64.checked_shl(u32::try_from(left * 8).ok()?)? } else { 256 };
        if number >= most {
            return None;
        }
        value += if is_last { number } else { number << ((left - 1) * 8) };
    }
    let is_one = parts > 1 || value >= LEAST_ADDRESS;
    u32::try_from(value).ok().filter(|_| is_one).map(Ipv4Addr::from)
}

fn number(part: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(part).ok()?;
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match (hex, text.strip_prefix('0')) {
        (Some(""), _) | (None, Some("")) => return Some(0),
        (Some(hex), _) => (hex, 16),
        (None, Some(octal)) => (octal, 8),
        (None, None) => (text, 10),
    };
    // Signs are read, too.
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u64::from_str_radix(digits, radix).ok())?
}

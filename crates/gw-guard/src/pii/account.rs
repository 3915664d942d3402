//! Numbers of accounts and cards, by their checksums. Serves the scan of a segment. It must not know what banks exist.

use super::checksum::{self, Compact};
use super::{Run, words};
use crate::finding::Finding;
use crate::segment::says;

/// Length of the number by country.
const IBAN_LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
];

/// A number of an account that begins at an atom, and how many atoms it has.
pub(super) fn iban(run: &Run<'_>, at: usize) -> Option<(Finding, usize)> {
    let first = run.atoms.get(at)?;
    let head = run.text.get(first.start..first.start + 4).filter(|_| first.length() >= 4)?;
    if !head[..2].iter().all(u8::is_ascii_alphabetic) || !head[2..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let country = [head[0].to_ascii_uppercase(), head[1].to_ascii_uppercase()];
    let (_, length) = IBAN_LENGTHS.iter().find(|(known, _)| **known == country)?;
    let mut compact = Compact::default();
    for (count, atom) in run.atoms.get(at..)?.iter().enumerate().take(12) {
        if count > 0 && !matches!(atom.joint, b' ' | b'-' | b'.') {
            return None;
        }
        compact.push(run.text.get(atom.start..atom.end)?);
        if compact.len() > *length {
            return None;
        }
        if compact.len() == *length {
            let is_valid = checksum::iban(compact.bytes());
            return is_valid.then(|| {
                (
                    Finding::sure(first.start, atom.end, "iban", "an account's number with its checksum"),
                    count + 1,
                )
            });
        }
    }
    None
}

/// A number of a card that begins at an atom.
pub(super) fn card(run: &Run<'_>, at: usize) -> Option<(Finding, usize)> {
    let first = run.atoms.get(at).filter(|atom| atom.is_number)?;
    let mut compact = Compact::default();
    let mut best = None;
    let mut sizes_fit = true;
    for (count, atom) in run.atoms.get(at..)?.iter().enumerate().take(6) {
        if !atom.is_number || (count > 0 && !matches!(atom.joint, b' ' | b'-' | b'.' | b'/')) {
            break;
        }
        sizes_fit &= matches!(atom.length(), 3..=7) || (count == 0 && atom.length() > 11);
        compact.push(run.text.get(atom.start..atom.end)?);
        if compact.len() > 19 || !sizes_fit {
            break;
        }
        if compact.len() >= 12 && is_card(compact.bytes()) {
            let more = run
                .atoms
                .get(at + count + 1)
                .is_some_and(|next| next.is_number && matches!(next.joint, b' ' | b'-'));
            let score = if says(run.text, first.start, words::CARD) { 100 } else { 95 };
            // A longer one may be meant.
            if !more || compact.len() >= 15 {
                best = Some((
                    Finding {
                        start: first.start,
                        end: atom.end,
                        kind: "credit_card",
                        score,
                        reason: "a card's number with its checksum",
                    },
                    count + 1,
                ));
            }
        }
    }
    best
}

/// Does an issuer of cards give such numbers?
fn is_card(digits: &[u8]) -> bool {
    let prefix =
        |length: usize| digits.iter().take(length).fold(0u32, |sum, d| sum * 10 + u32::from(d - b'0'));
    let is_issued = match digits.len() {
        15 => matches!(prefix(2), 34 | 37) || matches!(prefix(4), 1800 | 2131),
        14 => matches!(prefix(2), 36 | 38 | 39) || matches!(prefix(3), 300..=305 | 309),
        13 => prefix(1) == 4,
        12 => matches!(prefix(2), 50 | 56..=69) || prefix(4) == 604,
        16 => matches!(prefix(1), 3..=6) || matches!(prefix(4), 2200..=2720) || prefix(2) == 81,
        17..=19 => matches!(prefix(1), 4..=6),
        _ => false,
    };
    is_issued && digits.iter().any(|d| *d != digits[0]) && checksum::luhn(digits)
}

//! Personal data: addresses of people and machines, numbers of accounts and cards, numbers that states give. Serves the
//! check of that kind. A number counts by its checksum, its form, or a word in front of it; it must not guess.

mod account;
mod birth;
mod checksum;
mod email;
mod identity;
mod machine;
mod phone;
mod words;

use crate::finding::{Finding, settle};
use crate::segment::{Segment, is_escape, is_word};
use std::ops::Range;

/// Every kind that is found, in no order.
pub const KINDS: &[&str] = &[
    "email",
    "phone",
    "credit_card",
    "iban",
    "ip_address",
    "mac_address",
    "date_of_birth",
    "us_ssn",
    "us_itin",
    "us_driver_license",
    "us_passport",
    "uk_nino",
    "uk_nhs",
    "de_tax_id",
    "fr_nir",
    "es_dni",
    "es_nie",
    "it_fiscal_code",
    "nl_bsn",
    "be_nrn",
    "pl_pesel",
    "pt_nif",
    "se_personnummer",
    "fi_hetu",
    "dk_cpr",
    "no_fnr",
    "ch_ahv",
    "at_svnr",
    "ie_pps",
    "ro_cnp",
    "bg_egn",
    "cz_rc",
    "br_cpf",
    "br_cnpj",
    "cl_rut",
    "mx_curp",
    "in_aadhaar",
    "in_pan",
    "ca_sin",
    "au_tfn",
    "au_medicare",
    "za_id",
    "sg_nric",
    "kr_rrn",
    "jp_my_number",
    "cn_resident_id",
    "tr_tckn",
    "il_id",
];

/// The kinds that a setting may name together.
const GROUPS: &[(&str, &[&str])] = &[("ssn", &["us_ssn"]), ("national_id", &[])];

/// Which kinds are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kinds(u64);

impl Kinds {
    /// Those of the names; all for none.
    ///
    /// # Errors
    /// The name that is none.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut bits = 0;
        for name in names {
            bits |= Self::bits(name).ok_or_else(|| name.to_owned())?;
        }
        Ok(Self(if bits == 0 { u64::MAX } else { bits }))
    }

    fn bits(name: &str) -> Option<u64> {
        let bit = |name: &str| KINDS.iter().position(|kind| *kind == name).map(|at| 1u64 << at);
        if let Some(bit) = bit(name) {
            return Some(bit);
        }
        let (_, members) = GROUPS.iter().find(|(group, _)| *group == name)?;
        if members.is_empty() {
            // Those with a country in front.
            return Some(
                KINDS
                    .iter()
                    .filter(|kind| kind.as_bytes().get(2) == Some(&b'_'))
                    .filter_map(|k| bit(k))
                    .sum(),
            );
        }
        Some(members.iter().filter_map(|member| bit(member)).sum())
    }

    fn has(&self, kind: &str) -> bool {
        self.0 == u64::MAX || Self::bits(kind).is_some_and(|bit| self.0 & bit != 0)
    }
}

/// A run of letters and digits, with what stands in front of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Atom {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// It has digits only.
    pub(crate) is_number: bool,
    pub(crate) has_digit: bool,
    /// What joins it to the atom before: one byte, blanks around it left out; 0 for anything else.
    pub(crate) joint: u8,
    /// A bracket or a plus stands in front of it, here.
    pub(crate) opening: Option<usize>,
}

impl Atom {
    pub(crate) const fn length(&self) -> usize {
        self.end - self.start
    }
}

/// A segment taken apart.
pub(crate) struct Run<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) atoms: &'a [Atom],
    /// The word behind the segment, where it is known.
    pub(crate) behind: Range<usize>,
}

impl Run<'_> {
    /// The sign at a place, also where a link writes it in a coding; 0 behind the end.
    fn sign(&self, at: usize) -> u8 {
        match self.text.get(at..) {
            Some([b'%', first, second, ..]) => of_link(*first, *second).unwrap_or(b'%'),
            Some([byte, ..]) => *byte,
            _ => 0,
        }
    }
}

/// Kept between segments for its room.
#[derive(Debug, Default)]
pub(crate) struct Room {
    atoms: Vec<Atom>,
    found: Vec<Finding>,
}

/// Atoms of a date.
const DATE_ATOMS: usize = 3;

/// Letters and digits of the shortest number that is no date: one of a telephone behind a word.
const LEAST_CHARACTERS: usize = 6;

/// Digits of a date; all numbers that are written in shorter pieces have more.
const LEAST_DIGITS: usize = 3;

/// Numbers with fewer digits, in which letters stand for them, have more bytes.
const SHORT_BYTES: usize = 15;

/// Bytes of an address of a machine with dashes.
const LEAST_DASHED: usize = 17;

/// Appends what a segment has.
pub(crate) fn scan(text: &[u8], segment: &Segment, kinds: &Kinds, room: &mut Room, out: &mut Vec<Finding>) {
    let flags = segment.flags;
    let has_number = flags.has_digit();
    let may_be_number = has_number && may_have_number(text.get(segment.range.clone()).unwrap_or_default());
    // Four numbers with full stops between them, parts with colons, or six parts with dashes.
    let may_be_machine =
        flags.has_colon() || (has_number && (flags.has_dot() || segment.range.len() >= LEAST_DASHED));
    if !(flags.has_at() || may_be_number || may_be_machine) {
        return;
    }
    let Room { atoms, found } = room;
    found.clear();
    if flags.has_at() {
        email::find(text, segment.range.clone(), found);
    }
    if may_be_number {
        split(text, segment, atoms);
        if atoms.len() >= DATE_ATOMS || atoms.iter().map(Atom::length).sum::<usize>() >= LEAST_CHARACTERS {
            numbers(&Run { text, atoms, behind: segment.behind.clone() }, found);
        }
    }
    if may_be_machine {
        machine::find(text, segment.range.clone(), found);
    }
    found.retain(|finding| kinds.has(finding.kind));
    settle(found);
    out.append(found);
}

/// A quick look at short segments: most words with a digit are no numbers of anybody.
fn may_have_number(segment: &[u8]) -> bool {
    let (mut digits, mut length, mut longest) = (0, 0, 0);
    for byte in segment {
        digits += usize::from(byte.is_ascii_digit());
        length = if is_word(*byte) { length + 1 } else { 0 };
        longest = longest.max(length);
        if digits >= LEAST_DIGITS || longest >= LEAST_CHARACTERS {
            return true;
        }
    }
    segment.len() >= SHORT_BYTES
}

/// Looks at each place where a number may begin; what is found is not looked at again.
fn numbers(run: &Run<'_>, out: &mut Vec<Finding>) {
    let mut at = 0;
    while at < run.atoms.len() {
        let Some(atom) = run.atoms.get(at) else { break };
        let next_has_digit = run.atoms.get(at + 1).is_some_and(|next| next.has_digit && next.joint != 0);
        let is_month = || crate::segment::month(&run.text[atom.start..atom.end]).is_some();
        if !atom.has_digit && !(next_has_digit && (atom.length() <= 5 || is_month())) {
            at += 1;
            continue;
        }
        let found = account::iban(run, at)
            .or_else(|| account::card(run, at))
            .or_else(|| identity::find(run, at))
            .or_else(|| birth::find(run, at))
            .or_else(|| identity::by_word(run, at))
            .or_else(|| phone::find(run, at));
        match found {
            Some((finding, atoms)) => {
                out.push(finding);
                at += atoms.max(1);
            }
            None => at += 1,
        }
    }
}

/// The atoms of a segment.
fn split(text: &[u8], segment: &Segment, atoms: &mut Vec<Atom>) {
    atoms.clear();
    let end = segment.range.end;
    let mut at = segment.range.start;
    let mut before = at;
    while at < end {
        if !is_word(text[at]) || is_space_mark(text, at) > 0 || is_escape(text, at) {
            at += is_space_mark(text, at).max(1);
            continue;
        }
        let start = at;
        let (mut digits, mut length) = (0, 0);
        while at < end && is_word(text[at]) && is_space_mark(text, at) == 0 {
            digits += usize::from(text[at].is_ascii_digit());
            length += 1;
            at += 1;
        }
        let (joint, opening) = joint(text, before, start);
        atoms.push(Atom {
            start,
            end: at,
            is_number: digits == length,
            has_digit: digits > 0,
            joint: if atoms.is_empty() { 0 } else { joint },
            opening,
        });
        before = at;
    }
}

/// What stands in numbers, where a link writes it in a coding.
const fn of_link(first: u8, second: u8) -> Option<u8> {
    match (first, second.to_ascii_uppercase()) {
        (b'2', b'0') => Some(b' '),
        (b'2', b'8') => Some(b'('),
        (b'2', b'9') => Some(b')'),
        (b'2', b'B') => Some(b'+'),
        (b'2', b'D') => Some(b'-'),
        (b'2', b'F') => Some(b'/'),
        (b'3', b'A') => Some(b':'),
        (b'3', b'D') => Some(b'='),
        _ => None,
    }
}

/// Blanks and dashes that are not ASCII, and signs as links write them: their length, or 0.
fn is_space_mark(text: &[u8], at: usize) -> usize {
    match (text.get(at), text.get(at + 1), text.get(at + 2)) {
        (Some(b'%'), Some(first), Some(second)) if of_link(*first, *second).is_some() => 3,
        (Some(0xc2), Some(0xa0), _) => 2,
        // Blanks of all widths, none among them, and dashes.
        (Some(0xe2), Some(0x80), Some(0x80..=0x95 | 0xaf)) => 3,
        (Some(0xe2), Some(0x81), Some(0xa0)) | (Some(0xef), Some(0xbb), Some(0xbf)) => 3,
        _ => 0,
    }
}

/// What stands between two atoms: one sign, blanks left out.
fn joint(text: &[u8], from: usize, to: usize) -> (u8, Option<usize>) {
    let (mut sign, mut signs, mut opening) = (0, 0, None);
    let mut at = from;
    while at < to {
        let mark = is_space_mark(text, at);
        let byte = match mark {
            0 => text[at],
            3 if text[at] == b'%' => of_link(text[at + 1], text[at + 2]).unwrap_or(b'%'),
            3 if matches!(text[at + 2], 0x90..=0x95) => b'-',
            _ => b' ',
        };
        if matches!(byte, b'(' | b'+') && opening.is_none() {
            opening = Some(at);
        }
        if byte != b' ' && byte != b'\t' {
            sign = byte;
            signs += 1;
        }
        at += mark.max(1);
    }
    let is_bracketed = signs == 2 && matches!(sign, b'(' | b'-' | b')' | b'0'..=b'9');
    let joint = match signs {
        0 if to > from && to - from <= 6 => b' ',
        1 if to - from <= 5 => sign,
        _ if is_bracketed && to - from <= 5 => sign,
        _ => 0,
    };
    (joint, opening)
}

#[cfg(test)]
mod tests;

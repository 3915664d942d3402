//! Numbers that states give to persons, as a table: form, checksum, and the words in front that are needed where the
//! form says too little. Serves the scan of a segment. A new number is a new row; it must not be code elsewhere.

use super::checksum::{Compact, digit, digits, is_day, luhn, mod_11_10, number, verhoeff, weighted};
use super::{Run, words};
use crate::finding::Finding;
use crate::segment::says;

/// When a word in front is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Never: form and checksum say enough.
    Nothing,
    /// When it is not written in its groups.
    WordWhenBare,
    /// Always.
    Word,
}

struct Id {
    kind: &'static str,
    /// `9` a digit, `A` a letter, `*` either.
    form: &'static str,
    /// Lengths of the groups that it is written in; empty: in one.
    groups: &'static [&'static [usize]],
    /// What joins them.
    joints: &'static [u8],
    is_valid: fn(&[u8]) -> bool,
    needs: Needs,
    words: &'static [&'static str],
}

const DASHES: &[u8] = b" -.";

macro_rules! ids {
    ($($kind:literal $form:literal [$($group:expr),*] $joints:expr, $valid:expr, $needs:ident [$($word:literal),*];)*) => {
        &[$(Id {
            kind: $kind, form: $form, groups: &[$(&$group),*], joints: $joints, is_valid: $valid,
            needs: Needs::$needs, words: &[$($word),*],
        }),*]
    };
}

const IDS: &[Id] = ids! {
    "cn_resident_id" "99999999999999999*" [] b"", cn_resident, Nothing [];
    "mx_curp" "AAAA999999AAAAAA*9" [] b"", mx_curp, Nothing [];
    "it_fiscal_code" "AAAAAA99A99A999A" [[3, 3, 5, 5]] b" ", it_fiscal_code, Nothing [];
    "fr_nir" "999999999999999" [[1, 2, 2, 2, 3, 3, 2], [13, 2]] DASHES, fr_nir, Nothing [];
    "br_cnpj" "99999999999999" [[2, 3, 3, 4, 2]] b"./-", br_cnpj, Nothing [];
    "za_id" "9999999999999" [[6, 4, 3], [6, 4, 2, 1]] b" ", za_id, Nothing [];
    "ro_cnp" "9999999999999" [] b"", ro_cnp, Nothing [];
    "ch_ahv" "9999999999999" [[3, 4, 4, 2]] b".", ch_ahv, Nothing [];
    "kr_rrn" "9999999999999" [[6, 7]] b"-", kr_rrn, WordWhenBare ["rrn", "resident registration", "주민"];
    "in_aadhaar" "999999999999" [[4, 4, 4]] b" -", in_aadhaar, WordWhenBare ["aadhaar", "aadhar", "uidai", "uid"];
    "jp_my_number" "999999999999" [[4, 4, 4]] b" -", jp_my_number, Word ["my number", "mynumber", "individual number", "マイナンバー"];
    "br_cpf" "99999999999" [[3, 3, 3, 2]] b".-", br_cpf, WordWhenBare ["cpf"];
    "no_fnr" "99999999999" [[6, 5]] b" ", no_fnr, Nothing [];
    "tr_tckn" "99999999999" [] b"", tr_tckn, Nothing [];
    "be_nrn" "99999999999" [[2, 2, 2, 3, 2]] b".- ", be_nrn, WordWhenBare ["rijksregister", "registre national", "nrn", "national register", "belgi"];
    "pl_pesel" "99999999999" [] b"", pl_pesel, WordWhenBare ["pesel"];
    "de_tax_id" "99999999999" [[2, 3, 3, 3]] b" /", de_tax_id, WordWhenBare ["steuer", "idnr", "tax id", "german", "tin"];
    "fi_hetu" "999999999*" [[6, 4]] b"-+", fi_hetu, Nothing [];
    "se_personnummer" "9999999999" [[6, 4]] b"-+", se_short, WordWhenBare ["personnummer", "personnr", "swedish"];
    "se_personnummer" "999999999999" [[8, 4]] b"-", se_long, WordWhenBare ["personnummer", "personnr", "swedish"];
    "cz_rc" "9999999999" [[6, 4]] b"/", cz_rc, WordWhenBare ["rodné", "rodne", "birth number"];
    "dk_cpr" "9999999999" [[6, 4]] b"-", dk_cpr, WordWhenBare ["cpr"];
    "uk_nhs" "9999999999" [[3, 3, 4]] b" -", uk_nhs, Word ["nhs"];
    "at_svnr" "9999999999" [[4, 6]] b" ", at_svnr, WordWhenBare ["svnr", "sozialversicherung", "sv-nummer"];
    "bg_egn" "9999999999" [] b"", bg_egn, Word ["egn", "егн"];
    "au_medicare" "9999999999" [[4, 5, 1]] b" -", au_medicare, WordWhenBare ["medicare"];
    "us_ssn" "999999999" [[3, 2, 4]] b"- .", us_ssn, WordWhenBare ["ssn", "social security", "social-security", "social_security"];
    "us_ssn" "999999999" [[3, 2, 4]] b"-", us_ssn_never_given, WordWhenBare ["ssn", "social security", "social-security", "social_security"];
    "us_ssn" "999999999" [[3, 2, 4]] b"- .", is_mixed, Word ["ssn", "social security", "social-security", "social_security"];
    "us_itin" "999999999" [[3, 2, 4]] b"- ", us_itin, WordWhenBare ["itin"];
    "ca_sin" "999999999" [[3, 3, 3]] b" -", ca_sin, WordWhenBare ["sin", "social insurance"];
    "au_tfn" "999999999" [[3, 3, 3]] b" -", au_tfn, Word ["tfn", "tax file"];
    "nl_bsn" "999999999" [[4, 2, 3], [3, 3, 3]] b". ", nl_bsn, Word ["bsn", "burgerservice", "sofi", "dutch"];
    "pt_nif" "999999999" [[3, 3, 3]] b" ", pt_nif, Word ["nif", "contribuinte", "portug"];
    "il_id" "999999999" [] b"", luhn, Word ["israel", "teudat", "zehut"];
    "uk_nino" "AA999999A" [[2, 2, 2, 2, 1], [8, 1], [2, 6, 1]] b" -", uk_nino, Nothing [];
    "in_pan" "AAAAA9999A" [] b"", in_pan, Nothing [];
    "es_dni" "99999999A" [[8, 1], [2, 3, 3, 1]] b"- .", es_dni, Nothing [];
    "es_nie" "A9999999A" [[1, 7, 1]] b"- ", es_nie, Nothing [];
    "sg_nric" "A9999999A" [] b"", sg_nric, Nothing [];
    "cl_rut" "99999999*" [[2, 3, 3, 1], [8, 1]] b".-", cl_rut, WordWhenBare ["rut", "chile"];
    "ie_pps" "9999999A" [[7, 1]] b" ", ie_pps, WordWhenBare ["pps", "ppsn"];
    "ie_pps" "9999999AA" [[7, 2]] b" ", ie_pps, WordWhenBare ["pps", "ppsn"];
};

/// A number that begins at an atom, and how many atoms it has.
pub(super) fn find(run: &Run<'_>, at: usize) -> Option<(Finding, usize)> {
    let first = run.atoms.get(at)?;
    // What is part of a longer chain of digits by the same sign is another thing.
    if first.joint != 0 && first.joint != b' ' && at.checked_sub(1).is_some_and(|b| run.atoms[b].is_number) {
        return None;
    }
    let mut compact = Compact::default();
    let mut lengths = [0usize; 8];
    for (count, atom) in run.atoms.get(at..)?.iter().enumerate().take(lengths.len()) {
        if count > 0 && atom.joint == 0 {
            break;
        }
        compact.push(run.text.get(atom.start..atom.end)?);
        lengths[count] = atom.length();
        if compact.len() > 18 {
            break;
        }
        if compact.len() < 8 {
            continue;
        }
        let atoms = run.atoms.get(at..=at + count)?;
        let fits = |id: &&Id| {
            id.form.len() == compact.len()
                && has_form(id.form, compact.bytes())
                && (id.is_valid)(compact.bytes())
        };
        // A word in front tells apart what has the same form.
        let mut best: Option<Finding> = None;
        for id in IDS.iter().filter(fits) {
            let joined = atoms.iter().skip(1).all(|atom| id.joints.contains(&atom.joint));
            let grouped = count > 0 && joined && id.groups.contains(&lengths.get(..=count)?);
            // One more digit behind it makes it another number.
            let goes_on = run
                .atoms
                .get(at + count + 1)
                .is_some_and(|n| n.is_number && matches!(n.joint, b'-' | b'.' | b'/'));
            if (count > 0 && !grouped) || goes_on {
                continue;
            }
            let is_free = match id.needs {
                Needs::Nothing => true,
                Needs::WordWhenBare => grouped,
                Needs::Word => false,
            };
            let named = says(run.text, first.start, id.words);
            let said = named || (id.needs != Needs::Word && says(run.text, first.start, words::IDENTITY));
            let (score, reason) = match (named, said) {
                (true, _) => (100, "its form, its checksum and a word in front"),
                (false, true) => (95, "its form, its checksum and a word in front"),
                (false, false) => (90, "its form and its checksum"),
            };
            if (is_free || said) && best.is_none_or(|best| score > best.score) {
                best = Some(Finding { start: first.start, end: atom.end, kind: id.kind, score, reason });
            }
        }
        if let Some(best) = best {
            return Some((best, count + 1));
        }
    }
    None
}

/// Numbers that have no form of their own: only a word in front says what they are.
pub(super) fn by_word(run: &Run<'_>, at: usize) -> Option<(Finding, usize)> {
    let atom = run.atoms.get(at).filter(|atom| atom.has_digit && (6..=15).contains(&atom.length()))?;
    let kind = if says(run.text, atom.start, &["passport"]) && (7..=9).contains(&atom.length()) {
        "us_passport"
    } else if says(
        run.text,
        atom.start,
        &[
            "driver's lic",
            "driver\u{2019}s lic",
            "drivers lic",
            "driver lic",
            "driving lic",
            "license number",
            "licence number",
            "dl number",
        ],
    ) {
        "us_driver_license"
    } else {
        return None;
    };
    Some((Finding { start: atom.start, end: atom.end, kind, score: 75, reason: "a word in front of it" }, 1))
}

fn has_form(form: &str, text: &[u8]) -> bool {
    form.bytes().zip(text).all(|(class, byte)| match class {
        b'9' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_alphanumeric(),
    })
}

/// `yymmdd` at a place.
fn is_date(text: &[u8], at: usize) -> bool {
    let part = |from: usize| number(text.get(at + from..at + from + 2).unwrap_or_default());
    is_day(part(4), part(2))
}

/// `ddmmyy` at the beginning.
fn is_day_first(text: &[u8]) -> bool {
    is_day(number(&text[..2]), number(&text[2..4]))
}

/// What remains of a weighted sum.
fn remains(text: &[u8], weights: &[u32], modulus: u32) -> u32 {
    weighted(text, weights) % modulus
}

fn us_ssn(t: &[u8]) -> bool {
    let (area, group, serial) = (number(&t[..3]), number(&t[3..5]), number(&t[5..]));
    area != 0
        && area != 666
        && area < 900
        && group != 0
        && serial != 0
        && !t.iter().all(|d| *d == t[0])
        && t != b"123456789"
}

/// Areas from 900 on: people write them where no real number may stand, and in this form they are nothing else.
fn us_ssn_never_given(t: &[u8]) -> bool {
    t[0] == b'9' && number(&t[3..5]) != 0 && number(&t[5..]) != 0 && !us_itin(t)
}

/// Not the same digit throughout.
fn is_mixed(t: &[u8]) -> bool {
    t.iter().any(|d| *d != t[0])
}

fn us_itin(t: &[u8]) -> bool {
    t[0] == b'9' && matches!(number(&t[3..5]), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

fn uk_nino(t: &[u8]) -> bool {
    let never = [&b"BG"[..], b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];
    let barred = |b: u8| matches!(b, b'D' | b'F' | b'I' | b'Q' | b'U' | b'V');
    !barred(t[0]) && !barred(t[1]) && t[1] != b'O' && !never.contains(&&t[..2]) && matches!(t[8], b'A'..=b'D')
}

fn uk_nhs(t: &[u8]) -> bool {
    let check = 11 - remains(t, &[10, 9, 8, 7, 6, 5, 4, 3, 2], 11);
    check != 10 && check % 11 == digit(t, 9)
}

fn de_tax_id(t: &[u8]) -> bool {
    // Of the first ten digits one stands two or three times, and not all others are there.
    let most = (b'0'..=b'9').map(|d| t[..10].iter().filter(|b| **b == d).count()).max().unwrap_or(0);
    t[0] != b'0' && matches!(most, 2 | 3) && mod_11_10(t)
}

fn fr_nir(t: &[u8]) -> bool {
    let month = number(&t[3..5]);
    matches!(t[0], b'1'..=b'4' | b'7' | b'8')
        && matches!(month, 1..=12 | 20..=42 | 50..=99)
        && 97 - number(&t[..13]) % 97 == number(&t[13..])
}

const DNI: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn es_dni(t: &[u8]) -> bool {
    DNI[(number(&t[..8]) % 23) as usize] == t[8]
}

fn es_nie(t: &[u8]) -> bool {
    let head = match t[0] {
        b'X' => 0,
        b'Y' => 10_000_000,
        b'Z' => 20_000_000,
        _ => return false,
    };
    DNI[((head + number(&t[1..8])) % 23) as usize] == t[8]
}

fn it_fiscal_code(t: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let value = |b: u8| u32::from(if b.is_ascii_digit() { b - b'0' } else { b - b'A' });
    let sum: u32 = t[..15]
        .iter()
        .enumerate()
        .map(|(at, b)| if at % 2 == 0 { ODD[value(*b) as usize] } else { value(*b) })
        .sum();
    matches!(t[8], b'A'..=b'E' | b'H' | b'L' | b'M' | b'P' | b'R'..=b'T') && sum % 26 == value(t[15])
}

fn nl_bsn(t: &[u8]) -> bool {
    let sum = i64::from(weighted(&t[..8], &[9, 8, 7, 6, 5, 4, 3, 2])) - i64::from(digit(t, 8));
    sum > 0 && sum % 11 == 0
}

fn be_nrn(t: &[u8]) -> bool {
    let (head, check) = (number(&t[..9]), number(&t[9..]));
    let is_month = matches!(number(&t[2..4]), 0..=12 | 20..=32 | 40..=52);
    is_month && (97 - head % 97 == check || 97 - (2_000_000_000 + head) % 97 == check)
}

fn pl_pesel(t: &[u8]) -> bool {
    let month = number(&t[2..4]) % 20;
    let check = remains(t, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3], 10);
    is_day(number(&t[4..6]), month) && (10 - check) % 10 == digit(t, 10)
}

fn pt_nif(t: &[u8]) -> bool {
    let rest = remains(t, &[9, 8, 7, 6, 5, 4, 3, 2], 11);
    matches!(t[0], b'1'..=b'3' | b'5' | b'6' | b'8' | b'9')
        && (if rest < 2 { 0 } else { 11 - rest }) == digit(t, 8)
}

fn se_short(t: &[u8]) -> bool {
    is_day(number(&t[4..6]) % 60, number(&t[2..4])) && luhn(t)
}

fn se_long(t: &[u8]) -> bool {
    matches!(&t[..2], b"19" | b"20") && se_short(&t[2..])
}

fn fi_hetu(t: &[u8]) -> bool {
    const MARKS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    is_day_first(t) && MARKS[(number(&t[..9]) % 31) as usize] == t[9]
}

fn dk_cpr(t: &[u8]) -> bool {
    is_day_first(t)
}

fn no_fnr(t: &[u8]) -> bool {
    let check = |weights: &[u32]| (11 - remains(t, weights, 11)) % 11;
    is_day(number(&t[..2]) % 40, number(&t[2..4]))
        && check(&[3, 7, 6, 1, 8, 9, 4, 5, 2]) == digit(t, 9)
        && check(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) == digit(t, 10)
}

fn ch_ahv(t: &[u8]) -> bool {
    t.starts_with(b"756") && (10 - remains(t, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3], 10)) % 10 == digit(t, 12)
}

fn at_svnr(t: &[u8]) -> bool {
    let sum = weighted(&t[..3], &[3, 7, 9]) + weighted(&t[4..], &[5, 8, 4, 2, 1, 6]);
    t[0] != b'0' && sum % 11 == digit(t, 3) && is_day(number(&t[4..6]), number(&t[6..8]).min(12))
}

fn ie_pps(t: &[u8]) -> bool {
    let more = t.get(8).map_or(0, |b| if *b == b'W' { 0 } else { u32::from(b - b'A') + 1 });
    let rest = (weighted(&t[..7], &[8, 7, 6, 5, 4, 3, 2]) + more * 9) % 23;
    let mark = if rest == 0 { b'W' } else { b'A' + rest as u8 - 1 };
    mark == t[7]
}

fn ro_cnp(t: &[u8]) -> bool {
    let rest = remains(t, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9], 11);
    matches!(t[0], b'1'..=b'8') && is_date(t, 1) && (if rest == 10 { 1 } else { rest }) == digit(t, 12)
}

fn bg_egn(t: &[u8]) -> bool {
    let month = number(&t[2..4]) % 20;
    is_day(number(&t[4..6]), month) && remains(t, &[2, 4, 8, 5, 10, 9, 7, 3, 6], 11) % 10 == digit(t, 9)
}

fn cz_rc(t: &[u8]) -> bool {
    let month = number(&t[2..4]);
    let month =
        [0, 20, 50, 70].into_iter().find_map(|more| month.checked_sub(more).filter(|m| (1..=12).contains(m)));
    month.is_some_and(|month| is_day(number(&t[4..6]), month)) && number(t).is_multiple_of(11)
}

fn br_check(t: &[u8], weights: &[u32]) -> u32 {
    match remains(t, weights, 11) {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

fn br_cpf(t: &[u8]) -> bool {
    is_mixed(t)
        && br_check(t, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(t, 9)
        && br_check(t, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(t, 10)
}

fn br_cnpj(t: &[u8]) -> bool {
    is_mixed(t)
        && br_check(t, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(t, 12)
        && br_check(t, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(t, 13)
}

fn cl_rut(t: &[u8]) -> bool {
    let rest = 11 - remains(t, &[3, 2, 7, 6, 5, 4, 3, 2], 11);
    let mark = match rest {
        11 => b'0',
        10 => b'K',
        rest => b'0' + rest as u8,
    };
    mark == t[8]
}

fn mx_curp(t: &[u8]) -> bool {
    const VALUES: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let value = |b: u8| match VALUES.iter().position(|v| *v == b).unwrap_or(0) as u32 {
        // The alphabet that it counts by has one letter more.
        v if v > 23 => v + 1,
        v => v,
    };
    let sum: u32 = t[..17].iter().zip((2..=18).rev()).map(|(b, weight)| value(*b) * weight).sum();
    is_date(t, 4) && matches!(t[10], b'H' | b'M' | b'X') && (10 - sum % 10) % 10 == digit(t, 17)
}

fn in_aadhaar(t: &[u8]) -> bool {
    t[0] >= b'2' && verhoeff(t)
}

fn in_pan(t: &[u8]) -> bool {
    matches!(t[3], b'P' | b'C' | b'H' | b'F' | b'A' | b'T' | b'B' | b'L' | b'J' | b'G')
}

fn ca_sin(t: &[u8]) -> bool {
    !matches!(t[0], b'0' | b'8') && luhn(t)
}

fn au_tfn(t: &[u8]) -> bool {
    remains(t, &[1, 4, 3, 7, 5, 8, 6, 9, 10], 11) == 0
}

fn au_medicare(t: &[u8]) -> bool {
    matches!(t[0], b'2'..=b'6') && remains(t, &[1, 3, 7, 9, 1, 3, 7, 9], 10) == digit(t, 8)
}

fn za_id(t: &[u8]) -> bool {
    is_date(t, 0) && matches!(t[10], b'0' | b'1') && luhn(t)
}

fn sg_nric(t: &[u8]) -> bool {
    let sum = weighted(&t[1..8], &[2, 7, 6, 5, 4, 3, 2]);
    let (marks, more): (&[u8; 11], u32) = match t[0] {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        b'M' => (b"XWUTRQPNJLK", 3),
        _ => return false,
    };
    marks[((sum + more) % 11) as usize] == t[8]
}

fn kr_rrn(t: &[u8]) -> bool {
    // Numbers given since 2020 have no checksum.
    is_date(t, 0) && matches!(t[6], b'1'..=b'8')
}

fn jp_my_number(t: &[u8]) -> bool {
    let rest = remains(t, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], 11);
    (if rest <= 1 { 0 } else { 11 - rest }) == digit(t, 11)
}

fn cn_resident(t: &[u8]) -> bool {
    const MARKS: &[u8; 11] = b"10X98765432";
    let sum = remains(t, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], 11);
    matches!(&t[6..8], b"19" | b"20") && is_date(t, 8) && MARKS[sum as usize] == t[17]
}

fn tr_tckn(t: &[u8]) -> bool {
    let d: Vec<u32> = digits(t).collect();
    let odd: u32 = d.iter().step_by(2).take(5).sum();
    let even: u32 = d.iter().skip(1).step_by(2).take(4).sum();
    let all: u32 = d.iter().take(10).sum();
    d[0] != 0 && (odd * 7 + 100 - even) % 10 == d[9] && all % 10 == d[10]
}

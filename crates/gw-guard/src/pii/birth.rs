//! Dates of birth: a date with a word in front that says so. Serves the scan of a segment. Other dates are nobody's.

use super::checksum::{is_day, number};
use super::{Atom, Run, words};
use crate::finding::Finding;
use crate::segment::{month, says};

/// A date of birth that begins at an atom, and how many atoms it has.
pub(super) fn find(run: &Run<'_>, at: usize) -> Option<(Finding, usize)> {
    let [one, two, three] = run.atoms.get(at..at + 3)? else { return None };
    if two.joint == 0 || three.joint == 0 || !is_date(run, one, two, three) {
        return None;
    }
    if !says(run.text, one.start, words::BIRTH) {
        return None;
    }
    let reason = "a date with a word in front of it";
    Some((Finding { start: one.start, end: three.end, kind: "date_of_birth", score: 90, reason }, 3))
}

fn is_date(run: &Run<'_>, one: &Atom, two: &Atom, three: &Atom) -> bool {
    let text = |atom: &Atom| &run.text[atom.start..atom.end];
    let is_year = |atom: &Atom| match (atom.is_number, atom.length()) {
        (true, 4) => (1880..=2100).contains(&number(text(atom))),
        (true, 2) => true,
        _ => false,
    };
    // `3rd`, `12th`, `12`.
    let day = |atom: &Atom| {
        number(
            text(atom)
                .get(..text(atom).iter().take_while(|b| b.is_ascii_digit()).count())
                .unwrap_or_default(),
        )
    };
    let fits = |joint: u8| matches!(joint, b' ' | b'.' | b',' | b'-' | b'/');
    if !fits(two.joint) || !fits(three.joint) {
        return false;
    }
    match (month(text(one)), month(text(two))) {
        (Some(month), _) => {
            two.length() <= 4 && is_day(day(two), u64::from(month)) && is_year(three) && three.length() == 4
        }
        (_, Some(month)) => one.length() <= 4 && is_day(day(one), u64::from(month)) && is_year(three),
        _ if !(one.is_number && two.is_number && three.is_number) => false,
        _ if one.length() == 4 => is_year(one) && is_day(number(text(three)), number(text(two))),
        _ => {
            let (a, b) = (number(text(one)), number(text(two)));
            is_year(three) && (is_day(a, b) || is_day(b, a)) && one.length() <= 2 && two.length() <= 2
        }
    }
}

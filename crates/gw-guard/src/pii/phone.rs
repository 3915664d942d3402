//! Numbers of telephones: with a country's code, in the groups of North America, with a leading zero, or after a word.
//! Serves the scan of a segment. It must not take dates and amounts for numbers.

use super::{Atom, Run, words};
use crate::finding::Finding;
use crate::segment::says;

/// Most groups of one number.
const MAX_GROUPS: usize = 8;

/// A number that begins at an atom, and how many atoms it has.
pub(super) fn find(run: &Run<'_>, at: usize) -> Option<(Finding, usize)> {
    let first = run.atoms.get(at).filter(|atom| atom.is_number)?;
    if first.joint != 0
        && at.checked_sub(1).is_some_and(|before| run.atoms[before].has_digit && first.joint != b',')
    {
        // Within a longer chain only a plus begins a number.
        first.opening.filter(|open| matches!(run.sign(*open), b'+' | b'('))?;
    }
    let groups = groups(run, at);
    let has_plus = first.opening.is_some_and(|open| (open..first.start).any(|at| run.sign(at) == b'+'));
    let (count, score, reason) = international(run, at, groups, has_plus)
        .or_else(|| north_american(run, at, groups))
        .or_else(|| with_zero(run, at, groups))
        .or_else(|| in_brackets(run, at, groups))
        .or_else(|| by_word(run, at, groups))
        .or_else(|| by_word_behind(run, at, groups))?;
    let last = run.atoms.get(at + count - 1)?;
    let (end, more) = extension(run, at + count).map_or((last.end, 0), |(end, atoms)| (end, atoms));
    let end =
        if run.text.get(end) == Some(&b')') && first.opening.is_some() && count == 1 { end + 1 } else { end };
    let start = first.opening.unwrap_or(first.start);
    Some((Finding { start, end, kind: "phone", score, reason }, count + more))
}

/// How many atoms from one on may be groups of one number.
fn groups(run: &Run<'_>, at: usize) -> usize {
    let rest = run.atoms.get(at..).unwrap_or_default();
    let joined = |(count, atom): &(usize, &Atom)| {
        let fits = matches!(atom.joint, b' ' | b'-' | b'.' | b'(' | b')' | b'/');
        let is_last = atom.has_digit && !atom.is_number && has_extension(run, atom);
        (atom.is_number || (is_last && *count > 0)) && (*count == 0 || fits)
    };
    rest.iter().enumerate().take(MAX_GROUPS).take_while(joined).count()
}

/// Digits, an `x`, digits: the last group with the extension.
fn has_extension(run: &Run<'_>, atom: &Atom) -> bool {
    let text = run.text.get(atom.start..atom.end).unwrap_or_default();
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = text.get(digits..).unwrap_or_default();
    (3..=4).contains(&digits)
        && matches!(rest.first(), Some(b'x' | b'X'))
        && rest.len() <= 7
        && rest[1..].iter().all(u8::is_ascii_digit)
}

/// Digits of a group, its extension left out.
fn digits(run: &Run<'_>, atom: &Atom) -> usize {
    run.text.get(atom.start..atom.end).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count()
}

/// The most groups whose digits are within bounds.
fn within(run: &Run<'_>, at: usize, groups: usize, least: usize, most: usize) -> Option<usize> {
    let mut sum = 0;
    let mut best = None;
    for count in 1..=groups {
        sum += digits(run, run.atoms.get(at + count - 1)?);
        if sum > most {
            break;
        }
        if sum >= least {
            best = Some(count);
        }
    }
    best
}

type Judged = (usize, u8, &'static str);

fn international(run: &Run<'_>, at: usize, groups: usize, has_plus: bool) -> Option<Judged> {
    let first = run.atoms.get(at)?;
    if !has_plus || run.text[first.start] == b'0' {
        return None;
    }
    within(run, at, groups, 8, 15).map(|count| (count, 95, "a country's code and a number"))
}

/// Three, three and four digits, a country's code in front of them or none.
fn north_american(run: &Run<'_>, at: usize, groups: usize) -> Option<Judged> {
    let length = |n: usize| run.atoms.get(at + n).filter(|_| n < groups).map_or(0, |atom| digits(run, atom));
    let text = |n: usize| run.atoms.get(at + n).map_or(&[][..], |atom| &run.text[atom.start..atom.end]);
    let skip = usize::from(matches!(text(0), b"1" | b"001" | b"01"));
    if groups < skip + 3 || (length(skip), length(skip + 1), length(skip + 2)) != (3, 3, 4) {
        return None;
    }
    let joint = run.atoms.get(at + skip + 2)?.joint;
    let is_area = |n: usize| text(n).first().is_some_and(|b| *b >= b'2');
    let goes_on = run
        .atoms
        .get(at + skip + 3)
        .is_some_and(|next| next.is_number && next.joint == joint && joint != b' ');
    (is_area(skip) && !goes_on && matches!(joint, b'-' | b'.' | b' ')).then_some((
        skip + 3,
        90,
        "groups as in North America",
    ))
}

/// A leading zero and at least two groups.
fn with_zero(run: &Run<'_>, at: usize, groups: usize) -> Option<Judged> {
    let first = run.atoms.get(at)?;
    let first_text = &run.text[first.start..first.end];
    if first_text.first() != Some(&b'0') || first.length() < 2 || groups < 2 {
        return None;
    }
    let count = within(run, at, groups, 9, if first_text.starts_with(b"00") { 15 } else { 12 })?;
    let rest = run.atoms.get(at + 1..at + count)?;
    // As the French write them, five times two with full stops.
    let is_pairs = count == 5 && rest.iter().all(|atom| atom.length() == 2 && atom.joint == b'.');
    let is_group = |atom: &Atom| atom.length() >= 2 && matches!(atom.joint, b' ' | b'-' | b'/' | b')');
    let fits = is_pairs || rest.iter().all(is_group);
    // A day and a month are two digits each, and the year ends a date.
    let is_date = count == 3
        && first.length() == 2
        && matches!(rest.first().map(|a| a.joint), Some(b'/' | b'-' | b'.'))
        && rest.last().is_some_and(|a| a.length() <= 4);
    (count >= 2 && fits && !is_date).then_some((count, 80, "a leading zero and groups"))
}

/// An area's code in brackets and at least one group.
fn in_brackets(run: &Run<'_>, at: usize, groups: usize) -> Option<Judged> {
    let [first, next, ..] = run.atoms.get(at..at + groups)? else { return None };
    let open = first.opening.filter(|open| run.sign(*open) == b'(')?;
    // `12(3) 456-789` is a place in a journal.
    let is_free = open.checked_sub(1).is_none_or(|before| !run.text[before].is_ascii_alphanumeric());
    let is_area = (2..=5).contains(&first.length()) && run.sign(first.end) == b')';
    let count = within(run, at, groups, 8, 12).filter(|count| *count >= 2)?;
    (is_free && is_area && next.length() >= 3).then_some((count, 80, "an area's code in brackets and groups"))
}

fn by_word(run: &Run<'_>, at: usize, groups: usize) -> Option<Judged> {
    let first = run.atoms.get(at)?;
    let start = first.opening.unwrap_or(first.start);
    let reason = "a word in front of it";
    if let Some(count) = within(run, at, groups, 7, 15) {
        let is_said =
            says(run.text, start, words::PHONE) || (count >= 2 && says(run.text, start, words::PHONE_OR_NOT));
        return is_said.then_some((count, 85, reason));
    }
    let count = within(run, at, groups, 6, 6).filter(|count| *count >= 2)?;
    says(run.text, start, words::SURE_PHONE).then_some((count, 80, reason))
}

/// Groups with a word behind them: `494 17 271 office`.
fn by_word_behind(run: &Run<'_>, at: usize, groups: usize) -> Option<Judged> {
    let count = within(run, at, groups, 7, 12).filter(|count| *count >= 2)?;
    let word = match run.atoms.get(at + count) {
        Some(next) if matches!(next.joint, b' ' | b'-' | b'(') => &run.text[next.start..next.end],
        Some(_) => return None,
        None => run.text.get(run.behind.clone())?,
    };
    let is_word = words::BEHIND_PHONE.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    (is_word && !is_amount(run, run.atoms.get(at..at + count)?)).then_some((count, 80, "a word behind it"))
}

/// Thousands apart, as amounts have them: `1 250 000`.
fn is_amount(run: &Run<'_>, atoms: &[Atom]) -> bool {
    let [first, rest @ ..] = atoms else { return false };
    let are_thousands = rest.iter().all(|atom| atom.length() == 3 && matches!(atom.joint, b' ' | b'.'));
    let ends_round = rest.last().is_some_and(|last| &run.text[last.start..last.end] == b"000");
    are_thousands && (first.length() < 3 || ends_round)
}

/// `ext. 12`, `x12` behind a number: where it ends, and its atoms.
fn extension(run: &Run<'_>, at: usize) -> Option<(usize, usize)> {
    let atom = run.atoms.get(at).filter(|atom| atom.joint == b' ')?;
    let text = &run.text[atom.start..atom.end];
    let is_glued = matches!(text.first(), Some(b'x' | b'X'))
        && text.len() <= 7
        && text.len() > 1
        && text[1..].iter().all(u8::is_ascii_digit);
    is_glued.then_some((atom.end, 1))
}

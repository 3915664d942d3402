//! Credentials: keys of vendors by their forms, private keys, signed tokens, passwords in links, and what stands behind
//! a word such as `password`. Serves the check of that kind. It must not ask anybody whether a key works.

mod assigned;
mod entropy;
mod jwt;
mod vendors;

use crate::finding::{Finding, settle};
use crate::segment::{Segment, is_within_word};
use std::ops::Range;
use vendors::{Form, VENDORS};

pub use vendors::kinds;

/// The finder of all forms: made once, shared.
#[derive(Debug)]
pub struct Secrets {
    /// A bit for each two bytes with which an anchor begins: small enough to stay in the processor's nearest memory.
    pairs: Box<[u64; PAIRS / 64]>,
    /// Forms by the first bytes of their anchors, short anchors first.
    forms: Vec<Vec<usize>>,
    entropy: bool,
}

/// So many are two bytes.
const PAIRS: usize = 1 << 16;

/// A place where a form begins, and which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    start: usize,
    end: usize,
    form: usize,
}

impl Hit {
    pub(crate) const fn begins_before(&self, place: usize) -> bool {
        self.start < place
    }
}

impl Secrets {
    /// Makes it; with `entropy`, very random values behind certain words are found too.
    #[must_use]
    pub fn new(entropy: bool) -> Self {
        let (mut pairs, mut forms) = (Box::new([0; PAIRS / 64]), vec![Vec::new(); 256]);
        for (at, form) in VENDORS.iter().enumerate() {
            if let [first, second, ..] = *form.anchor.as_bytes() {
                let pair = usize::from(first) << 8 | usize::from(second);
                pairs[pair / 64] |= 1u64 << (pair % 64);
                forms[usize::from(first)].push(at);
            }
        }
        forms.iter_mut().for_each(|forms| forms.sort_by_key(|at| VENDORS[*at].anchor.len()));
        Self { pairs, forms, entropy }
    }

    /// The anchors in a piece of a text, in their order.
    pub(crate) fn hits(&self, text: &[u8], from: usize, to: usize, out: &mut Vec<Hit>) {
        let piece = text.get(from..to).unwrap_or_default();
        let mut first = 0;
        for (at, second) in piece.iter().enumerate() {
            let pair = usize::from(std::mem::replace(&mut first, *second)) << 8 | usize::from(*second);
            if self.pairs[pair / 64] >> (pair % 64) & 1 == 0 || at == 0 {
                continue;
            }
            let (start, rest) = (from + at - 1, piece.get(at - 1..).unwrap_or_default());
            let begins = |form: &&usize| rest.starts_with(VENDORS[**form].anchor.as_bytes());
            let found = self.forms[pair >> 8].iter().filter(begins);
            out.extend(found.map(|form| Hit {
                start,
                end: start + VENDORS[*form].anchor.len(),
                form: *form,
            }));
        }
    }

    /// Appends what a segment has. `hits` are those that begin in it.
    pub(crate) fn scan(&self, text: &[u8], segment: &Segment, hits: &[Hit], out: &mut Vec<Finding>) {
        let range = segment.range.clone();
        if segment.is_block {
            out.extend(block(text, segment));
            return;
        }
        if hits.is_empty() && !segment.flags.may_be_chosen() {
            return;
        }
        let mut found = Vec::new();
        for hit in hits.iter().filter(|hit| hit.end <= range.end) {
            let form = &VENDORS[hit.form];
            let is_free = form.within_word || hit.start == range.start || !is_joined(text, hit.start - 1);
            if let Some(finding) = is_free.then(|| vendor(text, hit, form, &range)).flatten() {
                found.push(finding);
            }
        }
        if segment.flags.may_be_chosen() {
            assigned::find(text, range.clone(), self.entropy, &mut found);
        }
        if !found.is_empty() {
            settle(&mut found);
            out.append(&mut found);
        }
    }
}

/// Signs that belong to a word in names of keys.
fn is_joined(text: &[u8], at: usize) -> bool {
    is_within_word(text, at) || text.get(at) == Some(&b'_')
}

/// A private key between its marks.
fn block(text: &[u8], segment: &Segment) -> Option<Finding> {
    let block = text.get(segment.range.clone())?;
    let head = block.get(..block.len().min(64))?;
    memchr::memmem::find(head, b"PRIVATE KEY")?;
    Some(Finding::sure(
        segment.range.start,
        segment.range.end,
        "private_key",
        "a private key between its marks",
    ))
}

/// A key of a vendor behind its anchor.
fn vendor(text: &[u8], hit: &Hit, form: &Form, range: &Range<usize>) -> Option<Finding> {
    let most = range.end;
    let finding = |start, end| Finding {
        start,
        end,
        kind: form.kind,
        score: 97,
        reason: "the form of a vendor's keys",
    };
    match form.rest {
        vendors::Rest::Run { allowed, least, longest } => {
            let rest = text.get(hit.end..most)?;
            let length = rest.iter().take_while(|b| allowed(**b)).count();
            let end = hit.end + length;
            let fits = length >= least && (length <= longest);
            (fits && is_random(text.get(hit.end..end)?, least)).then(|| finding(hit.start, end))
        }
        vendors::Rest::Jwt => jwt::end(text, hit.start, most).map(|end| Finding {
            start: hit.start,
            end,
            kind: form.kind,
            score: 97,
            reason: "a signed token",
        }),
        vendors::Rest::Link => password_in_link(text, hit, most),
        vendors::Rest::Before { allowed, least } => {
            let before = text.get(range.start..hit.start)?;
            let length = before.iter().rev().take(64).take_while(|b| allowed(**b)).count();
            (length >= least).then(|| finding(hit.start - length, hit.end))
        }
    }
}

/// Examples such as `sk-xxxxxxxxxxxx` are no keys.
fn is_random(rest: &[u8], least: usize) -> bool {
    let first = rest.first();
    least < 8 || !rest.iter().all(|b| Some(b) == first)
}

/// `scheme://user:password@host`: the password.
fn password_in_link(text: &[u8], hit: &Hit, most: usize) -> Option<Finding> {
    let scheme = text
        .get(..hit.start)?
        .iter()
        .rev()
        .take(16)
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'+')
        .count();
    let rest = text.get(hit.end..most)?;
    let length = rest
        .iter()
        .take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'"' | b'<' | b'>' | b'`'))
        .count();
    let authority = rest.get(..length)?;
    let at = authority.iter().rposition(|b| *b == b'@')?;
    let colon = authority.get(..at)?.iter().position(|b| *b == b':')?;
    let password = authority.get(colon + 1..at)?;
    let is_placeholder = password.is_empty() || assigned::is_placeholder(password);
    (scheme >= 2 && !is_placeholder).then(|| Finding {
        start: hit.end + colon + 1,
        end: hit.end + at,
        kind: "password",
        score: 95,
        reason: "a password in a link",
    })
}

#[cfg(test)]
mod tests;

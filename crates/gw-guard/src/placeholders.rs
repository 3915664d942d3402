//! The placeholders of what was masked, in a text: they are restored for the caller, and left alone by every guardrail that
//! looks at a text in which they stand, as what is masked again is not restored. Serves flows. It must not mask.

use crate::finding::Finding;
use crate::terms::Term;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug)]
pub struct Placeholders {
    /// Each with its place in the vault, in their order. None is the beginning of another, as each ends with the only closing
    /// bracket in it. An automaton would take longer to make than most answers take to be looked at.
    sorted: Arc<[(String, usize)]>,
    restores: bool,
}

impl Placeholders {
    /// Those that are restored, in capitals. `None` where there are none.
    pub(crate) fn new<'a>(list: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut sorted: Vec<(String, usize)> =
            list.into_iter().enumerate().map(|(place, text)| (text.to_owned(), place)).collect();
        sorted.sort_unstable();
        (!sorted.is_empty()).then(|| Self { sorted: sorted.into(), restores: true })
    }

    /// The same, to be left as they are: others look at the text before it is restored.
    #[must_use]
    pub fn kept(self) -> Self {
        Self { restores: false, ..self }
    }

    /// Becomes what they stand for part of the text?
    #[must_use]
    pub const fn restores(&self) -> bool {
        self.restores
    }

    /// The next one from a place on, and up to where all is decided.
    pub(crate) fn next(&self, text: &[u8], from: usize, is_end: bool) -> (usize, Option<(usize, Term)>) {
        let mut at = from;
        while let Some(open) = text.get(at..).and_then(|rest| memchr::memchr(b'[', rest)) {
            at += open;
            match self.at(text, at, is_end) {
                Err(()) => return (at, None),
                Ok(Some(term)) => return (term.end, Some((at, term))),
                Ok(None) => at += 1,
            }
        }
        (text.len(), None)
    }

    /// The one at a place, in whatever case; `Err` when more text decides.
    fn at(&self, text: &[u8], at: usize, is_end: bool) -> Result<Option<Term>, ()> {
        let rest = text.get(at..).unwrap_or_default();
        let next =
            self.sorted.partition_point(|(placeholder, _)| order(placeholder, rest) != Ordering::Greater);
        // What stands between a text's beginning and the text in their order begins with it, too.
        let before = next.checked_sub(1).and_then(|before| self.sorted.get(before));
        if let Some((placeholder, index)) =
            before.filter(|(placeholder, _)| begins(rest, placeholder.as_bytes()))
        {
            return Ok(Some(Term { index: *index, end: at + placeholder.len() }));
        }
        let goes_on =
            self.sorted.get(next).is_some_and(|(placeholder, _)| begins(placeholder.as_bytes(), rest));
        if goes_on && !is_end { Err(()) } else { Ok(None) }
    }
}

/// Which comes first, whatever the text's case.
fn order(placeholder: &str, text: &[u8]) -> Ordering {
    placeholder.bytes().cmp(text.iter().map(u8::to_ascii_uppercase))
}

fn begins(text: &[u8], with: &[u8]) -> bool {
    text.get(..with.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(with))
}

/// What of a finding is outside of the placeholders that are left alone, which are in their order. Where it `may_cover` them, it
/// goes on beyond those that are within it as a whole.
pub(crate) fn outside(
    finding: Finding,
    text: &str,
    offset: usize,
    kept: &[Range<usize>],
    may_cover: bool,
) -> Vec<Finding> {
    let Finding { start, end, .. } = finding;
    let mut parts = Vec::with_capacity(1);
    let mut from = start;
    for place in kept.iter().filter(|place| place.start < end && place.end > start) {
        if may_cover && start <= place.start && place.end <= end {
            continue;
        }
        parts.push(from..place.start);
        from = place.end;
    }
    if parts.is_empty() {
        return vec![finding];
    }
    parts.push(from..end);
    let trimmed = |part: Range<usize>| {
        let part = part.start.max(start)..part.end.min(end);
        let said = text.get(part.start.checked_sub(offset)?..part.end.checked_sub(offset)?)?;
        let blank = said.len() - said.trim_start().len();
        let start = part.start + blank;
        // Brackets and commas between them are nothing that was found.
        let says = said.contains(char::is_alphanumeric);
        says.then(|| Finding { start, end: start + said.trim().len(), ..finding })
    };
    parts.into_iter().filter(|part| part.start < part.end).filter_map(trimmed).collect()
}

#[cfg(test)]
mod tests;

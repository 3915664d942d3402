//! Words and phrases, however many, found in one pass. Serves the check of that kind, and the restoring of what was
//! masked. It must not take a term within a longer word for one, unless it is told to.

use crate::finding::Finding;
use crate::segment::is_word;
use crate::walk::{Walk, Walker};
use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::nfa::noncontiguous;
use aho_corasick::{Anchored, MatchKind};
use std::sync::Arc;

/// Most terms of one guardrail.
pub const MAX_TERMS: usize = 100_000;

/// Longest term, in bytes.
pub const MAX_TERM_BYTES: usize = 1024;

/// Terms, compiled.
#[derive(Clone, Debug)]
pub struct Terms {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    automaton: NFA,
    whole_words: bool,
    /// The bytes with which terms begin.
    begins: [bool; 256],
}

/// Which of a text's terms stands at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    pub(crate) index: usize,
    pub(crate) end: usize,
}

impl Terms {
    /// Compiles terms. Upper and lower case of ASCII letters are the same unless `case_sensitive`.
    ///
    /// # Errors
    /// They take too much memory.
    pub fn new<T: AsRef<[u8]>>(
        terms: &[T],
        case_sensitive: bool,
        whole_words: bool,
    ) -> Result<Self, aho_corasick::BuildError> {
        let plain = noncontiguous::Builder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(!case_sensitive)
            .build(terms)?;
        let automaton = aho_corasick::nfa::contiguous::Builder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(!case_sensitive)
            .build_from_noncontiguous(&plain)?;
        let mut begins = [false; 256];
        for first in terms.iter().filter_map(|term| term.as_ref().first()) {
            begins[usize::from(*first)] = true;
            if !case_sensitive {
                begins[usize::from(first.to_ascii_lowercase())] = true;
                begins[usize::from(first.to_ascii_uppercase())] = true;
            }
        }
        Ok(Self { inner: Arc::new(Inner { automaton, whole_words, begins }) })
    }

    /// The longest term at a place; `Err` when more text decides.
    pub(crate) fn at(&self, text: &[u8], at: usize, is_end: bool) -> Result<Option<Term>, ()> {
        let automaton = &self.inner.automaton;
        let Ok(mut state) = automaton.start_state(Anchored::Yes) else { return Ok(None) };
        let mut found = None;
        let mut place = at;
        loop {
            // Terms that are the end of another's beginning are listed there too.
            let count = if automaton.is_match(state) { automaton.match_len(state) } else { 0 };
            let here = (0..count).map(|nth| automaton.match_pattern(state, nth));
            let here = here.into_iter().find(|term| automaton.pattern_len(*term) == place - at);
            if let Some(term) = here
                && self.is_whole(text, at, place, is_end)?
            {
                found = Some(Term { index: term.as_usize(), end: place });
            }
            let Some(byte) = text.get(place) else {
                return if is_end { Ok(found) } else { Err(()) };
            };
            state = automaton.next_state(Anchored::Yes, state, *byte);
            if automaton.is_dead(state) {
                return Ok(found);
            }
            place += 1;
        }
    }

    /// Is the piece no part of a longer word? `Err` when the next byte decides.
    fn is_whole(&self, text: &[u8], start: usize, end: usize, is_end: bool) -> Result<bool, ()> {
        if !self.inner.whole_words {
            return Ok(true);
        }
        let starts = text.get(start).is_none_or(|b| !is_word(*b))
            || !start.checked_sub(1).is_some_and(|b| is_word(text[b]));
        let ends_in_word = end.checked_sub(1).is_some_and(|b| is_word(text[b]));
        match text.get(end) {
            Some(next) => Ok(starts && !(ends_in_word && is_word(*next))),
            None if is_end || !ends_in_word || !starts => Ok(starts),
            None => Err(()),
        }
    }
}

impl Walker for Terms {
    type Room = ();

    fn candidate(&self, (): &mut (), text: &[u8], from: usize, is_end: bool) -> usize {
        if !is_end || self.inner.whole_words {
            return self.inner.candidate(text, from);
        }
        let input = aho_corasick::Input::new(text).range(from..);
        match self.inner.automaton.try_find(&input) {
            Ok(found) => found.map_or(text.len(), |found| found.start()),
            Err(_) => from,
        }
    }

    fn walk(&self, (): &mut (), text: &[u8], at: usize, is_end: bool) -> Walk {
        match self.at(text, at, is_end) {
            Ok(None) => Walk::Clear,
            Ok(Some(term)) => Walk::Match(term.end),
            Err(()) => Walk::Pending,
        }
    }

    fn finding(&self, _text: &[u8], start: usize, end: usize) -> Option<Finding> {
        Some(Finding::sure(start, end, "term", "a term of the guardrail"))
    }
}

impl Inner {
    /// The next place where a term may begin by its first byte; with whole words, where no word goes on.
    fn candidate(&self, text: &[u8], from: usize) -> usize {
        let rest = text.get(from..).unwrap_or_default();
        let mut is_within = from.checked_sub(1).is_some_and(|before| is_word(text[before]));
        for (at, byte) in rest.iter().enumerate() {
            let is_word = is_word(*byte);
            let goes_on = match self.whole_words {
                true => is_word && is_within,
                // Within a character.
                false => byte & 0xc0 == 0x80,
            };
            if !goes_on && self.begins[usize::from(*byte)] {
                return from + at;
            }
            is_within = is_word;
        }
        text.len()
    }
}

#[cfg(test)]
mod tests;

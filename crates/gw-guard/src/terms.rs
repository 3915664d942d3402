//! Words and phrases, however many, found in one pass. Serves the check of that kind. It must not take a term within a
//! longer word for one, unless it is told to.

mod fold;

use crate::finding::Finding;
use crate::segment::{floor, is_word};
use crate::walk::{Walk, Walker};
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::nfa::noncontiguous;
use aho_corasick::{Anchored, MatchKind, PatternID};
use std::sync::Arc;
use unicode_normalization::char::is_combining_mark;

/// Most terms of one guardrail.
pub const MAX_TERMS: usize = 100_000;

/// Longest term, in bytes.
pub const MAX_TERM_BYTES: usize = 1024;

/// Most bytes of a finding that are left out of it when it is compared: blanks beside blanks, and what nobody sees.
const MAX_LEFT_OUT_BYTES: usize = 256;

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
    /// Ordinary spellings of a text are one; and whether case is told apart then.
    folds: Option<bool>,
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
        Ok(Self { inner: Arc::new(Inner { automaton, whole_words, begins, folds: None }) })
    }

    /// Compiles terms that are found in all ordinary spellings.
    ///
    /// # Errors
    /// They take too much memory.
    pub(crate) fn spelled<T: AsRef<str>>(
        terms: &[T],
        case_sensitive: bool,
        whole_words: bool,
    ) -> Result<Self, aho_corasick::BuildError> {
        let folded: Vec<String> =
            terms.iter().map(|term| fold::folded(term.as_ref(), case_sensitive)).collect();
        let Self { inner } = Self::new(&folded, true, whole_words)?;
        let mut begins = inner.begins;
        for small in b'a'..=b'z' {
            if !case_sensitive && begins[usize::from(small)] {
                begins[usize::from(small.to_ascii_uppercase())] = true;
            }
        }
        // Any other character may stand for one of these.
        begins.iter_mut().skip(0x80).for_each(|begins| *begins = true);
        let automaton = inner.automaton.clone();
        let inner = Inner { automaton, whole_words, begins, folds: Some(case_sensitive) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Has a term nothing but blanks and what nobody sees?
    pub(crate) fn says_nothing(term: &str) -> bool {
        fold::folded(term, true).is_empty()
    }

    /// As [`Self::at`], in any spelling.
    fn spelled_at(
        &self,
        text: &[u8],
        at: usize,
        case_sensitive: bool,
        is_end: bool,
    ) -> Result<Option<Term>, ()> {
        let Inner { automaton, whole_words, .. } = &*self.inner;
        let Ok(mut state) = automaton.start_state(Anchored::Yes) else { return Ok(None) };
        let (mut found, mut place, mut length, mut left_out) = (None, at, 0, 0);
        let (mut is_blank, mut marks) = (false, fold::Marks::default());
        loop {
            let Some(character) = character(text, place) else {
                return if is_end { Ok(found) } else { Err(()) };
            };
            let before = length;
            if character.is_ascii() && !character.is_ascii_whitespace() {
                // Nearly all that comes here.
                let byte = text[place];
                let byte = if case_sensitive { byte } else { byte.to_ascii_lowercase() };
                state = automaton.next_state(Anchored::Yes, state, byte);
                (length, is_blank) = (length + 1, false);
                place += 1;
            } else {
                let mut put = |part: char| {
                    if part == ' ' && is_blank {
                        return;
                    }
                    is_blank = part == ' ';
                    for byte in part.encode_utf8(&mut [0; 4]).bytes() {
                        state = automaton.next_state(Anchored::Yes, state, byte);
                        length += 1;
                    }
                };
                fold::fold(character, case_sensitive, |part| marks.take(part, &mut put));
                place += character.len_utf8();
                if !marks.is_empty() {
                    // Which mark is the next one is not known before all of them are.
                    let next = self::character(text, place);
                    let goes_on = next.is_some_and(fold::Marks::goes_on);
                    match next {
                        None if !is_end => return Err(()),
                        _ if goes_on => {}
                        _ => marks.end(&mut put),
                    }
                    if goes_on && !automaton.is_dead(state) {
                        continue;
                    }
                }
            }
            if automaton.is_dead(state) {
                return Ok(found);
            }
            if length == before {
                // Nothing begins with what is left out.
                left_out += character.len_utf8();
                if before == 0 || left_out > MAX_LEFT_OUT_BYTES {
                    return Ok(found);
                }
                continue;
            }
            let Some(term) = self.inner.ended(state, length) else { continue };
            let next = self::character(text, place);
            if next.is_none() && !is_end {
                return Err(());
            }
            let goes_on = next.is_some_and(is_mark)
                || *whole_words && is_letter(character) && next.is_some_and(is_letter);
            let begins_within = *whole_words && is_within_word(text, at);
            if !(goes_on || begins_within) {
                found = Some(Term { index: term.as_usize(), end: place });
            }
        }
    }

    /// The longest term at a place; `Err` when more text decides.
    fn at(&self, text: &[u8], at: usize, is_end: bool) -> Result<Option<Term>, ()> {
        let automaton = &self.inner.automaton;
        let Ok(mut state) = automaton.start_state(Anchored::Yes) else { return Ok(None) };
        let mut found = None;
        let mut place = at;
        loop {
            let here = self.inner.ended(state, place - at);
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
        if !is_end || self.inner.whole_words || self.inner.folds.is_some() {
            return self.inner.candidate(text, from);
        }
        let input = aho_corasick::Input::new(text).range(from..);
        match self.inner.automaton.try_find(&input) {
            Ok(found) => found.map_or(text.len(), |found| found.start()),
            Err(_) => from,
        }
    }

    fn walk(&self, (): &mut (), text: &[u8], at: usize, is_end: bool) -> Walk {
        let found = match self.inner.folds {
            Some(case_sensitive) => self.spelled_at(text, at, case_sensitive, is_end),
            None => self.at(text, at, is_end),
        };
        match found {
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
    /// The term of so many bytes that ends in a state: those that are the end of another's beginning are listed there too.
    fn ended(&self, state: StateID, length: usize) -> Option<PatternID> {
        let automaton = &self.automaton;
        let count = if automaton.is_match(state) { automaton.match_len(state) } else { 0 };
        let mut here = (0..count).map(|nth| automaton.match_pattern(state, nth));
        here.find(|term| automaton.pattern_len(*term) == length)
    }

    /// The next place where a term may begin by its first byte; with whole words, where no word goes on.
    fn candidate(&self, text: &[u8], from: usize) -> usize {
        let rest = text.get(from..).unwrap_or_default();
        let mut is_within = from.checked_sub(1).is_some_and(|before| is_word(text[before]));
        for (at, byte) in rest.iter().enumerate() {
            let is_word = is_word(*byte);
            // Few bytes begin a term: that is looked at first.
            if self.begins[usize::from(*byte)] && !self.goes_on(text, from + at, is_word && is_within) {
                return from + at;
            }
            is_within = is_word;
        }
        text.len()
    }

    /// Is a place within a character, or, with whole words, within a word? `is_within`: so say the bytes at it and before it.
    fn goes_on(&self, text: &[u8], at: usize, is_within: bool) -> bool {
        let is_rest = |byte: u8| byte & 0xc0 == 0x80;
        match self.whole_words {
            // Not all that ASCII lacks is a letter.
            true if self.folds.is_some() && is_within => {
                let is_ascii = text[at].is_ascii() && at.checked_sub(1).is_some_and(|at| text[at].is_ascii());
                is_ascii || is_rest(text[at]) || is_within_word(text, at)
            }
            true => is_within,
            false => is_rest(text[at]),
        }
    }
}

/// The character at a place.
fn character(text: &[u8], at: usize) -> Option<char> {
    let first = *text.get(at)?;
    let length = match first {
        0..0x80 => return Some(char::from(first)),
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    std::str::from_utf8(text.get(at..at + length)?).ok()?.chars().next()
}

/// Do words consist of it? Nobody sees that a word goes on with what nobody sees.
fn is_letter(character: char) -> bool {
    (character.is_alphanumeric() || is_combining_mark(character)) && !fold::is_unseen(character)
}

/// A mark of the letter before it.
fn is_mark(character: char) -> bool {
    is_combining_mark(character) && !fold::is_unseen(character)
}

/// Does a word that began before go on at a place?
fn is_within_word(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| floor(text, before)) else { return false };
    character(text, before).is_some_and(is_letter) && character(text, at).is_some_and(is_letter)
}

#[cfg(test)]
mod tests;

//! Regular expressions of the configuration. They are matched by automata in linear time; a match has a longest length,
//! so that a stream waits for no more than that. Serves the check of that kind. It must not accept what could grow
//! beyond its limits.

mod begins;

use crate::finding::Finding;
use crate::walk::{Walk, Walker};
use begins::Begins;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::{Anchored, Input, MatchError, MatchKind, meta};
use std::sync::{Arc, Mutex};

/// What the automaton of one guardrail may take, in bytes.
const MAX_AUTOMATON_BYTES: usize = 16 << 20;

/// What its memo may take on each stream, in bytes.
const MAX_MEMO_BYTES: usize = 4 << 20;

/// In shorter texts it takes longer to start the search than to look at each byte.
const MIN_SEARCH_BYTES: usize = 256;

/// Most memos that are kept for the next texts.
const MAX_IDLE: usize = 4;

/// Patterns, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Regexes {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    automaton: DFA,
    /// Finds where matches may begin in a text that is there whole, and matches where the automaton can not.
    search: meta::Regex,
    max_match_bytes: usize,
    begins: Begins,
    /// Memos that no text needs now: what the automaton learned from one text serves the next.
    #[expect(clippy::vec_box, reason = "a memo is large, and moves between here and the rooms")]
    idle: Mutex<Vec<Box<Cache>>>,
}

/// What one text at a time needs.
#[derive(Debug)]
pub(crate) struct Room {
    /// Made when something may begin: in most texts nothing does.
    cache: Option<Box<Cache>>,
    inner: Arc<Inner>,
}

impl Room {
    fn cache(&mut self) -> &mut Cache {
        self.cache.get_or_insert_with(|| {
            let idle = self.inner.idle.try_lock().ok().and_then(|mut idle| idle.pop());
            idle.unwrap_or_else(|| Box::new(self.inner.automaton.create_cache()))
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Who would have to wait lets it go.
        if let (Some(cache), Ok(mut idle)) = (self.cache.take(), self.inner.idle.try_lock())
            && idle.len() < MAX_IDLE
        {
            idle.push(cache);
        }
    }
}

/// Why patterns can not be used: which one, and the engine's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    /// The place of the pattern in the list; `None` when all together are too large.
    pub(crate) at: Option<usize>,
    /// What is wrong.
    pub(crate) message: String,
}

impl Regexes {
    /// Compiles the patterns; a match may have up to `max_match_bytes`.
    ///
    /// # Errors
    /// Which pattern is not one, or that all together are too large.
    pub(crate) fn new<T: AsRef<str>>(patterns: &[T], max_match_bytes: usize) -> Result<Self, PatternError> {
        for (at, pattern) in patterns.iter().enumerate() {
            let wrong = |message: String| PatternError { at: Some(at), message };
            let limits = meta::Config::new().nfa_size_limit(Some(MAX_AUTOMATON_BYTES));
            let alone = meta::Regex::builder().configure(limits).build(pattern.as_ref());
            match alone {
                Err(error) => return Err(wrong(brief(&error))),
                Ok(alone) if alone.is_match("") => {
                    return Err(wrong("it matches the empty text, which is everywhere".to_owned()));
                }
                Ok(_) => {}
            }
        }
        let too_large = |message: String| PatternError { at: None, message };
        let limits = meta::Config::new().nfa_size_limit(Some(MAX_AUTOMATON_BYTES));
        let search = meta::Regex::builder()
            .configure(limits)
            .build_many(patterns)
            .map_err(|e| too_large(brief(&e)))?;
        let config = DFA::config()
            .match_kind(MatchKind::LeftmostFirst)
            .unicode_word_boundary(true)
            .cache_capacity(MAX_MEMO_BYTES)
            .skip_cache_capacity_check(true);
        let automaton = DFA::builder()
            .configure(config)
            .thompson(thompson::Config::new().nfa_size_limit(Some(MAX_AUTOMATON_BYTES)))
            .build_many(patterns)
            .map_err(|e| too_large(brief(&e)))?;
        let begins = Begins::of(&automaton);
        let idle = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { automaton, search, max_match_bytes, begins, idle }) })
    }

    /// What one text at a time needs.
    pub(crate) fn room(&self) -> Room {
        Room { cache: None, inner: Arc::clone(&self.inner) }
    }

    fn run(&self, cache: &mut Cache, text: &[u8], at: usize, is_end: bool) -> Result<Walk, MatchError> {
        let dfa = &self.inner.automaton;
        let most = text.len().min(at + self.inner.max_match_bytes);
        let input = Input::new(text).range(at..).anchored(Anchored::Yes);
        let mut state = dfa.start_state_forward(cache, &input)?;
        let mut end = None;
        let failed = |place: usize| MatchError::gave_up(place);
        for (place, byte) in text.iter().enumerate().take(most).skip(at) {
            state = dfa.next_state(cache, state, *byte).map_err(|_| failed(place))?;
            if !state.is_tagged() {
                continue;
            }
            if state.is_match() {
                // Automata say so one byte late.
                end = Some(place);
            } else if state.is_dead() {
                return Ok(end.map_or(Walk::Clear, Walk::Match));
            } else if state.is_quit() {
                return Err(MatchError::quit(*byte, place));
            }
        }
        let is_cut = most < text.len();
        if !is_end && !is_cut {
            return Ok(Walk::Pending);
        }
        // The byte behind, which some patterns look at.
        state = match text.get(most) {
            Some(byte) => dfa.next_state(cache, state, *byte).map_err(|_| failed(most))?,
            None => dfa.next_eoi_state(cache, state).map_err(|_| failed(most))?,
        };
        if state.is_match() {
            end = Some(most);
        }
        Ok(end.map_or(Walk::Clear, Walk::Match))
    }
}

/// The engine's error without what it draws.
fn brief(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    // Its last line says what is wrong; those before show where.
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

impl Walker for Regexes {
    type Room = Room;

    fn candidate(&self, _room: &mut Room, text: &[u8], from: usize, is_end: bool) -> usize {
        if !is_end || text.len() - from.min(text.len()) < MIN_SEARCH_BYTES {
            return self.inner.begins.next(text, from);
        }
        // A little at a time: what can not be a match for its length must not cost more than that.
        let reach = self.inner.max_match_bytes.max(1024);
        let mut from = from;
        while from < text.len() {
            let most = text.len().min(from + 2 * reach);
            match self.inner.search.find(Input::new(text).range(from..most)) {
                Some(found) if found.start() < from + reach || most == text.len() => return found.start(),
                _ if most == text.len() => break,
                _ => from = crate::segment::floor(text, from + reach),
            }
        }
        text.len()
    }

    fn walk(&self, room: &mut Room, text: &[u8], at: usize, is_end: bool) -> Walk {
        if let Ok(walk) = self.run(room.cache(), text, at, is_end) {
            return walk;
        }
        // The automaton can not tell words of other scripts apart; the other engine can, with some text behind.
        let most = at + self.inner.max_match_bytes;
        if !is_end && text.len() < most + 8 {
            return Walk::Pending;
        }
        let input = Input::new(text).range(at..text.len().min(most)).anchored(Anchored::Yes);
        self.inner.search.find(input).map_or(Walk::Clear, |found| Walk::Match(found.end()))
    }

    fn finding(&self, _text: &[u8], start: usize, end: usize) -> Option<Finding> {
        Some(Finding::sure(start, end, "pattern", "a pattern of the guardrail"))
    }
}

#[cfg(test)]
mod tests;

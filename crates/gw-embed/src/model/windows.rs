//! A text in windows of as many tokens as a model reads at once: nothing of a text is left out, and no word is cut. Windows
//! overlap, so that each word is read with what stands before and behind it.

use super::wordpiece::Cut;
use crate::error::PoolError;
use std::ops::Range;

/// A text that is being read, so many windows at a time: others are read in between.
#[derive(Debug)]
pub struct Reading<F> {
    pub(super) cut: Cut,
    pub(super) windows: Vec<Window>,
    /// How many of them are read.
    pub(super) done: usize,
    pub(super) found: F,
}

/// What came of reading on.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// There is more to read.
    More,
    /// That is it.
    Done(T),
    /// The numbers came out as none.
    Garbled,
}

impl<F> Reading<F> {
    /// Reads on until nothing is left.
    pub(super) fn through<T>(mut self, go_on: impl Fn(&mut Self) -> Step<T>) -> Result<T, PoolError> {
        loop {
            match go_on(&mut self) {
                Step::More => {}
                Step::Done(found) => return Ok(found),
                Step::Garbled => return Err(PoolError::Garbled),
            }
        }
    }
}

/// Words that are read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) words: Range<usize>,
    /// Those that this window decides about; each word is of one window.
    pub(super) own: Range<usize>,
}

impl Window {
    /// What is read; of a word that is longer than a window, as much as fits.
    pub(super) fn tokens<'a>(&self, cut: &'a Cut, most: usize) -> &'a [u32] {
        let (start, end) =
            (cut.words[self.words.start].tokens.start, cut.words[self.words.end - 1].tokens.end);
        &cut.tokens[start..end.min(start + most)]
    }
}

/// The windows of a text, of at most `most` tokens, the last `overlap` of which the next one has too. A word of more than
/// `most` tokens is a window of its own.
pub(super) fn windows(cut: &Cut, most: usize, overlap: usize) -> Vec<Window> {
    let words = &cut.words;
    let mut all: Vec<Window> = Vec::new();
    let mut start = 0;
    while start < words.len() {
        let from = words[start].tokens.start;
        let fit = words[start..].iter().take_while(|word| word.tokens.end - from <= most).count();
        let end = start + fit.max(1);
        all.push(Window { words: start..end, own: start..end });
        if end == words.len() {
            break;
        }
        let until = words[end].tokens.start;
        let shared = words[start..end].iter().rev().take_while(|word| until - word.tokens.start <= overlap);
        start = (end - shared.count()).max(start + 1);
    }
    for at in 1..all.len() {
        // What both have belongs to the nearer one.
        let middle = (all[at].words.start + all[at - 1].words.end) / 2;
        all[at - 1].own.end = middle;
        all[at].own.start = middle;
    }
    all
}

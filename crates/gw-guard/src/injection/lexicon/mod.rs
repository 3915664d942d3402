//! Words that matter in attempts to take over a model, by what they do, in many languages. Serves the search for injections,
//! whose rules name classes and no words. A word may be in several classes, and part of terms of several words.

mod classes;
mod english;
mod languages;
mod runs;
mod words;

pub(super) use classes::*;

use super::normalise::{plain, rot13};

use ahash::AHashMap;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// What is known of a word.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) classes: u128,
    /// Its number among the words that terms of several words are made of; 0 for others.
    pub(super) part: u16,
    /// Does a term begin with it?
    pub(super) begins: bool,
}

/// Where a term of several words stands after some of them. The first one is before any.
#[derive(Clone, Copy, Default)]
pub(super) struct Reached {
    pub(super) state: u16,
    /// What the words until here are; 0 where no term ends.
    pub(super) classes: u128,
}

/// Values by word, and what most other words can be told by: bits of their ends and lengths.
struct Words<T> {
    map: AHashMap<String, T>,
    marks: Box<[u64; 512]>,
}

impl<T> From<AHashMap<String, T>> for Words<T> {
    fn from(map: AHashMap<String, T>) -> Self {
        let mut marks = Box::new([0; 512]);
        for word in map.keys() {
            let at = mark(word.as_bytes());
            marks[at / 64] |= 1 << (at % 64);
        }
        Self { map, marks }
    }
}

impl<T: Copy> Words<T> {
    fn get(&self, word: &str) -> Option<T> {
        let at = mark(word.as_bytes());
        if self.marks[at / 64] & 1 << (at % 64) == 0 {
            return None;
        }
        self.map.get(word).copied()
    }
}

/// The bit of a word, below 32,768.
fn mark(word: &[u8]) -> usize {
    let [first, .., last] = word else { return word.first().map_or(0, |only| usize::from(*only)) };
    let inner = word[word.len() / 2];
    let sum =
        usize::from(*first) * 4_099 + usize::from(inner) * 521 + usize::from(*last) * 67 + word.len() * 13;
    (sum ^ sum >> 13) % 32_768
}

struct Lexicon {
    words: Words<Known>,
    /// By where a term stands and the number of the next word.
    steps: AHashMap<(u16, u16), Reached>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut map: AHashMap<String, Known> = AHashMap::new();
    let mut steps: AHashMap<(u16, u16), Reached> = AHashMap::new();
    let (mut parts, mut states) = (0, 0);
    for (class, list) in words::WORDS {
        for word in list.split(' ') {
            map.entry(plain(word)).or_default().classes |= class;
        }
    }
    for (class, list) in english::WORDS.iter().chain(languages::WORDS) {
        for term in list.split(' ').map(plain) {
            if !term.contains('_') {
                map.entry(term).or_default().classes |= class;
                continue;
            }
            let (mut state, words) = (0, term.split('_').count());
            for (at, word) in term.split('_').enumerate() {
                let known = map.entry(word.to_owned()).or_default();
                if known.part == 0 {
                    parts += 1;
                    known.part = parts;
                }
                known.begins |= at == 0;
                let reached = steps.entry((state, known.part)).or_insert_with(|| {
                    states += 1;
                    Reached { state: states, classes: 0 }
                });
                if at + 1 == words {
                    reached.classes |= class;
                }
                state = reached.state;
            }
        }
    }
    Lexicon { words: Words::from(map), steps }
});

/// What is known of a word in small letters.
pub(super) fn known(word: &str) -> Known {
    LEXICON.words.get(word).unwrap_or_default()
}

/// The classes of a word in small letters; 0 when it is not known.
pub(super) fn classes(word: &str) -> u128 {
    known(word).classes
}

/// Where a term stands when such a word follows.
pub(super) fn reached(state: u16, part: u16) -> Option<Reached> {
    LEXICON.steps.get(&(state, part)).copied()
}

/// Finds the terms of scripts without blanks; `None` where it could not be made, which does not happen with constants.
static TERM_FINDER: LazyLock<Option<(AhoCorasick, Vec<u128>)>> = LazyLock::new(|| {
    let mut map: AHashMap<String, u128> = AHashMap::new();
    for (class, terms) in runs::TERMS {
        for term in *terms {
            *map.entry(plain(term)).or_default() |= class;
        }
    }
    let (terms, classes): (Vec<String>, Vec<u128>) = map.into_iter().unzip();
    let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(terms).ok()?;
    Some((finder, classes))
});

/// The classes of the terms in a run of letters that are not written apart, in their order.
pub(super) fn terms(run: &str) -> impl Iterator<Item = u128> + '_ {
    let finder = TERM_FINDER.as_ref();
    finder.into_iter().flat_map(move |(finder, classes)| {
        finder.find_iter(run).map(|found| classes[found.pattern().as_usize()])
    })
}

/// Finds words within longer ones; `None` where it could not be made, which does not happen with constants.
static WORD_FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = LEXICON.words.map.keys();
    let words = words.filter(|word| word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_lowercase()));
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(words).ok()
});

/// The words of a text that has no blanks, in their order.
pub(super) fn words_within(text: &str) -> impl Iterator<Item = &str> {
    let finder = WORD_FINDER.as_ref();
    finder.into_iter().flat_map(move |finder| finder.find_iter(text).map(|found| &text[found.range()]))
}

/// Words that attempts are made of, and not only texts.
pub(super) const STRONG: u128 = OVERRIDE | RULES | PROMPT | UNBOUND | HIDDEN | PRIOR | REVEAL;

/// Long words of the lexicon as they look in other writings: half the alphabet further, and backwards.
static DISGUISED: LazyLock<Words<Disguise>> = LazyLock::new(|| {
    let mut map: AHashMap<String, Disguise> = AHashMap::new();
    for (word, known) in LEXICON.words.map.iter().filter(|(word, _)| word.len() >= 5) {
        if known.classes & STRONG == 0 {
            continue;
        }
        map.insert(rot13(word), Disguise::Rot13);
        map.insert(word.chars().rev().collect(), Disguise::Reversed);
    }
    map.retain(|word, _| !LEXICON.words.map.contains_key(word));
    Words::from(map)
});

/// How a text hides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disguise {
    /// Each letter is half the alphabet further.
    Rot13,
    /// It stands backwards.
    Reversed,
}

/// The writing in which a word is known.
pub(super) fn disguise(word: &str) -> Option<Disguise> {
    if word.len() < 5 { None } else { DISGUISED.get(word) }
}

//! Attempts to take over a model: orders to ignore its instructions, to show them, to play one without rules, forged
//! roles and thoughts, orders in documents, and all of that in codings. Serves the check of that kind, which looks at
//! whole texts. It must not take a word alone for an attempt.

mod decode;
mod lexicon;
mod normalise;
mod rules;

use crate::finding::Finding;
use crate::segment::floor;
use lexicon::{Disguise, NAME, OUTSIDE, classes, disguise, terms};
use rules::{MARKS, RULES_OF_WORDS, SPEAKERS};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::sync::LazyLock;

/// Most bytes of one text that are looked at together.
const MAX_BYTES: usize = 512 << 10;

/// How much two such pieces of a longer text share: more than any order has.
const OVERLAP_BYTES: usize = 4 << 10;

/// Less than this much of evidence is none.
const LEAST_SCORE: u32 = 30;

/// Finds the marks; `None` where it could not be made, which does not happen with marks that are constant.
static MARK_FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(MARKS.iter().map(|(mark, ..)| mark)).ok()
});

/// What a text tells: its strongest family, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Evidence {
    family: &'static str,
    best: u8,
    /// Of ten thousand: how likely it is nothing at all.
    innocence: u32,
}

impl Evidence {
    const NONE: Self = Self { family: "", best: 0, innocence: 10_000 };

    fn add(&mut self, family: &'static str, score: u8) {
        self.innocence = self.innocence * (100 - u32::from(score.min(99))) / 100;
        if score > self.best {
            (self.family, self.best) = (family, score);
        }
    }

    fn score(self) -> u32 {
        100 - self.innocence.div_ceil(100)
    }
}

/// What a text is found to be, if its score is high enough; a very long one by its first piece that is something.
pub(crate) fn check(text: &str, min_score: u8) -> Option<Finding> {
    let mut from = 0;
    loop {
        let end = floor(text.as_bytes(), text.len().min(from + MAX_BYTES));
        let found = look(text.get(from..end).unwrap_or_default(), from, min_score);
        if found.is_some() || end >= text.len() {
            return found;
        }
        from = floor(text.as_bytes(), end - OVERLAP_BYTES);
    }
}

fn look(text: &str, offset: usize, min_score: u8) -> Option<Finding> {
    let plain = normalise::plain(text);
    let mut words = Vec::with_capacity(plain.len() / 5);
    let mut evidence = Evidence::NONE;
    let seen = judge(&plain, &mut words, &mut evidence);
    let mut reason = "words in an order that tells";
    let mut hidden = String::new();
    decode::decoded(text, &mut hidden);
    if seen.rot13 > 1 {
        hidden.push_str(&normalise::rot13(&plain));
        hidden.push('\n');
    }
    if seen.reversed > 1 {
        hidden.extend(plain.chars().rev());
    }
    if !hidden.is_empty() {
        let before = evidence;
        let plain = normalise::plain(&hidden);
        judge(&plain, &mut words, &mut evidence);
        // Codings may be within each other.
        let mut deeper = String::new();
        decode::decoded(&hidden, &mut deeper);
        if !deeper.is_empty() {
            judge(&normalise::plain(&deeper), &mut words, &mut evidence);
        }
        if evidence.score() > before.score() {
            reason = "words in an order that tells, in a coding";
        }
    }
    let score = evidence.score();
    if score < LEAST_SCORE.max(u32::from(min_score)) {
        return None;
    }
    let score = u8::try_from(score).unwrap_or(100);
    Some(Finding { start: offset, end: offset + text.len(), kind: evidence.family, score, reason })
}

/// How many words look like others in disguise.
#[derive(Clone, Copy, Default)]
struct Seen {
    rot13: usize,
    reversed: usize,
}

/// Adds what a text in plain letters tells.
fn judge(plain: &str, words: &mut Vec<(usize, u64)>, evidence: &mut Evidence) -> Seen {
    let seen = split(plain, words);
    if let Some(finder) = &*MARK_FINDER {
        for found in finder.find_iter(plain) {
            let (_, family, score) = MARKS[found.pattern().as_usize()];
            evidence.add(family, score);
        }
    }
    let speaks = |line: &str| SPEAKERS.iter().any(|speaker| line.trim_start().starts_with(speaker));
    if plain.lines().any(speaks) {
        evidence.add("role_spoofing", 60);
    }
    let present = words.iter().fold(0, |all, (_, classes)| all | classes);
    for rule in RULES_OF_WORDS {
        // Most rules want a word that most texts have not.
        if rule.steps.iter().all(|step| step.any & present != 0) && matches(rule, words) {
            evidence.add(rule.family, rule.score);
        }
    }
    seen
}

/// The words that matter: each with its place among all words.
fn split(plain: &str, words: &mut Vec<(usize, u64)>) -> Seen {
    words.clear();
    let mut split = Split { words, seen: Seen::default(), unfolded: String::new(), place: 0 };
    if plain.is_ascii() {
        let bytes = plain.as_bytes();
        let mut from = 0;
        while from < bytes.len() {
            let mut signs = 0;
            let inner = bytes[from..].iter().take_while(|byte| {
                let class = SIGNS[usize::from(**byte)];
                signs |= class;
                class & OUTER == 0
            });
            let end = from + inner.count();
            if end > from {
                split.word(plain.get(from..end).unwrap_or_default(), signs);
            }
            from = end + 1;
        }
    } else {
        let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '\'' | '@' | '$' | '!' | '|');
        for word in plain.split(|c| !is_inner(c)).filter(|word| !word.is_empty()) {
            let signs = word.bytes().fold(0, |all, byte| all | SIGNS[usize::from(byte)]);
            split.word(word, signs);
        }
    }
    let Split { words, seen, .. } = split;
    if memchr::memmem::find(plain.as_bytes(), b"://").is_some() {
        mark_links(plain, words);
    }
    seen
}

/// What bytes are in words. No part of one, in ASCII.
const OUTER: u8 = 1;
/// At its ends no part of it.
const TRIMMED: u8 = 2;
/// Between words of one.
const JOINT: u8 = 4;
/// May stand for a letter.
const LEET: u8 = 8;
const UNDERSCORE: u8 = 16;
const AT: u8 = 32;

const SIGNS: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = match at as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => 0,
            b'0'..=b'9' | b'$' => LEET,
            b'@' => LEET | AT,
            b'!' | b'|' => LEET | TRIMMED,
            b'-' | b'\'' => TRIMMED | JOINT,
            b'_' => TRIMMED | UNDERSCORE,
            _ => OUTER,
        };
        at += 1;
    }
    table
};

/// A text on its way into words.
struct Split<'a> {
    words: &'a mut Vec<(usize, u64)>,
    seen: Seen,
    /// Kept for its room.
    unfolded: String,
    place: usize,
}

impl Split<'_> {
    /// Takes the next word, of which it is known which signs it has at most.
    fn word(&mut self, word: &str, signs: u8) {
        self.place += 1;
        let has = |class: u8| signs & class != 0;
        let mut word = word;
        if has(TRIMMED) {
            word = word.trim_matches(|c: char| matches!(c, '-' | '\'' | '!' | '|' | '_'));
        }
        let mut found = classes(word);
        if has(UNDERSCORE) && word.len() > 4 && word.contains('_') {
            found |= NAME;
        }
        if has(AT) && word.len() > 3 && word.contains('@') {
            found |= OUTSIDE;
        }
        if found == 0 && !word.is_ascii() {
            for classes in terms(word) {
                self.words.push((self.place, classes));
                self.place += 1;
            }
        }
        if found == 0 && has(JOINT) && word.contains(['-', '\'']) {
            found = word.split(['-', '\'']).map(classes).fold(0, |all, one| all | one);
        }
        if found == 0 && has(LEET) {
            normalise::unleet(word, &mut self.unfolded);
            found = classes(&self.unfolded);
        }
        if found == 0 {
            match disguise(word) {
                Some(Disguise::Rot13) => self.seen.rot13 += 1,
                Some(Disguise::Reversed) => self.seen.reversed += 1,
                None => {}
            }
        }
        if found != 0 {
            self.words.push((self.place, found));
        }
    }
}

/// A link is a place outside. Its words stand among the others, so that the nearest one counts for it.
fn mark_links(plain: &str, words: &mut [(usize, u64)]) {
    let mut place = 0;
    for piece in plain.split_inclusive("://") {
        place += piece.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).count();
        if piece.ends_with("://")
            && let Some((_, classes)) = words.iter_mut().find(|(at, _)| *at + 2 >= place)
        {
            *classes |= OUTSIDE;
        }
    }
}

/// Do words stand in the order of a rule?
fn matches(rule: &rules::Rule, words: &[(usize, u64)]) -> bool {
    let Some((first, rest)) = rule.steps.split_first() else { return false };
    words.iter().enumerate().any(|(at, (place, classes))| {
        classes & first.any != 0 && follows(rest, words.get(at + 1..).unwrap_or_default(), *place)
    })
}

/// Each step's word within reach of the last one's; the nearest first, others where that leads nowhere.
fn follows(steps: &[rules::Step], words: &[(usize, u64)], behind: usize) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    let reach = words.iter().enumerate().take_while(|(_, (place, _))| place - behind <= step.within);
    for (at, (place, classes)) in reach {
        if classes & step.any != 0 && follows(rest, words.get(at + 1..).unwrap_or_default(), *place) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;

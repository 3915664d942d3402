//! Attempts to take over a model: orders to ignore its instructions, to show them, to play one without rules, forged
//! roles and thoughts, orders in documents, and all of that in codings. Serves the check of that kind, which looks at
//! whole texts. It must not take a word alone for an attempt.

mod decode;
mod lexicon;
mod normalise;
mod rules;
mod split;

use crate::finding::Finding;
use crate::segment::floor;
use lexicon::{ASKING, CARRY, COMBINE, FORMAT, QUOTED, TALK, WHAT};
use rules::{MARKS, SPEAKERS, satisfied};
use split::{Seen, Word, split};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::sync::LazyLock;

/// Most bytes of one text that are looked at together.
const MAX_BYTES: usize = 512 << 10;

/// How much two such pieces of a longer text share: more than any order has.
const OVERLAP_BYTES: usize = 4 << 10;

/// A longer text is no question about what it quotes.
const MOST_ASKED_BYTES: usize = 1024;

/// Less than this much of evidence is none.
const LEAST_SCORE: u32 = 30;

/// Finds the marks; `None` where it could not be made, which does not happen with marks that are constant.
static MARK_FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(MARKS.iter().map(|(mark, ..)| mark)).ok()
});

/// What a text tells: families, and how much each piece of evidence tells.
#[derive(Default)]
struct Evidence(Vec<(&'static str, u8)>);

impl Evidence {
    fn add(&mut self, family: &'static str, score: u8) {
        self.0.push((family, score));
    }

    fn best(&self) -> Option<(&'static str, u8)> {
        self.0.iter().copied().reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// How sure it is, in percent. What tells the same as something else does counts half.
    fn score(&self) -> u32 {
        let mut sorted: Vec<_> = self.0.clone();
        sorted.sort_by_key(|(_, score)| std::cmp::Reverse(*score));
        let mut innocence = 10_000;
        for (at, (family, score)) in sorted.iter().enumerate() {
            let is_again = sorted.iter().take(at).any(|(before, _)| before == family);
            let score = u32::from(if is_again { score / 2 } else { *score }.min(99));
            innocence = innocence * (100 - score) / 100;
        }
        100 - u32::div_ceil(innocence, 100)
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
    let mut evidence = Evidence::default();
    let seen = judge(&plain, &mut words, &mut evidence);
    let mut reason = "words in an order that tells";
    let mut hidden = String::new();
    decode::decoded(text, &mut hidden);
    if seen.combines {
        decode::combined(&plain, &mut hidden);
    }
    if seen.rot13 > 1 {
        hidden.push_str(&normalise::rot13(&plain));
        hidden.push('\n');
    }
    if seen.reversed > 1 {
        hidden.extend(plain.chars().rev());
    }
    if !hidden.is_empty() {
        let before = evidence.score();
        judge(&normalise::plain(&hidden), &mut words, &mut evidence);
        // Codings may be within each other.
        let mut deeper = String::new();
        decode::decoded(&hidden, &mut deeper);
        if !deeper.is_empty() {
            judge(&normalise::plain(&deeper), &mut words, &mut evidence);
        }
        if evidence.score() > before {
            reason = "words in an order that tells, in a coding";
        }
    }
    let (family, _) = evidence.best()?;
    let score = evidence.score();
    if score < LEAST_SCORE.max(u32::from(min_score)) {
        return None;
    }
    let score = u8::try_from(score).unwrap_or(100);
    Some(Finding { start: offset, end: offset + text.len(), kind: family, score, reason })
}

/// Adds what a text in plain letters tells.
fn judge(plain: &str, words: &mut Vec<Word>, evidence: &mut Evidence) -> Seen {
    let mut seen = split(plain, words);
    let (mut used, mut quoted) = (0, 0);
    for word in words.iter() {
        if word.classes & QUOTED == 0 {
            used |= word.classes;
        } else {
            quoted |= word.classes;
        }
    }
    seen.combines = (used | quoted) & COMBINE != 0;
    let asks = memchr::memchr(b'?', plain.as_bytes()).is_some();
    // What stands in quotation marks is spoken of, unless somebody is to do it.
    let is_talk = asks && plain.len() <= MOST_ASKED_BYTES || used & TALK != 0;
    if quoted != 0 && is_talk && used & CARRY == 0 {
        words.retain(|word| word.classes & QUOTED == 0);
    }
    let before = evidence.0.len();
    for rule in satisfied(words) {
        evidence.add(rule.family, rule.score);
    }
    let told = evidence.0.iter().skip(before).map(|(_, score)| *score).max();
    let is_of_formats = used & FORMAT != 0 && (asks || used & (ASKING | WHAT | TALK) != 0) && told < Some(60);
    let is_of_attacks = used & TALK != 0 && asks && told.is_none();
    if let Some(finder) = &*MARK_FINDER {
        for found in finder.find_iter(plain) {
            let (_, family, score) = MARKS[found.pattern().as_usize()];
            let is_named = (asks || used & (ASKING | TALK) != 0)
                && family == "role_spoofing"
                && is_named(plain.get(found.end()..));
            let is_mentioned = is_of_formats || is_of_attacks || is_named;
            evidence.add(family, if is_mentioned { score / 3 } else { score });
        }
    }
    let speaks = |line: &str| SPEAKERS.iter().any(|speaker| line.trim_start().starts_with(speaker));
    if plain.lines().any(speaks) {
        evidence.add("role_spoofing", 60);
    }
    seen
}

/// Does a sentence go on behind a mark, as it does where the mark is spoken of?
fn is_named(behind: Option<&str>) -> bool {
    let behind = behind.unwrap_or_default();
    let mut words = behind.split_whitespace();
    match behind.chars().next() {
        Some('`' | '"' | '\'' | ',' | '.' | '?' | ')') => true,
        Some(' ') => words.next().is_some_and(|word| BEHIND_NAMES.contains(&word)),
        _ => false,
    }
}

/// Words that stand behind the name of something.
const BEHIND_NAMES: &[&str] = &[
    "and", "or", "at", "in", "tag", "token", "tokens", "come", "comes", "mean", "means", "stand", "stands",
    "work", "works", "to", "into", "as", "after", "before", "for",
];

#[cfg(test)]
mod tests;

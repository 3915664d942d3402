//! The rules: sequences of classes of words, by family in files of their own, and marks that no honest text has. Serves the
//! search for injections. A new trick is a new row; words stand in the lexicon.

mod extraction;
mod jailbreaks;
mod marks;
mod overrides;
mod planted;

pub(super) use marks::{MARKS, SPEAKERS};

use super::split::Word;

/// A word of one of these classes, at most so many words behind the last.
pub(super) struct Step {
    any: u128,
    within: usize,
}

/// A sequence that tells.
pub(super) struct Rule {
    pub(super) family: &'static str,
    /// How much it tells, in percent.
    pub(super) score: u8,
    steps: &'static [Step],
}

/// Rows `"family" score: CLASSES, distance CLASSES, ...;`.
macro_rules! rules {
    ($($family:literal $score:literal: $first:expr $(, $within:literal $any:expr)*;)*) => {
        &[$($crate::injection::rules::Rule {
            family: $family,
            score: $score,
            steps: &[
                $crate::injection::rules::Step { any: $first, within: 0 }
                $(, $crate::injection::rules::Step { any: $any, within: $within })*
            ],
        }),*]
    };
}
use rules;

/// The rules that words in their order satisfy.
pub(super) fn satisfied(words: &[Word]) -> impl Iterator<Item = &'static Rule> {
    let present = words.iter().fold(0, |all, word| all | word.classes);
    let rules = [overrides::ROWS, extraction::ROWS, jailbreaks::ROWS, planted::ROWS];
    // Most rules want a word that most texts have not.
    let possible = move |rule: &&Rule| rule.steps.iter().all(|step| step.any & present != 0);
    rules.into_iter().flatten().filter(possible).filter(|rule| matches(rule, words))
}

/// Do words stand in the order of a rule?
fn matches(rule: &Rule, words: &[Word]) -> bool {
    let Some((first, rest)) = rule.steps.split_first() else { return false };
    words.iter().enumerate().any(|(at, word)| {
        word.classes & first.any != 0 && follows(rest, words.get(at + 1..).unwrap_or_default(), word.place)
    })
}

/// Each step's word within reach of the last one's; the nearest first, others where that leads nowhere.
fn follows(steps: &[Step], words: &[Word], behind: usize) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    let reach = words.iter().enumerate().take_while(|(_, word)| word.place - behind <= step.within);
    for (at, word) in reach {
        if word.classes & step.any != 0 && follows(rest, words.get(at + 1..).unwrap_or_default(), word.place)
        {
            return true;
        }
    }
    false
}

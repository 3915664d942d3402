//! Do two turns of a user ask for the same? By their words alone: what a vector can not tell apart (numbers, names,
//! negation, dates, opposites, quoted text, code) and one word that was put in another's place. Serves the semantic cache,
//! which asks it about every answer that it is about to give again. Pure; it must not know a vector or an answer, and in
//! doubt it says that they differ: a call too many costs money, a wrong answer costs trust.

mod lexicon;
mod read;
mod signs;
mod stem;

use read::{Gap, Turn};
use std::collections::BTreeSet;
use std::fmt;

/// Share of all words from which on a turn counts as another one with some words exchanged.
const EXCHANGED: f32 = 0.4;
/// Longest turn that may be told in other words, in words: of longer ones a vector knows too little.
const MAX_REWORDED: usize = 40;

/// How two turns compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// The same words, but for those that say nothing, and for words that mean the same.
    Same,
    /// Other words; only a vector can tell, and must be surer of it.
    Reworded,
    /// They ask for different things.
    Differs(Difference),
}

/// What tells two turns apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// They are written in different languages.
    Language,
    /// Code, or other signs.
    Code,
    /// What stands in quotation marks.
    Quotes,
    /// Numbers.
    Numbers,
    /// Units and currencies.
    Units,
    /// Days, months, and words like "tomorrow".
    Dates,
    /// Names, and words written in capitals.
    Names,
    /// One says "not".
    Negation,
    /// Words that mean the contrary of each other.
    Opposites,
    /// What is asked for: a yes or no, a duty, what was or what will be.
    Question,
    /// Whose it is: mine, yours, theirs.
    Person,
    /// From one to the other, or back.
    Direction,
    /// Some words are others, or more.
    Words,
}

impl Difference {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Code => "code",
            Self::Quotes => "quotes",
            Self::Numbers => "numbers",
            Self::Units => "units",
            Self::Dates => "dates",
            Self::Names => "names",
            Self::Negation => "negation",
            Self::Opposites => "opposites",
            Self::Question => "question",
            Self::Person => "person",
            Self::Direction => "direction",
            Self::Words => "words",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Alike {
    /// Is a similarity enough for turns that compare like that? `threshold` is between 0 and 1; turns in other words need
    /// half of what is missing from it to 1 in addition.
    #[must_use]
    pub fn allows(self, similarity: f32, threshold: f32) -> bool {
        match self {
            Self::Same => similarity >= threshold,
            Self::Reworded => similarity >= f32::midpoint(threshold, 1.0),
            Self::Differs(_) => false,
        }
    }
}

/// A turn that others are compared with.
#[derive(Debug)]
pub struct Asked<'a> {
    text: &'a str,
    turn: Turn,
}

impl<'a> Asked<'a> {
    /// Reads it.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, turn: Turn::read(text) }
    }

    /// Compares another one with it.
    #[must_use]
    pub fn compare(&self, other: &str) -> Alike {
        if self.text == other {
            return Alike::Same;
        }
        let turn = Turn::read(other);
        // Some write a word in quotation marks that others do not.
        if self.turn.quotes.is_empty() != turn.quotes.is_empty() {
            return judged(&Turn::read_unquoted(self.text), &Turn::read_unquoted(other));
        }
        judged(&self.turn, &turn)
    }
}

/// Compares two turns.
#[must_use]
pub fn compare(one: &str, other: &str) -> Alike {
    Asked::new(one).compare(other)
}

fn judged(a: &Turn, b: &Turn) -> Alike {
    match different(a, b) {
        Some(difference) => Alike::Differs(difference),
        None => words(a, b),
    }
}

/// What a single word decides.
fn different(a: &Turn, b: &Turn) -> Option<Difference> {
    let checks = [
        (are_of_other_languages(a, b), Difference::Language),
        (a.code != b.code || a.signs != b.signs, Difference::Code),
        (a.quotes != b.quotes, Difference::Quotes),
        (a.numbers != b.numbers, Difference::Numbers),
        (a.units != b.units, Difference::Units),
        (a.dates != b.dates, Difference::Dates),
        (a.has_names_beyond(b) || b.has_names_beyond(a), Difference::Names),
        (a.negations != b.negations, Difference::Negation),
        (are_opposite(a, b), Difference::Opposites),
        (are_other_questions(a, b), Difference::Question),
        (are_of_others(a, b), Difference::Person),
        (!is_mutual(a) && !is_mutual(b) && are_turned_round(a, b), Difference::Direction),
        (!is_mutual(a) && are_otherwise_related(a, b), Difference::Direction),
    ];
    checks.into_iter().find_map(|(differs, what)| differs.then_some(what))
}

fn are_of_other_languages(a: &Turn, b: &Turn) -> bool {
    let are_known = a.language.is_some() && b.language.is_some();
    (are_known && a.language != b.language) || a.scripts != b.scripts
}

fn are_opposite(a: &Turn, b: &Turn) -> bool {
    let stands = |one: &str, other: &str| {
        a.has_plain(one) && b.has_plain(other) && !a.has_plain(other) && !b.has_plain(one)
    };
    lexicon::opposites().any(|(one, other)| stands(one, other) || stands(other, one))
}

fn are_other_questions(a: &Turn, b: &Turn) -> bool {
    let of_times = |past: &Turn, now: &Turn| past.is_past && now.is_present && !now.is_past;
    // When one may is not when one has to.
    let may_or_must = |may: &Turn, must: &Turn| {
        may.is_able && !may.is_duty && must.is_duty && !must.is_able && !may.is_how && !may.is_what
    };
    a.is_yes_or_no != b.is_yes_or_no
        || (a.is_yes_or_no && a.is_duty != b.is_duty)
        || a.is_over.zip(b.is_over).is_some_and(|(a, b)| a != b)
        // What would happen if I lost it, and if it was lost.
        || (a.is_what && b.is_what && a.is_passive != b.is_passive && (a.is_of_i != b.is_of_i))
        // What cats are like is not what they like.
        || a.is_of_likeness != b.is_of_likeness
        || a.is_of_doing != b.is_of_doing
        || may_or_must(a, b)
        || may_or_must(b, a)
        // How glass is made, and what it is made of.
        || (!is_mutual(a) && ((a.is_how && b.is_what) || (a.is_what && b.is_how)))
        || a.is_future != b.is_future
        || of_times(a, b)
        || of_times(b, a)
}

fn are_of_others(a: &Turn, b: &Turn) -> bool {
    let are_apart = !a.owners.is_empty() && !b.owners.is_empty() && a.owners.is_disjoint(&b.owners);
    // "How do you ..." asks what "How do I ..." asks; "What can you ..." does not.
    let is_you = |a: &Turn, b: &Turn| a.is_of_i && !a.is_of_you && b.is_of_you && !b.is_of_i;
    let are_generic = a.is_how && b.is_how;
    // What is before the caller's eyes is no other's, and not any.
    let points = |a: &Turn, b: &Turn| a.pointed.iter().any(|which| !b.definite.contains(which));
    // Why mine is so is not why all are; how mine is repaired is.
    let is_owned = |a: &Turn, b: &Turn| !a.owners.is_empty() && b.owners.is_empty() && b.definite.is_empty();
    let is_for_one = |a: &Turn, b: &Turn| a.is_why && b.is_why && a.is_of_i && !b.is_of_i && !b.is_of_you;
    if is_for_one(a, b) || is_for_one(b, a) || (!are_generic && (is_owned(a, b) || is_owned(b, a))) {
        return true;
    }
    // What you do is not what is done.
    let is_of_nobody =
        |a: &Turn, b: &Turn| a.is_of_you && !b.is_of_you && !b.is_of_i && (b.is_passive || a.is_what);
    if points(a, b) || points(b, a) || (!are_generic && (is_of_nobody(a, b) || is_of_nobody(b, a))) {
        return true;
    }
    are_apart || a.objects != b.objects || (!are_generic && (is_you(a, b) || is_you(b, a)))
}

/// Does it ask for something that is the same in both directions?
fn is_mutual(turn: &Turn) -> bool {
    ["differenc", "compar", "distanc", "vs", "versus", "between"]
        .iter()
        .any(|word| turn.content.contains(*word))
}

/// What stands behind "to" in one, and in the other, stands elsewhere in both; or behind "from" in the other.
fn are_turned_round(a: &Turn, b: &Turn) -> bool {
    const BACK: [(&str, &str); 4] =
        [("to", "from"), ("into", "from"), ("before", "after"), ("over#", "under#")];
    let has = |turn: &Turn, word: &str, goal: &str| {
        turn.directions.iter().any(|(known, to)| *known == word && to == goal)
    };
    let is_back = |a: &Turn, b: &Turn| {
        a.directions.iter().any(|(word, goal)| {
            let back = BACK.iter().find(|(there, _)| there == word);
            back.is_some_and(|(_, back)| has(b, back, goal) && !has(b, word, goal) && !has(a, back, goal))
        })
    };
    // From somebody, for somebody, by somebody.
    let is_other = |(word, goal): &(&'static str, String)| {
        let others = ["to", "from", "for", "by", "against"];
        others.contains(word)
            && !has(b, word, goal)
            && others.iter().any(|other| other != word && has(b, other, goal) && !has(a, other, goal))
    };
    if is_back(a, b) || is_back(b, a) || a.directions.iter().any(is_other) {
        return true;
    }
    a.directions.iter().any(|(word, goal)| {
        let mut same =
            b.directions.iter().filter(|(other, _)| other == word).map(|(_, goal)| goal).peekable();
        same.peek().is_some()
            && same.all(|other| other != goal && a.content.contains(other) && b.content.contains(goal))
    })
}

/// Does something stand otherwise to the same thing: flights to Rome and in Rome, books by Marx and about Marx?
fn are_otherwise_related(a: &Turn, b: &Turn) -> bool {
    // Which say nearly the same before one word.
    const NEAR: [(&str, &str); 7] = [
        ("in", "on"),
        ("in", "at"),
        ("on", "at"),
        ("of", "for"),
        ("of", "about"),
        ("on", "about"),
        ("to", "into"),
    ];
    let is_near =
        |one: &str, other: &str| one == other || NEAR.contains(&(one, other)) || NEAR.contains(&(other, one));
    // Something is done in a language, or with it.
    let is_tool = |goal: &str, one: &str, other: &str| {
        a.is_name(goal) && b.is_name(goal) && matches!((one, other), ("in", "with") | ("with", "in"))
    };
    let before = |turn: &Turn, goal: &str| -> Vec<&'static str> {
        turn.relations.iter().filter(|(_, known)| known == goal).map(|(word, _)| *word).collect()
    };
    let is_other = a.relations.iter().any(|(_, goal)| {
        let (of_a, of_b) = (before(a, goal), before(b, goal));
        !of_b.is_empty()
            && !of_a
                .iter()
                .any(|one| of_b.iter().any(|other| is_near(one, other) || is_tool(goal, one, other)))
    });
    // Who was killed by Brutus, and who killed Brutus; who reports to Kim, and who reports Kim.
    let is_bare = |one: &Turn, other: &Turn| {
        one.relations.iter().any(|(word, goal)| {
            let tells = match *word {
                "by" | "from" | "against" | "with" => true,
                // What people hate, and what somebody hates in people.
                "in" => !one.is_name(goal) && one.is_what,
                // Before a verb it says nothing.
                "to" => one.is_name(goal),
                _ => false,
            };
            tells && other.content.contains(goal) && before(other, goal).is_empty()
        })
    };
    // Whom somebody reports to, and who reports to somebody.
    let is_asked_for = |one: &Turn, other: &Turn| {
        one.stranded.is_some_and(|word| {
            one.stranded != other.stranded
                && other.relations.iter().any(|(known, goal)| *known == word && one.content.contains(goal))
        })
    };
    is_other || is_bare(a, b) || is_bare(b, a) || is_asked_for(a, b) || is_asked_for(b, a)
}

/// The same words in another order: who owes whom. Not where one of them only moves to where it says the same ("the price
/// of gold", "the gold price").
fn are_rearranged(a: &Turn, b: &Turn) -> bool {
    let words = |turn: &Turn| turn.order.iter().map(|(word, _)| word.clone()).collect::<Vec<_>>();
    let (of_a, of_b) = (words(a), words(b));
    if of_a == of_b {
        return false;
    }
    if of_a.len() != of_b.len() || a.count.max(b.count) > MAX_REWORDED {
        return true;
    }
    if a.stranded.is_some() || b.stranded.is_some() {
        return true;
    }
    let is_moved = |word: &String| {
        let rest =
            |words: &[String]| words.iter().filter(|other| *other != word).cloned().collect::<Vec<_>>();
        rest(&of_a) == rest(&of_b)
    };
    let belongs = |turn: &Turn, word: &String| {
        let next = turn.order.iter().skip_while(|(other, _)| other != word).nth(1);
        next.is_some_and(|(_, gap)| *gap == Gap::None)
    };
    let is_apart =
        |turn: &Turn, word: &String| turn.order.iter().any(|(other, gap)| other == word && *gap == Gap::Of);
    // "How do I open it" and "How can it be opened": what is done moves behind what it is done to.
    let is_done = |one: &Turn, other: &Turn| {
        one.done.as_ref().is_some_and(|verb| other.done.is_none() && is_moved(verb))
            && (other.is_of_i || other.is_of_you)
            && !one.is_of_i
            && !one.is_of_you
    };
    if is_done(a, b) || is_done(b, a) {
        return false;
    }
    let is_harmless =
        |word: &&String| (belongs(a, word) && is_apart(b, word)) || (belongs(b, word) && is_apart(a, word));
    !of_a.iter().filter(|word| is_moved(word)).any(|word| is_harmless(&word))
}

/// All words that say something.
fn words(a: &Turn, b: &Turn) -> Alike {
    if a.content.is_empty() || b.content.is_empty() {
        let is_same = a.content == b.content && a.all == b.all;
        return if is_same { Alike::Same } else { Alike::Differs(Difference::Words) };
    }
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).count();
    let (only_a, only_b) = (only(&a.content, &b.content), only(&b.content, &a.content));
    let shared = a.content.len() - only_a;
    #[expect(clippy::cast_precision_loss, reason = "turns have few words")]
    let overlap = shared as f32 / (shared + only_a + only_b) as f32;
    match (only_a, only_b) {
        (0, 0) if !is_mutual(a) && !is_mutual(b) && are_rearranged(a, b) => {
            Alike::Differs(Difference::Direction)
        }
        // What people think of people.
        (0, 0) if a.repeated != b.repeated => Alike::Differs(Difference::Words),
        (0, 0) => Alike::Same,
        // One word alone is too little to be told in others.
        (0 | 1, _) | (_, 0 | 1) => Alike::Differs(Difference::Words),
        _ if overlap >= EXCHANGED || a.count.max(b.count) > MAX_REWORDED => Alike::Differs(Difference::Words),
        _ => Alike::Reworded,
    }
}

#[cfg(test)]
mod tests;

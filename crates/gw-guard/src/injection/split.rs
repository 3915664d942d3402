//! The words of a text that matter, with their places and with what their surroundings make of them: an order or a report,
//! one of many or the one, used or quoted. Serves the search for injections. What sequences of them tell, the rules say.

use super::lexicon::*;
use super::normalise::unleet;

/// A word that matters.
#[derive(Clone, Copy)]
pub(super) struct Word {
    /// Its number among all words. The end of a sentence counts for two.
    pub(super) place: usize,
    pub(super) classes: u128,
}

/// How many words look like others in disguise.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) rot13: usize,
    pub(super) reversed: usize,
    /// Does it tell to put pieces together?
    pub(super) combines: bool,
}

/// More words than this between quotation marks are not just mentioned.
const MOST_QUOTED: usize = 16;

/// Words with more letters than this may be several that were written as one.
const LEAST_JOINED: usize = 16;

/// No word that was taken apart has more bytes.
const MOST_IN_PIECES: usize = 32;

/// How many terms may be begun at once.
const MOST_BEGUN: usize = 4;

/// Splits a text in plain letters.
pub(super) fn split(plain: &str, words: &mut Vec<Word>) -> Seen {
    words.clear();
    let mut split = Split::new(words);
    let bytes = plain.as_bytes();
    let (is_ascii, mut from, mut behind) = (plain.is_ascii(), 0, 0);
    while from < bytes.len() {
        let mut signs = 0;
        let end = if is_ascii {
            let inner = bytes[from..].iter().take_while(|byte| {
                let class = SIGNS[usize::from(**byte)];
                signs |= class;
                class & OUTER == 0
            });
            from + inner.count()
        } else {
            let rest = plain.get(from..).unwrap_or_default();
            let end = from + rest.find(|c| !is_inner(c)).unwrap_or(rest.len());
            signs = bytes[from..end].iter().fold(0, |all, byte| all | SIGNS[usize::from(*byte)]);
            end
        };
        if end > from {
            split.gap(plain.get(behind..from).unwrap_or_default());
            split.raw(plain.get(from..end).unwrap_or_default(), signs);
            behind = end;
        }
        // Behind the character that ended it.
        from = end + 1;
        while from < bytes.len() && !plain.is_char_boundary(from) {
            from += 1;
        }
    }
    split.gap(plain.get(behind..).unwrap_or_default());
    split.seen
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

/// Is it part of a word? Marks that scripts write upon their letters are.
fn is_inner(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '_' | '-' | '\'' | '@' | '$' | '!' | '|')
        || matches!(c, '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{65f}' | '\u{900}'..='\u{963}' | '\u{970}'..='\u{dff}' | '\u{e31}'..='\u{e4e}')
}

/// A term of several words that was begun.
#[derive(Clone, Copy, Default)]
struct Begun {
    state: u16,
    /// Does it stand where an order does?
    is_head: bool,
    /// Is it one of many?
    is_one_of: bool,
}

/// A text on its way into words.
struct Split<'a, 'text> {
    words: &'a mut Vec<Word>,
    seen: Seen,
    place: usize,
    /// Does the next word begin a clause?
    breaks: bool,
    /// Does a sign alone stand between the last word and the next?
    is_joined: bool,
    /// Does the last word stand in front of an order?
    leads: bool,
    /// What the last word is.
    last: u128,
    /// The last word where it is not known, which may be the first piece of one.
    piece: &'text str,
    /// Pieces put together.
    pieces: String,
    /// Where the last one of `my` and `our` stands.
    mine: Option<usize>,
    /// How many words there were when a quotation began, by double marks and by single ones.
    quote: Option<usize>,
    single: Option<usize>,
    begun: [Begun; MOST_BEGUN],
    begun_count: usize,
    /// Kept for its room.
    unfolded: String,
    is_link: bool,
}

impl<'a, 'text> Split<'a, 'text> {
    fn new(words: &'a mut Vec<Word>) -> Self {
        Self {
            words,
            seen: Seen::default(),
            place: 0,
            breaks: true,
            is_joined: false,
            leads: false,
            last: 0,
            piece: "",
            pieces: String::new(),
            mine: None,
            quote: None,
            single: None,
            begun: [Begun::default(); MOST_BEGUN],
            begun_count: 0,
            unfolded: String::new(),
            is_link: false,
        }
    }

    /// Takes what stands between two words.
    fn gap(&mut self, gap: &str) {
        self.is_joined = false;
        if matches!(gap, " " | "") {
            return;
        }
        self.is_joined = gap.len() == 1 && gap.contains(['.', '/', '\\', '*', '~', '^', '+', ',']);
        let (mut ends, mut behind_stop, mut in_form) = (false, false, false);
        for c in gap.chars() {
            if matches!(c, '"' | '`' | '«' | '»' | '„' | '「' | '」' | '『' | '』') {
                // What stands in the fields of a form is not what somebody speaks of.
                let opens_field = in_form && self.quote.is_none();
                self.quote = if opens_field { Some(usize::MAX) } else { self.quoted(self.quote) };
            }
            in_form = matches!(c, '=' | ':' | '{' | '[' | ',') || in_form && c.is_whitespace();
            // A line that ends may be one that was only too long; an empty one parts what stands around it.
            ends |= behind_stop && c.is_whitespace();
            behind_stop = matches!(c, '.' | '?' | ';' | '\n');
            self.breaks |= !c.is_whitespace() || c == '\n';
        }
        if ends {
            self.place += 2;
        }
        if gap == "://" {
            // A link is a place outside, and the word beside it tells what happens there.
            match self.words.last_mut() {
                Some(word) if word.place + 2 >= self.place => word.classes |= OUTSIDE,
                _ => self.is_link = true,
            }
        }
    }

    /// A mark of quotation: opens one, or closes it and marks what stands in it.
    fn quoted(&mut self, open: Option<usize>) -> Option<usize> {
        let Some(from) = open else { return Some(self.words.len()) };
        let inner = self.words.get_mut(from..).unwrap_or_default();
        if inner.len() <= MOST_QUOTED {
            inner.iter_mut().for_each(|word| word.classes |= QUOTED);
        }
        None
    }

    /// Takes the next run of letters and signs, of which it is known which signs it has at most.
    fn raw(&mut self, raw: &'text str, signs: u8) {
        let has = |class: u8| signs & class != 0;
        let word = if has(TRIMMED) {
            raw.trim_matches(|c: char| matches!(c, '-' | '\'' | '!' | '|' | '_'))
        } else {
            raw
        };
        if word.is_empty() {
            self.breaks = true;
            return;
        }
        let has_quote = has(JOINT) && raw.len() != word.len();
        if has_quote && raw.starts_with('\'') && self.single.is_none() {
            self.single = Some(self.words.len());
            self.breaks = true;
        }
        let pieces = |word: &'text str| word.split(['-', '_']).filter(|piece| !piece.is_empty());
        let least = if has(UNDERSCORE) { 4 } else { 3 };
        if has(JOINT | UNDERSCORE) && !has(AT) && pieces(word).nth(least - 1).is_some() && classes(word) == 0
        {
            for piece in pieces(word) {
                self.word(piece, 0);
            }
        } else {
            self.word(word, signs);
        }
        if has_quote && raw.ends_with('\'') && self.single.is_some() {
            self.single = self.quoted(self.single);
        }
        self.breaks = has(TRIMMED) && raw.ends_with(['!', '|', '-']);
    }

    /// Takes a word.
    fn word(&mut self, word: &'text str, signs: u8) {
        self.place += 1;
        let is_head = self.breaks || self.leads;
        self.breaks = false;
        let known = known(word);
        if known.classes == 0 && known.part == 0 && signs == 0 && self.passes(word, is_head) {
            return;
        }
        let term = self.term(known, is_head);
        let mut found = known.classes;
        if signs != 0 {
            found |= formed(word, signs);
        }
        if found | term == 0 {
            found = self.unknown(word, signs);
        }
        let found = self.pieces_of(word, found, term);
        self.push(word, found, term, is_head);
    }

    /// Passes over a word of plain letters that tells nothing, as most do; `false` where it may tell something.
    fn passes(&mut self, word: &'text str, is_head: bool) -> bool {
        if self.is_joined || word.len() >= LEAST_JOINED || !word.is_ascii() || disguise(word).is_some() {
            return false;
        }
        self.begun_count = 0;
        self.pieces.clear();
        self.piece = word;
        self.leads = is_head && word.ends_with("ly");
        self.last = 0;
        true
    }

    /// What a word is that is not known as it stands.
    fn unknown(&mut self, word: &str, signs: u8) -> u128 {
        let has = |class: u8| signs & class != 0;
        let mut found = 0;
        if !word.is_ascii() {
            for classes in terms(word) {
                self.words.push(Word { place: self.place, classes });
                self.place += 1;
            }
        }
        if has(JOINT | UNDERSCORE) && word.contains(['-', '\'', '_']) {
            self.unfolded.clear();
            self.unfolded.extend(word.chars().filter(|c| !matches!(c, '-' | '\'' | '_')));
            found = classes(&self.unfolded) & STRONG;
            if found == 0 {
                // A verb in the name of something gives no order.
                found = word.split(['-', '\'']).map(classes).fold(0, |all, one| all | one)
                    & !(LEAD | OVERRIDE | DROP);
            }
        }
        if found == 0 && has(LEET) {
            unleet(word, &mut self.unfolded);
            found = classes(&self.unfolded);
        }
        if found == 0 && word.len() >= LEAST_JOINED && word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            self.joined(word);
        }
        if found == 0 {
            match disguise(word) {
                Some(Disguise::Rot13) => self.seen.rot13 += 1,
                Some(Disguise::Reversed) => self.seen.reversed += 1,
                None => {}
            }
        }
        found
    }

    /// Takes words that were written as one, if nearly all of it is words.
    fn joined(&mut self, text: &str) {
        if words_within(text).map(str::len).sum::<usize>() * 5 < text.len() * 4 {
            return;
        }
        for word in words_within(text) {
            let classes = classes(word);
            let order = if classes & OVERRIDE != 0 { FORGO } else { 0 };
            self.words.push(Word { place: self.place, classes: classes | order });
            self.place += 1;
        }
    }

    /// What a word is together with the pieces before it, which only a sign keeps apart.
    fn pieces_of(&mut self, word: &'text str, found: u128, term: u128) -> u128 {
        if self.is_joined && !self.piece.is_empty() && term == 0 {
            if self.pieces.is_empty() {
                self.pieces.push_str(self.piece);
            }
            self.pieces.push_str(word);
            let whole = classes(&self.pieces) & STRONG;
            // Who takes a word of an order apart gives an order.
            let order = if whole & OVERRIDE != 0 { FORGO } else { 0 };
            if self.pieces.len() > MOST_IN_PIECES {
                self.piece = "";
            }
            return found | whole | order;
        }
        self.pieces.clear();
        self.piece = if found == 0 || word.len() == 1 { word } else { "" };
        found
    }

    /// Goes on with the terms that were begun; gives what those are that end here.
    fn term(&mut self, known: Known, is_head: bool) -> u128 {
        if known.part == 0 || self.begun_count == 0 && !known.begins {
            self.begun_count = 0;
            return 0;
        }
        let mut ended = 0;
        let mut next = [Begun::default(); MOST_BEGUN];
        let mut count = 0;
        let first = Begun { state: 0, is_head, is_one_of: self.last & ONE_OF != 0 };
        let first = known.begins.then_some(first);
        for begun in self.begun.into_iter().take(self.begun_count).chain(first) {
            let Some(step) = reached(begun.state, known.part) else { continue };
            if step.classes != 0 {
                let found = if begun.is_head { ordered(step.classes) } else { step.classes };
                ended |= if begun.is_one_of { found & !SYSPROMPT } else { found };
            }
            if let Some(room) = next.get_mut(count) {
                *room = Begun { state: step.state, ..begun };
                count += 1;
            }
        }
        (self.begun, self.begun_count) = (next, count);
        ended
    }

    /// Keeps a word, as its surroundings make it.
    fn push(&mut self, word: &str, found: u128, term: u128, is_head: bool) {
        let mut found = if is_head { ordered(found) } else { found };
        if self.last & ONE_OF != 0 {
            found &= !SYSPROMPT;
        }
        // Whoever speaks of their own instructions takes them back.
        if found & RULES != 0 && self.mine.is_some_and(|mine| self.place - mine <= 3) {
            found &= !(RULES | ORDERS | LOOSE);
        }
        found |= term;
        if found & MINE != 0 {
            self.mine = Some(self.place);
        }
        if found & INSIDE != 0 {
            self.forget(4, RULES | ORDERS | PROMPT);
        }
        if found & KIND != 0 {
            self.forget(1, PROMPT | SYSPROMPT | HIDDEN);
        }
        if found & PURPOSE != 0 {
            self.forget(1, PROMPT);
        }
        let follows_one = is_head || self.last & (SECOND | MACHINE | READER | LEAD) != 0;
        let is_manner = found == 0 && is_head && word.ends_with("ly");
        self.leads = found & LEAD != 0 || found & MODAL != 0 && follows_one || is_manner;
        self.last = found;
        if self.is_link && found != 0 {
            (found, self.is_link) = (found | OUTSIDE, false);
        }
        if found != 0 {
            self.words.push(Word { place: self.place, classes: found });
        }
    }

    /// The last words, as far behind at most, are none of these.
    fn forget(&mut self, within: usize, classes: u128) {
        let place = self.place;
        for word in self.words.iter_mut().rev().take_while(|word| place - word.place <= within) {
            word.classes &= !classes;
        }
    }
}

/// What a word is by its form.
fn formed(word: &str, signs: u8) -> u128 {
    let mut found = 0;
    if signs & UNDERSCORE != 0 && word.len() > 4 && word.contains('_') {
        found |= NAME;
    }
    if signs & AT != 0 && word.len() > 3 && word.contains('@') {
        found |= OUTSIDE;
    }
    found
}

/// What a word is where an order stands.
fn ordered(classes: u128) -> u128 {
    let mut found = classes;
    for (class, order) in [(OVERRIDE, FORGO), (DROP, LOSE), (CONCEAL, HUSH), (FAVOUR, RATES)] {
        if classes & class != 0 {
            found |= order;
        }
    }
    if classes & (REVEAL | GIVE | TRANSFORM) != 0 && classes & WHAT == 0 {
        found |= TELLS;
    }
    found
}

//! A user's turn taken apart: its words, and what of them must not differ. Serves the comparison of turns. It must not
//! compare.

use super::lexicon;
use super::signs::{is_code, is_mark, quoted, script, word_length};
use super::stem::stem;
use std::collections::BTreeSet;

/// Signs that are part of what is asked, wherever they stand.
const SIGNS: &str = "+*=<>^|~\\{}[]@#&";

/// What is known of a turn.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// All words in small letters, in order of the alphabet.
    pub(super) all: Vec<String>,
    /// Words that say something, each by the one that stands for its meaning.
    pub(super) content: BTreeSet<String>,
    /// Words as they stand there, in small letters.
    plain: BTreeSet<String>,
    /// The same in the order that they stand in, numbers and negations among them, each with what stands before it.
    pub(super) order: Vec<(String, Gap)>,
    names: BTreeSet<String>,
    /// Names as they are written: "Alien" is no "Aliens".
    written: BTreeSet<(String, String)>,
    pub(super) numbers: Vec<String>,
    pub(super) units: BTreeSet<&'static str>,
    pub(super) dates: BTreeSet<&'static str>,
    pub(super) quotes: Vec<String>,
    pub(super) signs: Vec<char>,
    /// All of it without white space, where it is code.
    pub(super) code: Option<String>,
    pub(super) negations: usize,
    pub(super) language: Option<&'static str>,
    /// Scripts of its letters, one bit each.
    pub(super) scripts: u16,
    pub(super) is_yes_or_no: bool,
    pub(super) is_duty: bool,
    pub(super) is_past: bool,
    pub(super) is_present: bool,
    pub(super) is_future: bool,
    /// Its verb stands in the past, where it follows "who" or "what".
    pub(super) is_over: Option<bool>,
    /// It begins with "how".
    pub(super) is_how: bool,
    /// It begins with "what" or "which".
    pub(super) is_what: bool,
    /// It asks what something is like.
    pub(super) is_of_likeness: bool,
    /// It asks what one may or can do.
    pub(super) is_able: bool,
    /// The word of relation that it ends with: what it asks for belongs to that.
    pub(super) stranded: Option<&'static str>,
    /// A word of relation, and what stands behind it.
    pub(super) relations: Vec<(&'static str, String)>,
    pub(super) is_of_i: bool,
    pub(super) is_of_you: bool,
    /// Whose things are.
    pub(super) owners: BTreeSet<&'static str>,
    /// To whom something is done.
    pub(super) objects: BTreeSet<&'static str>,
    /// A word of direction, and what stands behind it.
    pub(super) directions: Vec<(&'static str, String)>,
    /// Words.
    pub(super) count: usize,
    /// What stands behind "this" or "these": what only its caller sees.
    pub(super) pointed: BTreeSet<String>,
    /// What stands behind these and behind "the" and "that".
    pub(super) definite: BTreeSet<String>,
    /// It asks for a reason.
    pub(super) is_why: bool,
    /// It asks what something does.
    pub(super) is_of_doing: bool,
    /// Words that say something and stand there twice.
    pub(super) repeated: BTreeSet<String>,
    /// Something is done by nobody who is named: "was seen".
    pub(super) is_passive: bool,
    /// What is done so, where the verb stands behind what it is done to: "can it be seen".
    pub(super) done: Option<String>,
    /// Quotations are kept apart.
    keeps_quotes: bool,
}

/// Words that say how something stands to what follows.
const RELATIONS: [&str; 12] =
    ["to", "from", "into", "by", "for", "against", "about", "with", "of", "in", "on", "at"];

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing: the one before may belong to it.
    None,
    /// A word such as "of" or "in".
    Of,
    /// Other words.
    Others,
}

/// A word as it is written.
struct Token {
    /// As it is written.
    raw: String,
    small: String,
    begins: bool,
    /// It stands behind a comma.
    is_apart: bool,
}

impl Turn {
    pub(super) fn read(text: &str) -> Self {
        Self::read_with(text, true)
    }

    /// As it would be without quotation marks.
    pub(super) fn read_unquoted(text: &str) -> Self {
        Self::read_with(text, false)
    }

    fn read_with(text: &str, keeps_quotes: bool) -> Self {
        let mut turn = Self { keeps_quotes, ..Self::default() };
        let mut tokens = turn.split(text);
        turn.count = tokens.len();
        turn.language = lexicon::language(tokens.iter().map(|token| token.small.as_str()));
        if is_code(text) {
            turn.code = Some(text.split_whitespace().collect());
        }
        turn.find_names(&tokens);
        put_last(&mut tokens);
        let small: Vec<&str> = tokens.iter().map(|token| token.small.as_str()).collect();
        let mut words = replaced(&small);
        // "What does it mean" asks what it is.
        if let ["what", "does" | "do", .., "mean"] = words.as_slice()
            && words.len() > 3
        {
            words.pop();
        }
        turn.judge(&words);
        turn.all = words.iter().map(|word| (*word).to_owned()).collect();
        turn.all.sort();
        turn.plain = turn.all.iter().flat_map(|word| [word.clone(), stem(word)]).collect();
        turn
    }

    /// Is the word there as it is written, or another form of it?
    pub(super) fn has_plain(&self, word: &str) -> bool {
        self.plain.contains(word)
    }

    /// Is the word a name in it?
    pub(super) fn is_name(&self, word: &str) -> bool {
        self.names.contains(word)
    }

    /// Does it name something that the other one does not?
    pub(super) fn has_names_beyond(&self, other: &Self) -> bool {
        let is_plural = |one: &str, many: &str| many.strip_suffix('s') == Some(one);
        let is_other = |(name, form): &(String, String)| {
            let forms =
                || other.written.iter().filter(|(known, _)| known == name).map(|(_, form)| form.as_str());
            !forms().any(|known| known == form)
                && forms().any(|known| is_plural(known, form) || is_plural(form, known))
        };
        self.names.iter().any(|name| !other.content.contains(name) && !other.plain.contains(name))
            || self.written.iter().any(is_other)
    }

    /// Takes signs and quotations out; gives the words.
    fn split(&mut self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut begins = true;
        let mut rest = text;
        let mut before = ' ';
        while let Some(first) = rest.chars().next() {
            if let Some((inside, length)) = quoted(rest, first, before).filter(|_| self.keeps_quotes) {
                self.quotes.push(inside.trim().to_lowercase());
                before = first;
                rest = rest.get(length..).unwrap_or_default();
                begins = false;
                continue;
            }
            let length = word_length(rest);
            if length == 0 {
                self.note_sign(first, before, rest);
                begins |= matches!(first, '.' | '!' | '?' | ':' | '\n' | '。' | '？');
                before = first;
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
                continue;
            }
            let (word, left) = rest.split_at(length);
            self.scripts |= word
                .chars()
                .filter(|letter| letter.is_alphabetic())
                .fold(0, |all, letter| all | script(letter));
            let is_apart = before_word(text, rest) == Some(',');
            tokens.extend(expanded(word, begins).map(|token| unmistaken(Token { is_apart, ..token })));
            begins = false;
            before = word.chars().last().unwrap_or(' ');
            rest = left;
        }
        tokens
    }

    fn note_sign(&mut self, sign: char, before: char, rest: &str) {
        let mut unit = [0; 4];
        if let Some(unit) = lexicon::unit(sign.encode_utf8(&mut unit)) {
            self.units.insert(unit);
            return;
        }
        let next = rest.chars().nth(1).unwrap_or(' ');
        let is_minus = matches!(sign, '-' | '−' | '–')
            && (next.is_numeric() || next == ' ')
            && !before.is_alphabetic()
            && rest.chars().any(char::is_numeric);
        let is_over = sign == '/' && (before.is_numeric() || next.is_numeric());
        let is_picture = !sign.is_ascii() && !sign.is_alphanumeric() && !is_mark(sign);
        if SIGNS.contains(sign) || is_minus || is_over || is_picture {
            self.signs.push(if is_minus { '-' } else { sign });
        }
    }

    /// Names are written with a capital where none has to be.
    fn find_names(&mut self, tokens: &[Token]) {
        let is_capital = |token: &&Token| token.raw.chars().next().is_some_and(char::is_uppercase);
        let is_loud = tokens.len() > 2 && tokens.iter().filter(is_capital).count() * 10 > tokens.len() * 7;
        for token in tokens {
            let is_mixed =
                token.raw.chars().any(char::is_alphabetic) && token.raw.chars().any(char::is_numeric);
            let is_dotted = token.raw.contains(['.', '@', '_']) && token.raw.chars().any(char::is_alphabetic);
            let capitals = token.raw.chars().filter(|letter| letter.is_uppercase()).count();
            let is_short = capitals >= 2 && !is_loud;
            let is_named = is_capital(&token) && !token.begins && !is_loud && token.small != "i";
            if lexicon::date(&token.small).is_some() || lexicon::number(&token.small).is_some() {
                continue;
            }
            if is_mixed && lexicon::unit(token.small.trim_start_matches(char::is_numeric)).is_some() {
                continue;
            }
            let is_name = is_named || is_short || (is_mixed && !is_ordinal(&token.small)) || is_dotted;
            // "The Wire" is no wire.
            let is_title = is_named && token.small.len() > 2;
            if is_name && (is_title || !lexicon::is_silent(&token.small)) {
                let name = canonical(&token.small);
                let form = token.small.trim_end_matches('s').trim_end_matches(['\'', '\u{2019}']);
                let is_owner = form.len() + 1 < token.small.len() && !token.small.ends_with("ss");
                let form = if is_owner { form } else { token.small.as_str() };
                self.written.insert((name.clone(), form.to_owned()));
                self.content.insert(name.clone());
                self.names.insert(name);
            }
        }
    }

    /// Finds out what the words say.
    fn judge(&mut self, words: &[&str]) {
        let at = |at: usize| words.get(at).copied().unwrap_or_default();
        const ASKING: [&str; 20] = [
            "is", "are", "am", "was", "were", "do", "does", "did", "can", "could", "may", "might", "should",
            "must", "will", "would", "has", "have", "had", "shall",
        ];
        self.is_yes_or_no = ASKING.contains(&at(0));
        self.is_how =
            at(0) == "how" && !matches!(at(1), "many" | "much" | "long" | "old" | "often" | "far" | "big");
        self.is_what = matches!(at(0), "what" | "which");
        self.is_why = at(0) == "why";
        self.is_of_doing =
            self.is_what && matches!(at(1), "does" | "do" | "did") && words.last() == Some(&"do");
        let is_be = matches!(at(1), "is" | "are" | "was" | "were");
        self.is_of_likeness = self.is_what && is_be && words.last() == Some(&"like");
        self.stranded = words.last().and_then(|last| RELATIONS.into_iter().find(|known| known == last));
        // "Who won", "What happens": the time is in the verb.
        if matches!(at(0), "who" | "what" | "which") {
            let is_now = at(1).ends_with('s') && !lexicon::is_silent(at(1));
            self.is_over = if is_past_form(at(1)) { Some(true) } else { is_now.then_some(false) };
        }
        for (place, word) in words.iter().enumerate() {
            self.is_duty |=
                matches!(*word, "should" | "must" | "required" | "necessary" | "ought" | "need" | "needed");
            self.is_past |=
                matches!(*word, "was" | "were" | "did" | "had" | "been" | "ago" | "former" | "previous");
            self.is_able |= matches!(*word, "can" | "could" | "may" | "might");
            self.is_present |= matches!(
                *word,
                "is" | "are" | "do" | "does" | "am" | "can" | "could" | "would" | "should" | "may" | "might"
            );
            // "Has it changed": the verb may stand further behind.
            self.is_past |= matches!(*word, "has" | "have")
                && (1..=4).any(|next| is_past_form(at(place + next)) || at(place + next) == "done");
            self.is_future |= matches!(*word, "will" | "shall" | "upcoming");
            self.is_of_i |= matches!(*word, "i" | "we");
            self.is_of_you |= *word == "you";
            if matches!(*word, "this" | "these" | "that" | "those" | "the") {
                let which = canonical(at(place + 1));
                if matches!(*word, "this" | "these") {
                    self.pointed.insert(which.clone());
                }
                self.definite.insert(which);
            }
            if *word == "be" && place > 1 && is_past_form(at(place + 1)) {
                self.done = Some(canonical(at(place + 1)));
            }
            self.is_passive |=
                matches!(*word, "was" | "were" | "been" | "is" | "are") && is_past_form(at(place + 1));
            self.note_person(word);
            self.negations += usize::from(lexicon::NEGATIONS.contains(word));
            self.note_direction(words, place);
            self.note_relation(words, place);
            if let Some(date) = lexicon::date(word) {
                self.dates.insert(date);
            }
            let gap = match self.order.last() {
                None => Gap::Others,
                Some(_) => gap(words.get(..place).unwrap_or_default()),
            };
            self.note_word(word, place.checked_sub(1).map_or("", at), at(place + 1), gap);
        }
    }

    fn note_person(&mut self, word: &str) {
        let owner = match word {
            "my" | "mine" | "our" | "ours" => "i",
            "your" | "yours" => "you",
            "his" => "he",
            "her" | "hers" => "she",
            "their" | "theirs" => "they",
            _ => "",
        };
        let object = match word {
            "me" | "us" => "i",
            "myself" | "yourself" | "ourselves" | "yourselves" | "oneself" => "self",
            "him" => "he",
            "them" => "they",
            _ => "",
        };
        self.owners.extend(Some(owner).filter(|owner| !owner.is_empty()));
        self.objects.extend(Some(object).filter(|object| !object.is_empty()));
    }

    fn note_direction(&mut self, words: &[&str], place: usize) {
        const DIRECTIONS: [&str; 12] = [
            "to", "from", "into", "than", "by", "over#", "under#", "before", "after", "not", "for", "against",
        ];
        let Some(word) = words.get(place) else { return };
        let Some(direction) = DIRECTIONS.into_iter().find(|known| known == word) else { return };
        let behind = words.get(place + 1..).unwrap_or_default();
        let goal = behind.iter().take(4).find(|word| !lexicon::is_silent(word));
        if let Some(goal) = goal {
            self.directions.push((direction, canonical(goal)));
        }
    }

    fn note_relation(&mut self, words: &[&str], place: usize) {
        let Some(word) = words.get(place) else { return };
        let Some(relation) = RELATIONS.into_iter().find(|known| known == word) else { return };
        let behind = words.get(place + 1..).unwrap_or_default();
        // What stands behind the next such word belongs to that one.
        let goal = behind
            .iter()
            .take(4)
            .take_while(|word| !RELATIONS.contains(*word))
            .find(|word| !lexicon::is_silent(word));
        if let Some(goal) = goal {
            self.relations.push((relation, canonical(goal)));
        }
    }

    fn note_word(&mut self, word: &str, before: &str, next: &str, gap: Gap) {
        if let Some((number, unit)) = number(word) {
            self.numbers.push(number.clone());
            self.units.extend(unit);
            self.order.push((number, gap));
            return;
        }
        let is_counted = number(before).is_some();
        // One may march and be a second late; a unit behind a number is one.
        if let Some(number) = lexicon::number(word).filter(|_| !(is_counted && lexicon::unit(word).is_some()))
        {
            self.numbers.push(number.to_owned());
            self.order.push((number.to_owned(), gap));
            return;
        }
        if let Some(unit) = lexicon::unit(word).filter(|unit| word.len() > 2 || is_counted || unit.len() > 2)
        {
            self.units.insert(unit);
        }
        if lexicon::NEGATIONS.contains(&word) {
            self.order.push(("not".to_owned(), gap));
            return;
        }
        if !lexicon::is_silent(word) && !lexicon::is_soft(word, next) {
            let word = canonical(word);
            self.content.insert(word.clone());
            if self.order.iter().any(|(known, _)| *known == word) {
                self.repeated.insert(word);
            } else {
                self.order.push((word, gap));
            }
        }
    }
}

/// What stands between the last word that says something and the end.
fn gap(before: &[&str]) -> Gap {
    match before.iter().rev().position(|word| !lexicon::is_silent(word)) {
        Some(0) => Gap::None,
        Some(between) => {
            let words = before.get(before.len() - between..).unwrap_or_default();
            let is_of =
                |word: &&str| matches!(*word, "of" | "in" | "for" | "on" | "with" | "at" | "from" | "to");
            if words.iter().any(is_of) { Gap::Of } else { Gap::Others }
        }
        None => Gap::Others,
    }
}

/// Is it a verb in the past?
fn is_past_form(word: &str) -> bool {
    (word.ends_with("ed") && word.len() > 4 && !word.ends_with("eed")) || super::stem::is_past(word)
}

/// "US" is no pronoun, "IT" no thing, and "A" may be a name.
fn unmistaken(token: Token) -> Token {
    let is_loud = token.raw.chars().all(char::is_uppercase) && (token.raw.len() > 1 || !token.begins);
    if !is_loud || token.small == "i" || !lexicon::is_silent(&token.small) {
        return token;
    }
    let small = if token.small == "us" { "usa".to_owned() } else { format!("{}#", token.small) };
    Token { small, ..token }
}

/// The last mark before `rest`, which ends `text`.
fn before_word(text: &str, rest: &str) -> Option<char> {
    text.get(..text.len() - rest.len())?.trim_end().chars().last()
}

/// "In Python, how do I ..." asks what "How do I ... in Python" asks.
fn put_last(tokens: &mut [Token]) {
    let is_place = tokens.first().is_some_and(|first| {
        matches!(first.small.as_str(), "in" | "on" | "with" | "for" | "using" | "at" | "under")
    });
    let end = tokens.iter().take(6).position(|token| token.is_apart);
    if let Some(end) = end.filter(|_| is_place) {
        tokens.rotate_left(end);
    }
}

fn canonical(word: &str) -> String {
    lexicon::meaning(stemmed(word))
}

/// The stem of a word, however it is spelled.
pub(super) fn stemmed(word: &str) -> String {
    lexicon::spelled(word).map_or_else(|| stem(word), |word| stem(&word))
}

/// Words with what stands for some of them, and without what manners ask for.
fn replaced<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::with_capacity(words.len());
    let mut rest = words;
    loop {
        let length = lexicon::preface(rest);
        if length == 0 || length == rest.len() {
            break;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    while let Some((first, left)) = rest.split_first() {
        match lexicon::phrase(rest) {
            Some((length, instead)) => {
                out.extend(instead);
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = left;
            }
        }
    }
    out
}

/// A word without what was drawn together in it: "isn't" is two.
fn expanded(word: &str, begins: bool) -> impl Iterator<Item = Token> {
    let plain = word.replace('’', "'");
    let small = plain.to_lowercase();
    let token = |raw: &str, small: &str, begins: bool| Token {
        raw: raw.to_owned(),
        small: small.to_owned(),
        begins,
        is_apart: false,
    };
    let mut tokens = Vec::with_capacity(2);
    match small.as_str() {
        "can't" | "cannot" => tokens.extend([token("can", "can", begins), token("not", "not", false)]),
        "won't" => tokens.extend([token("do", "do", begins), token("not", "not", false)]),
        "let's" => tokens.push(token("let", "let", begins)),
        "cant" | "dont" | "doesnt" | "isnt" | "wont" | "didnt" | "arent" | "wasnt" => {
            tokens.extend([token(&small, &small[..small.len() - 2], begins), token("not", "not", false)]);
        }
        _ => match small.rsplit_once('\'') {
            Some((start, "t")) if start.ends_with('n') => {
                let verb = &start[..start.len() - 1];
                tokens.extend([token(verb, verb, begins), token("not", "not", false)]);
            }
            Some((start, end @ ("s" | "re" | "m" | "ll" | "ve" | "d"))) => {
                let raw = plain.get(..start.len()).unwrap_or(start);
                tokens.push(token(raw, start, begins));
                let whole = match end {
                    "ll" => "will",
                    "re" => "are",
                    "m" => "am",
                    "s" if matches!(
                        start,
                        "what" | "who" | "where" | "when" | "how" | "it" | "that" | "there"
                    ) =>
                    {
                        "is"
                    }
                    "ve" => "have",
                    "d" => "would",
                    _ => "",
                };
                if !whole.is_empty() {
                    tokens.push(token(whole, whole, false));
                }
            }
            _ => tokens.push(token(&plain, &small, begins)),
        },
    }
    tokens.into_iter()
}

/// A number in one spelling, and the unit that is written at its end.
fn number(word: &str) -> Option<(String, Option<&'static str>)> {
    if !word.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let word = word.replace(',', "");
    let end = word.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(word.len());
    let (digits, tail) = word.split_at(end);
    // 2.0 is 2; but 2.10 may be a version.
    let plain = match digits.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => digits,
    };
    let plain = plain.trim_start_matches('0');
    let plain = if plain.is_empty() { "0" } else { plain };
    match tail {
        "" => Some((plain.to_owned(), None)),
        "k" => Some((format!("{plain}000"), None)),
        _ => Some(match lexicon::unit(tail) {
            Some(unit) => (plain.to_owned(), Some(unit)),
            // An ordinal, or a name such as 4k or 3d.
            None => (word.clone(), None),
        }),
    }
}

fn is_ordinal(small: &str) -> bool {
    number(small).is_some()
}

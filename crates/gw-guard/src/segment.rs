//! Segments: pieces of a text that no finding of a segment check crosses. Where one ends depends on the bytes alone,
//! never on how a text came, so that a stream is judged as the whole text is. Serves the checks for personal data,
//! credentials and links. It must not look further back than a segment's start.

use crate::finding::Finding;
use std::ops::Range;

/// Longest segment. A text that goes on without a natural end is cut there.
pub(crate) const MAX_SEGMENT_BYTES: usize = 2048;
/// How far before that it may be cut.
const CUT_BYTES: usize = 512;
/// The shortest that was cut; a boundary of a character is near.
pub(crate) const LEAST_CUT_BYTES: usize = MAX_SEGMENT_BYTES - CUT_BYTES - 4;

/// Numbers with blanks between them end a segment when they are longer than that: nothing waits for more.
const MAX_RUN_BYTES: usize = 256;

/// The longest finding with blanks in it. What begins so near to the end of such numbers is left to the next segment.
const REACH_BYTES: usize = 96;

/// Most segments have more bytes.
const SEGMENT_BYTES: usize = 6;

/// Room is made for so many at most before they are found.
const MOST_EXPECTED: usize = 256;

/// What a block begins with.
const BEGIN: &[u8] = b"-----BEGIN ";

/// Longest block between `BEGIN` and `END`.
pub(crate) const MAX_BLOCK_BYTES: usize = 16 << 10;

/// Behind one of `:`, `=` and `@` a finding may hold letters of any script; so far.
const SIGN_BYTES: usize = 64;

/// Most commas between numbers that a finding has: a date has two.
const MAX_COMMAS: usize = 2;

/// Words in front of a finding may say what it is; so far back they are looked for.
pub(crate) const CONTEXT_BYTES: usize = 64;

/// What bytes a segment has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    const DIGIT: u8 = 1;
    const AT: u8 = 2;
    const COLON: u8 = 4;
    const SPACE: u8 = 8;
    /// What may end a segment without a blank: a dash, and first bytes of characters of scripts without blanks.
    const EDGE: u8 = 16;
    const DOT: u8 = 32;
    const CAPITAL: u8 = 64;
    /// Neither a letter nor a digit of ASCII.
    const SIGN: u8 = 128;

    pub(crate) const fn has_digit(self) -> bool {
        self.0 & Self::DIGIT != 0
    }
    pub(crate) const fn has_at(self) -> bool {
        self.0 & Self::AT != 0
    }
    pub(crate) const fn has_colon(self) -> bool {
        self.0 & Self::COLON != 0
    }
    pub(crate) const fn has_sign(self) -> bool {
        self.0 & Self::SIGN != 0
    }
    pub(crate) const fn has_dot(self) -> bool {
        self.0 & Self::DOT != 0
    }
    /// Signs of a link, or characters that may stand for them: a dot, a colon, a coding, or a slash beside a number or
    /// beside dots of another script.
    pub(crate) const fn may_be_link(self) -> bool {
        self.0 & (Self::DOT | Self::COLON | Self::AT) != 0
            || (self.0 & Self::SIGN != 0 && self.0 & (Self::DIGIT | Self::EDGE) != 0)
    }
    /// A digit, or a sign and a capital.
    pub(crate) const fn may_be_chosen(self) -> bool {
        self.has_digit() || (self.0 & Self::CAPITAL != 0 && self.0 & Self::SIGN != 0)
    }
}

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = match byte {
            b'0'..=b'9' => Flags::DIGIT,
            b'A'..=b'Z' => Flags::CAPITAL,
            // Codings of it begin with one of the others.
            b'@' | b'%' | b'&' => Flags::AT | Flags::SIGN,
            b':' => Flags::COLON | Flags::SIGN,
            b'.' => Flags::DOT | Flags::SIGN,
            b' ' | b'\t' | b'\n' | b'\r' => Flags::SPACE,
            b'-' | 0xe0 | 0xe1 | 0xe3..=0xe9 | 0xef => Flags::EDGE | Flags::SIGN,
            b'a'..=b'z' => 0,
            _ => Flags::SIGN,
        };
        at += 1;
    }
    table
};

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) range: Range<usize>,
    /// Where the next one begins: findings that begin there or later are its. In long runs of numbers, segments overlap.
    pub(crate) until: usize,
    pub(crate) flags: Flags,
    /// The word behind it, where one had to be known to say that the segment ends here; else empty.
    pub(crate) behind: Range<usize>,
    /// It is a block between `BEGIN` and `END`.
    pub(crate) is_block: bool,
}

impl Segment {
    /// Does the next one begin in it?
    pub(crate) const fn overlaps(&self) -> bool {
        self.until < self.range.end
    }
}

/// The complete segments of a text from a place on, found once for all who ask for them there; up to the first that the
/// next one overlaps, as where that begins depends on what is found.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    from: Option<usize>,
    list: Vec<Segment>,
    is_cut: bool,
}

impl Segments {
    /// They are the same as long as the text is.
    fn find(&mut self, text: &[u8], from: usize, is_end: bool) {
        if self.from == Some(from) {
            return;
        }
        self.from = Some(from);
        self.list.clear();
        self.is_cut = false;
        self.list.reserve((text.len().saturating_sub(from) / SEGMENT_BYTES + 1).min(MOST_EXPECTED));
        let mut at = from;
        while at < text.len()
            && let Some(segment) = next(text, at, is_end)
            && segment.until > at
        {
            self.is_cut = segment.overlaps();
            if self.is_cut {
                break;
            }
            at = segment.range.end;
            self.list.push(segment);
        }
    }

    /// Visits each complete segment; gives where everything before is decided.
    pub(crate) fn visit(
        &mut self,
        text: &[u8],
        from: usize,
        is_end: bool,
        out: &mut Vec<Finding>,
        mut look: impl FnMut(&Segment, &mut Vec<Finding>),
    ) -> usize {
        self.find(text, from, is_end);
        self.list.iter().for_each(|segment| look(segment, out));
        let mut at = self.list.last().map_or(from, |last| last.range.end);
        while self.is_cut && at < text.len() {
            let Some(segment) = next(text, at, is_end).filter(|segment| segment.until > at) else {
                break;
            };
            let before = out.len();
            look(&segment, out);
            at = segment.until;
            if segment.overlaps() {
                // The next segment looks at the rest again, from where nothing reaches into it.
                let mut new = out.split_off(before);
                new.retain(|finding| finding.start < segment.until);
                at = new.iter().map(|finding| finding.end).fold(at, usize::max);
                out.append(&mut new);
            }
        }
        at
    }
}

/// The segment that begins at `from`; `None` when what there is of the text does not say where it ends.
pub(crate) fn next(text: &[u8], from: usize, is_end: bool) -> Option<Segment> {
    let mut flags = 0;
    let mut at = from;
    let mut commas = 0;
    let segment = |end, flags| {
        Some(Segment { range: from..end, until: end, flags: Flags(flags), behind: 0..0, is_block: false })
    };
    loop {
        // Nothing is looked at again but what the next segment begins with: a long token takes no longer than its bytes.
        let token = behind(text, at, from + MAX_SEGMENT_BYTES);
        if text.get(token..).unwrap_or_default().starts_with(BEGIN) && token - from < MAX_SEGMENT_BYTES {
            if token > from {
                return segment(token, flags);
            }
            return block(text, from, is_end);
        }
        let (mut end, mut signs) = (token, 0);
        while end - from < MAX_SEGMENT_BYTES
            && let Some(class) = text.get(end).map(|byte| CLASSES[usize::from(*byte)])
        {
            if class & Flags::SPACE != 0 {
                break;
            }
            (flags, signs) = (flags | class, signs | class);
            end += 1;
            if class & Flags::EDGE != 0
                && let Some(edge) = edge(text, from, end - 1)
            {
                return segment(edge, flags);
            }
        }
        #[cfg(test)]
        tests::note_visited(end - at);
        if end - from >= MAX_SEGMENT_BYTES {
            return segment(cut(text, from), flags);
        }
        if end >= text.len() {
            return if is_end { segment(text.len(), flags) } else { None };
        }
        let (next, is_line) = blank(text, end);
        if is_line {
            return segment(next, flags);
        }
        if next >= text.len() {
            return if is_end { segment(text.len(), flags) } else { None };
        }
        let last = match signs {
            // Small letters only, as most words.
            0 => judge_small(text.get(token..end).unwrap_or_default()),
            _ => last_atom(text.get(from..end).unwrap_or_default()),
        };
        if last == Atom::Word {
            return segment(next, flags);
        }
        let (first, word, is_whole) = first_atom(text, next);
        if !is_whole && !is_end {
            return None;
        }
        if !joins(last, first) {
            return Some(Segment { behind: word, ..segment(next, flags)? });
        }
        commas += usize::from(text.get(end - 1) == Some(&b','));
        if commas > MAX_COMMAS {
            // A list of numbers, which no finding is.
            return segment(next, flags);
        }
        if next - from > MAX_RUN_BYTES {
            let until = token_behind(text, next - REACH_BYTES, next);
            return Some(Segment { until, ..segment(next, flags)? });
        }
        at = next;
    }
}

/// Where the segment ends, if what begins at a place ends it: before a block, behind a character of a script without blanks,
/// or on both sides of a full-width sign.
fn edge(text: &[u8], from: usize, start: usize) -> Option<usize> {
    // So much of the text is there before it is cut.
    if start + BEGIN.len() > from + MAX_SEGMENT_BYTES {
        return None;
    }
    if text.get(start) == Some(&b'-') {
        return (start > from && text.get(start..)?.starts_with(BEGIN)).then_some(start);
    }
    let &[one, two, three] = text.get(start..start + 3)? else { return None };
    let is_edge = match one {
        // Kana, and signs of Chinese and Japanese; Chinese.
        0xe3..=0xe9 => !is_bound(text, from, start),
        // Thai and Lao.
        0xe0 => matches!(two, 0xb8..=0xbb) && !is_bound(text, from, start),
        // Burmese, Khmer.
        0xe1 => matches!(two, 0x80..=0x82 | 0x9e | 0x9f) && !is_bound(text, from, start),
        // Full-width commas, brackets and the like, which are within nothing.
        _ => two == 0xbc && matches!(three, 0x81 | 0x88 | 0x89 | 0x8c | 0x9b | 0x9f),
    };
    let is_sign = one == 0xef;
    is_edge.then_some(if is_sign && start > from { start } else { start + 3 })
}

/// May what stands before a letter reach beyond it: a date, a link, what is assigned to a name?
fn is_bound(text: &[u8], from: usize, start: usize) -> bool {
    let near = text.get(from.max(start.saturating_sub(SIGN_BYTES))..start).unwrap_or_default();
    let is_sign = |byte: &u8| matches!(byte, b':' | b'=' | b'@' | b'/' | b'\\' | b'&');
    near.last().is_some_and(u8::is_ascii_digit) || near.iter().any(is_sign)
}

/// Where the first token begins behind a place, before `end`.
fn token_behind(text: &[u8], from: usize, end: usize) -> usize {
    let is_blank = |byte: &u8| CLASSES[usize::from(*byte)] & Flags::SPACE != 0;
    let blank = text.get(from..end).and_then(|near| near.iter().position(is_blank));
    blank.map_or(end, |at| behind(text, from + at, end))
}

/// A block up to its end mark, to the longest that it may be, or to the text's end.
fn block(text: &[u8], from: usize, is_end: bool) -> Option<Segment> {
    let most = text.len().min(from + MAX_BLOCK_BYTES);
    let inside = text.get(from..most).unwrap_or_default();
    let end = memchr::memmem::find(inside, b"-----END ").and_then(|mark| {
        let rest = inside.get(mark + 9..)?;
        memchr::memmem::find(rest, b"-----").map(|tail| from + mark + 9 + tail + 5)
    });
    let segment = |end: usize| {
        let flags = Flags(Flags::DIGIT | Flags::COLON | Flags::DOT);
        Some(Segment { range: from..end, until: end, flags, behind: 0..0, is_block: true })
    };
    match end {
        Some(end) => segment(end),
        None if most - from == MAX_BLOCK_BYTES => segment(floor(text, most)),
        None if is_end => segment(text.len()),
        None => None,
    }
}

/// Behind white space, `most` at the furthest.
fn behind(text: &[u8], mut at: usize, most: usize) -> usize {
    while at < most && text.get(at).is_some_and(|byte| CLASSES[usize::from(*byte)] & Flags::SPACE != 0) {
        at += 1;
    }
    at
}

/// Behind the blanks at `at`, and whether a line ended among them; then right behind that.
fn blank(text: &[u8], mut at: usize) -> (usize, bool) {
    let mut seen = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\n' => return (at + 1, true),
            // More than a few blanks end it as a line does.
            b' ' | b'\t' | b'\r' if seen < 3 => (at, seen) = (at + 1, seen + 1),
            b' ' | b'\t' | b'\r' => return (at + 1, true),
            _ => break,
        }
    }
    (at, false)
}

/// What a word is to its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Atom {
    /// Any word.
    Word,
    /// A few capitals, which may be part of a number.
    Short,
    /// Has a digit, or is a month.
    Number,
}

fn joins(one: Atom, other: Atom) -> bool {
    match (one, other) {
        (Atom::Number, atom) | (atom, Atom::Number) => atom != Atom::Word,
        _ => false,
    }
}

/// The word at a token's beginning, brackets and signs before it left out: what it is, where, and whether it is complete.
fn first_atom(text: &[u8], from: usize) -> (Atom, Range<usize>, bool) {
    let mut start = from;
    while text.get(start).is_some_and(|b| matches!(b, b'(' | b'+' | b'-' | b'/' | b'[')) && start - from < 4 {
        start += 1;
    }
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.iter().take(24).take_while(|b| is_word(**b)).count();
    let atom = rest.get(..length).unwrap_or_default();
    (judge(atom), start..start + length, length < rest.len() || length >= 24)
}

/// The word at a token's end, a comma or full stop behind it left out.
fn last_atom(text: &[u8]) -> Atom {
    let text = text.strip_suffix(b",").or_else(|| text.strip_suffix(b".")).unwrap_or(text);
    let text = text.strip_suffix(b")").unwrap_or(text);
    let length = text.iter().rev().take(24).take_while(|b| is_word(**b)).count();
    judge(text.get(text.len() - length..).unwrap_or_default())
}

pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Is the letter at a place the end of an escape such as `\n`, as texts have them that quote JSON or code? Then no word
/// goes on there.
pub(crate) fn is_escape(text: &[u8], at: usize) -> bool {
    matches!(text.get(at), Some(b'n' | b'r' | b't'))
        && at.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'\\')
}

/// Does a word go on behind the byte at a place?
pub(crate) fn is_within_word(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(|byte| is_word(*byte)) && !is_escape(text, at)
}

/// As [`judge`], of small letters of ASCII.
fn judge_small(word: &[u8]) -> Atom {
    if month(word).is_some() { Atom::Number } else { Atom::Word }
}

fn judge(atom: &[u8]) -> Atom {
    let (mut has_digit, mut is_upper) = (false, true);
    for byte in atom {
        has_digit |= byte.is_ascii_digit();
        is_upper &= byte.is_ascii_uppercase();
    }
    if has_digit || month(atom).is_some() {
        Atom::Number
    } else if is_upper && (1..=5).contains(&atom.len()) {
        Atom::Short
    } else {
        Atom::Word
    }
}

/// First letters of months in English, German, French, Spanish and Italian, and their numbers.
const MONTHS: &[(&[u8], u8)] = &[
    (b"jan", 1),
    (b"feb", 2),
    (b"f\xc3\xa9v", 2),
    (b"mar", 3),
    (b"m\xc3\xa4r", 3),
    (b"apr", 4),
    (b"avr", 4),
    (b"abr", 4),
    (b"may", 5),
    (b"mai", 5),
    (b"mag", 5),
    (b"jun", 6),
    (b"jui", 6),
    (b"giu", 6),
    (b"jul", 7),
    (b"lug", 7),
    (b"aug", 8),
    (b"ao\xc3\xbb", 8),
    (b"ago", 8),
    (b"sep", 9),
    (b"set", 9),
    (b"oct", 10),
    (b"okt", 10),
    (b"ott", 10),
    (b"nov", 11),
    (b"dec", 12),
    (b"dez", 12),
    (b"d\xc3\xa9c", 12),
    (b"dic", 12),
    (b"ene", 1),
    (b"gen", 1),
];

/// The month that a word names.
pub(crate) fn month(word: &[u8]) -> Option<u8> {
    // No other word's first two letters are one's of theirs.
    let is_first = |first: u8, second: u8| {
        let second = second.to_ascii_lowercase();
        match first.to_ascii_lowercase() {
            b'j' => matches!(second, b'a' | b'u'),
            b'f' | b'd' => matches!(second, b'e' | b'i' | 0xc3),
            b'm' => matches!(second, b'a' | 0xc3),
            b'a' => matches!(second, b'p' | b'v' | b'b' | b'u' | b'g' | b'o'),
            b'g' => matches!(second, b'i' | b'e'),
            b'l' => second == b'u',
            b's' => second == b'e',
            b'o' => matches!(second, b'c' | b'k' | b't'),
            b'n' => second == b'o',
            b'e' => second == b'n',
            _ => false,
        }
    };
    let may_be = (3..=11).contains(&word.len()) && is_first(word[0], word[1]);
    if !may_be || word.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let matches = |name: &[u8]| word.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    MONTHS.iter().find(|(name, _)| matches(name)).map(|(_, month)| *month)
}

/// Where a segment that is too long ends: behind the last byte that can stand in no word, if one is near.
fn cut(text: &[u8], from: usize) -> usize {
    let end = floor(text, from + MAX_SEGMENT_BYTES);
    let tail = end - CUT_BYTES;
    let joint =
        |byte: &u8| !is_word(*byte) && !matches!(byte, b'@' | b'.' | b'_' | b'-' | b'+' | b'/' | b'=');
    let found = text.get(tail..end).unwrap_or_default().iter().rposition(joint);
    found.map_or(end, |at| tail + at + 1)
}

/// The last boundary of a character at or before a place.
pub(crate) fn floor(text: &[u8], mut at: usize) -> usize {
    while at > 0 && text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80) {
        at -= 1;
    }
    at
}

/// What stands in front of a finding, within reach.
pub(crate) fn context(text: &[u8], start: usize) -> &[u8] {
    text.get(start.saturating_sub(CONTEXT_BYTES)..start).unwrap_or_default()
}

/// Does one of the words (in lower case) stand in front of a finding?
pub(crate) fn says(text: &[u8], start: usize, words: &[&str]) -> bool {
    let mut lower = [0u8; CONTEXT_BYTES];
    let before = context(text, start);
    let lower = lower.get_mut(..before.len()).unwrap_or_default();
    lower.copy_from_slice(before);
    lower.make_ascii_lowercase();
    words.iter().any(|word| has_word(lower, word.as_bytes()))
}

/// Does a word begin in the text, not within another?
fn has_word(text: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find_iter(text, word).any(|at| at == 0 || word.len() > 5 || !is_within_word(text, at - 1))
}

#[cfg(test)]
mod tests;
